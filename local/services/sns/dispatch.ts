import { deliver } from '../../delivery.ts';
import type { World } from '../../service.ts';
import { lambdaEvent, type Notification, queueBody } from './notification.ts';
import { publisherOf, type Subscription } from './subscriptions.ts';

export interface Dispatch {
  /** Delivers to each subscription in its own time; returns at once. */
  send(notification: Notification, subscriptions: readonly Subscription[]): void;
  /** Makes each delivery twice, as at-least-once allows; the answer ends that. */
  deliverTwice(): () => void;
  stop(): void;
}

/**
 * Waits before each further attempt at a function or queue (SNS guide, "Message delivery retries": three at once, two a
 * second apart, ten from one second to twenty, 100,000 of twenty seconds: 23 days).
 */
const waitBeforeAttempt = (attempt: number): number => {
  if (attempt <= 3) return 0;
  if (attempt <= 5) return 1000;
  return Math.min(20_000, 1000 * 20 ** ((attempt - 5) / 10));
};
const MOST_ATTEMPTS = 100_015;

/** Client-side errors (no permission, no such endpoint) are not tried again; throttling and server errors are. */
const isHopeless = (error: Error): boolean => {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 500;
  return status >= 400 && status < 500 && status !== 429 && !/Throttl|TooManyRequests/.test(error.name);
};

export const createDispatch = (world: World): Dispatch => {
  const stopped = new AbortController();
  let copies = 1;

  const bury = async (notification: Notification, subscription: Subscription, error: Error) => {
    const loud = `${notification.topicArn} could not deliver ${notification.id} to ${subscription.endpoint}: ${error.message}`;
    if (!subscription.deadLetterArn) {
      world.log('sns', `${loud}; it is lost, because the subscription has no dead-letter queue`);
      return;
    }
    world.log('sns', `${loud}; it goes to ${subscription.deadLetterArn}`);
    await deliver(world, {
      to: subscription.deadLetterArn,
      as: publisherOf(world, notification.topicArn),
      payload: queueBody(notification, subscription),
    });
  };

  const deliverTo = async (notification: Notification, subscription: Subscription) => {
    const payload = (subscription.protocol === 'lambda' ? lambdaEvent : queueBody)(notification, subscription);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await deliver(world, { to: subscription.endpoint, as: publisherOf(world, notification.topicArn), payload });
        return;
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        if (isHopeless(error) || attempt >= MOST_ATTEMPTS) return await bury(notification, subscription, error);
        await world.clock.sleep(waitBeforeAttempt(attempt), stopped.signal);
      }
    }
  };

  return {
    send(notification, subscriptions) {
      for (const subscription of subscriptions) {
        for (let copy = 0; copy < copies; copy += 1) {
          deliverTo(notification, subscription).catch((error: unknown) => {
            if (stopped.signal.aborted) return;
            world.log('sns', `${notification.topicArn} lost ${notification.id} for ${subscription.endpoint}: ${error}`);
          });
        }
      }
    },
    deliverTwice() {
      copies = 2;
      return () => {
        copies = 1;
      };
    },
    stop: () => stopped.abort(new Error('The local account is ending')),
  };
};
