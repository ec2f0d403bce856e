import { randomUUID } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { World } from '../../service.ts';
import type { LambdaFunction } from './functions.ts';
import type { Invocations } from './invocations.ts';

/** Lambda guide, "Asynchronous invocation": the second attempt comes after one minute, the third after two more. */
const RETRY_AFTER_MS = [60_000, 120_000] as const;

/**
 * Handles an event later, at least once: tries it as often as the function's settings say (up to three times, unless they
 * say less), then hands it to the function's dead-letter queue, as the function's role. Without a queue the event is lost,
 * loudly.
 */
export const createAsyncInvocations = (world: World, invocations: Pick<Invocations, 'invoke'>) => {
  const stopped = new AbortController();

  const attempt = async (fn: LambdaFunction, payload: string) => {
    const acceptedAt = world.clock.now();
    // Lambda keeps the request's id for all its attempts.
    const requestId = randomUUID();
    for (let attempts = 1; ; attempts += 1) {
      const { error, payload: answer } = await invocations.invoke(fn, payload, requestId);
      if (!error) return;
      const delayMs = RETRY_AFTER_MS[attempts - 1];
      if (delayMs === undefined || attempts > fn.asynchronous.maximumRetries) {
        return bury(fn, payload, requestId, { attempts, answer });
      }
      await world.clock.sleep(delayMs, stopped.signal);
      // An event that has grown too old while it waited is not tried again.
      if (world.clock.now() - acceptedAt > fn.asynchronous.maximumAgeSeconds * 1000) {
        return bury(fn, payload, requestId, { attempts, answer });
      }
    }
  };

  const bury = async (
    fn: LambdaFunction,
    payload: string,
    requestId: string,
    { attempts, answer }: { readonly attempts: number; readonly answer: string },
  ) => {
    if (!fn.deadLetterArn) {
      const times = `${attempts} attempt${attempts === 1 ? '' : 's'}`;
      world.log('lambda', `${fn.name} lost an event after ${times}: it has no dead-letter queue`);
      return;
    }
    const [, , , region = fn.region, accountId, queue] = fn.deadLetterArn.split(':');
    const { errorMessage = '' } = JSON.parse(answer) as { errorMessage?: string };
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
