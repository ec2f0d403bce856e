import { deliver } from '../../delivery.ts';
import type { World } from '../../service.ts';
import { type DeliveryProblem, problemOf } from './delivery-problem.ts';
import { matchesPattern } from './pattern.ts';
import { callerOf, type Rule, type Target } from './rules.ts';

/** An event as rules and targets see it. */
export interface EventEnvelope {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export interface Dispatch {
  /** Sends an event to the targets of every rule of its bus that it fits; returns at once. */
  send(event: EventEnvelope, rules: readonly Rule[]): void;
  /** Makes each delivery twice, as at-least-once allows; the answer ends that. */
  deliverTwice(): () => void;
  stop(): void;
}

/** EventBridge backs off between attempts; how long is not documented. */
const BACKOFF = { firstMs: 1000, factor: 2, longestMs: 300_000 } as const;

export const createDispatch = (world: World): Dispatch => {
  const stopped = new AbortController();
  let copies = 1;

  const bury = async (event: EventEnvelope, rule: Rule, target: Target, problem: Undelivered) => {
    const loud = `${rule.name} could not deliver event ${event.id} to ${target.arn}: ${problem.message}`;
    if (!target.deadLetterArn) {
      world.log('events', `${loud}; it is lost, because the target has no dead-letter queue`);
      return;
    }
    world.log('events', `${loud}; it goes to ${target.deadLetterArn}`);
    const context = { 'aws:SourceArn': rule.arn, 'aws:SourceAccount': world.accountId };
    await deliver(world, {
      to: target.deadLetterArn,
      as: { kind: 'service', service: 'events.amazonaws.com', context },
      payload: JSON.stringify(event),
      // EventBridge guide, "Using dead-letter queues".
      attributes: {
        RULE_ARN: rule.arn,
        TARGET_ARN: target.arn,
        ERROR_CODE: problem.code,
        ERROR_MESSAGE: problem.message.slice(0, 1000),
        ...(problem.exhausted ? { EXHAUSTED_RETRY_CONDITION: problem.exhausted } : {}),
        RETRY_ATTEMPTS: String(problem.attempts),
      },
    });
  };

  const deliverTo = async (event: EventEnvelope, rule: Rule, target: Target) => {
    const began = world.clock.now();
    for (let attempt = 0; ; attempt += 1) {
      try {
        const payload = target.input ?? JSON.stringify(event);
        await deliver(world, { to: target.arn, as: await callerOf(world, rule, target), payload });
        return;
      } catch (thrown) {
        const problem = problemOf(thrown);
        const tooOld = world.clock.now() - began > target.maximumEventAgeSeconds * 1000;
        if (problem.hopeless || tooOld || attempt >= target.maximumRetryAttempts) {
          const limit = tooOld ? 'MaximumEventAgeInSeconds' : 'MaximumRetryAttempts';
          const exhausted = problem.hopeless ? undefined : limit;
          await bury(event, rule, target, { ...problem, exhausted, attempts: attempt });
          return;
        }
        const waitMs = Math.min(BACKOFF.longestMs, BACKOFF.firstMs * BACKOFF.factor ** attempt);
        await world.clock.sleep(waitMs, stopped.signal);
      }
    }
  };

  const deliverLoudly = (event: EventEnvelope, rule: Rule, target: Target) => {
    deliverTo(event, rule, target).catch((error: unknown) => {
      if (stopped.signal.aborted) return;
      world.log('events', `${rule.name} lost event ${event.id} for ${target.arn}: ${error}`);
    });
  };

  return {
    send(event, rules) {
      for (const rule of rules) {
        if (!rule.enabled || !matchesPattern(rule.pattern, event)) continue;
        for (const target of rule.targets) {
          for (let copy = 0; copy < copies; copy += 1) deliverLoudly(event, rule, target);
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

interface Undelivered extends DeliveryProblem {
  /** Which limit ended the attempts; undefined when another attempt was of no use anyway. */
  readonly exhausted: 'MaximumEventAgeInSeconds' | 'MaximumRetryAttempts' | undefined;
  readonly attempts: number;
}
