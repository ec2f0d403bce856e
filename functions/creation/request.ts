import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { cacheRequested } from '../../events/cache-requested.ts';
import { isNamed } from '../platform/aws-errors.ts';
import { sfnClient } from '../platform/clients.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { operationIdOf } from './operation-id.ts';

/** Whether an execution of that name was started now, or had been before. */
const start = async (client: SFNClient, stateMachineArn: string, name: string, input: unknown): Promise<boolean> => {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return true;
  } catch (error) {
    // The same event twice is one operation; an execution that has ended keeps its name for 90 days.
    if (isNamed(error, 'ExecutionAlreadyExists')) return false;
    throw error;
  }
};

/** Starts the workflow for a requested cache. A request with faults starts it too: the workflow refuses and reports. */
export const handler = makeHandler({
  name: 'creation/request',
  input: cacheRequested.schema,
  async run(event) {
    const { spec = null, requestedBy, mode } = event.detail;
    const operationId = operationIdOf(event.id);
    const started = await start(sfnClient(), environment('CREATE_CACHE_ARN'), operationId, {
      spec,
      requestedBy: typeof requestedBy === 'string' ? requestedBy.slice(0, 200) : 'unknown',
      ...(mode === undefined ? {} : { mode }),
    });
    return { operationId, started };
  },
  report: ({ operationId, started }) => ({
    says: started ? 'Started the creation' : 'This request was started before',
    reason: started ? 'RequestStarted' : 'RequestRepeated',
    fields: { operationId },
  }),
});
