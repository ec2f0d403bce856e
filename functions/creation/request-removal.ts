import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { cacheRemovalRequested } from '../../events/cache-removal-requested.ts';
import { isNamed } from '../platform/aws-errors.ts';
import { sfnClient } from '../platform/clients.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import type { Start } from './start-creation.ts';
import { startDeletion } from './start-deletion.ts';

/** The same name and input twice is one execution; one that has ended keeps its name for 90 days (StartExecution). */
const start: Start = async (name, input) => {
  const stateMachineArn = environment('DELETE_CACHE_ARN');
  try {
    await sfnClient().send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return true;
  } catch (error) {
    if (isNamed(error, 'ExecutionAlreadyExists')) return false;
    throw error;
  }
};

/** Starts the workflow for a cache that somebody wants to be gone. */
export const handler = makeHandler({
  name: 'creation/request-removal',
  input: cacheRemovalRequested.schema,
  run: (event) => startDeletion(event, start),
  report: ({ operationId, started }) => ({
    says: started ? 'Started the deletion' : 'This request was started before',
    reason: started ? 'RequestStarted' : 'RequestRepeated',
    fields: { operationId },
  }),
});
