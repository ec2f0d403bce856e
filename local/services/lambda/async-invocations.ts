import { randomUUID } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { World } from '../../service.ts';
import type { LambdaFunction } from './functions.ts';
import type { Invocations } from './invocations.ts';

/** Lambda guide, "Asynchronous invocation": two more attempts, after one minute and after two. */
const RETRY_AFTER_MS = [60_000, 120_000] as const;

/**
 * Handles an event later, at least once: tries it up to three times, then hands it to the function's dead-letter queue,
 * as the function's role. Without a queue the event is lost, loudly.
 */
export const createAsyncInvocations = (world: World, invocations: Invocations) => {
  const stopped = new AbortController();

  const attempt = async (fn: LambdaFunction, payload: string) => {
    // Lambda keeps the request's id for all its attempts.
    const requestId = randomUUID();
    let last = await invocations.invoke(fn, payload, requestId);
    for (const delayMs of RETRY_AFTER_MS) {
      if (!last.error) return;
      await world.clock.sleep(delayMs, stopped.signal);
      last = await invocations.invoke(fn, payload, requestId);
    }
    if (last.error) await bury(fn, payload, requestId, last.payload);
  };

  const bury = async (fn: LambdaFunction, payload: string, requestId: string, error: string) => {
    if (!fn.deadLetterArn) {
      world.log('lambda', `${fn.name} lost an event after 3 attempts: it has no dead-letter queue`);
      return;
    }
    const [, , , region = fn.region, accountId, queue] = fn.deadLetterArn.split(':');
    const { errorMessage = '' } = JSON.parse(error) as { errorMessage?: string };
    const principal = { kind: 'role', arn: fn.roleArn, session: fn.name } as const;
    await world.client(SQSClient, principal, region).send(
      new SendMessageCommand({
        QueueUrl: `${world.endpoint}/${accountId}/${queue}`,
        MessageBody: payload,
        // Lambda guide, "Dead-letter queues".
        MessageAttributes: {
          RequestID: { DataType: 'String', StringValue: requestId },
          ErrorCode: { DataType: 'Number', StringValue: '200' },
          ErrorMessage: { DataType: 'String', StringValue: errorMessage.slice(0, 1024) || ' ' },
        },
      }),
    );
  };

  return {
    /** Returns at once; the event is handled in its own time. */
    accept(fn: LambdaFunction, payload: string): void {
      attempt(fn, payload).catch((error: unknown) => {
        if (!stopped.signal.aborted) world.log('lambda', `${fn.name} lost an event: ${error}`);
      });
    },
    stop: () => stopped.abort(new Error('The local account is ending')),
  };
};
