import { randomBytes } from 'node:crypto';
import { mayAssume } from '../../authorization/trust.ts';
import { deliver } from '../../delivery.ts';
import type { Principal, World } from '../../service.ts';
import { CannotAssumeRole, problemOf } from '../events/delivery-problem.ts';
import { onBehalfOf, SCHEDULER } from './check-schedule.ts';
import { type Attempt, inputFor } from './input.ts';
import type { Schedule } from './schedule.ts';

/** How an invocation ended: the target took it, the dead-letter queue did, or nobody. */
export type Outcome = 'delivered' | 'dead-lettered' | 'lost';

export interface Invocations {
  /**
   * Calls a schedule's target, with its retries.
   *
   * @param dueAt the moment that it was due, in milliseconds since the epoch
   */
  invoke(schedule: Schedule, dueAt: number): Promise<Outcome>;
  stop(): void;
}

/** Scheduler backs off exponentially between attempts (API reference, RetryPolicy); how long is not documented. */
const BACKOFF = { firstMs: 1000, factor: 2, longestMs: 300_000 } as const;
const LONGEST_MESSAGE = 1000;

interface Failure {
  readonly attempt: Attempt;
  readonly payload: string;
  readonly error: Error;
  /** Which limit ended the attempts; undefined when another attempt was of no use anyway. */
  readonly exhausted: 'MaximumEventAgeInSeconds' | 'MaximumRetryAttempts' | undefined;
}

export const createInvocations = (world: World): Invocations => {
  const stopped = new AbortController();

  const count = ({ region, settings }: Schedule, name: string) => {
    const dimensions = { ScheduleGroup: settings.GroupName };
    world.metrics.record({ region, namespace: 'AWS/Scheduler', name, dimensions, value: 1, unit: 'Count' });
  };

  const callerOf = async ({ region, settings }: Schedule): Promise<Principal> => {
    const { RoleArn } = settings.Target;
    const context = onBehalfOf(world, region, settings.GroupName);
    if (await mayAssume(world.roles.get(RoleArn), [SCHEDULER], context)) {
      return { kind: 'role', arn: RoleArn, session: settings.Name };
    }
    throw new CannotAssumeRole(`EventBridge Scheduler may not assume the role ${RoleArn} of ${settings.Name}`);
  };

  const call = async (schedule: Schedule, payload: string) => {
    const { Arn, EventBridgeParameters: event } = schedule.settings.Target;
    const detail =
      event && JSON.stringify({ source: event.Source, 'detail-type': event.DetailType, detail: JSON.parse(payload) });
    await deliver(world, { to: Arn, as: await callerOf(schedule), payload: detail ?? payload });
  };

  /** Attempts until it succeeds or is of no use any more; answers the last failure. */
  const attempts = async (schedule: Schedule, dueAt: number): Promise<Failure | undefined> => {
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = schedule.settings.Target.RetryPolicy;
    const scheduledTime = new Date(dueAt).toISOString().replace(/\.\d+Z$/, 'Z');
    const began = world.clock.now();
    for (let number = 1; ; number += 1) {
      const attempt = { scheduledTime, executionId: randomBytes(8).toString('hex'), number };
      const payload = inputFor(schedule, attempt);
      count(schedule, 'InvocationAttemptCount');
      try {
        await call(schedule, payload);
        return undefined;
      } catch (thrown) {
        if (stopped.signal.aborted) throw thrown;
        const { code, hopeless } = problemOf(thrown);
        count(schedule, code === 'THROTTLING' ? 'TargetErrorThrottledCount' : 'TargetErrorCount');
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        const tooOld = world.clock.now() - began > MaximumEventAgeInSeconds * 1000;
        if (hopeless) return { attempt, payload, error, exhausted: undefined };
        if (tooOld) return { attempt, payload, error, exhausted: 'MaximumEventAgeInSeconds' };
        if (number > MaximumRetryAttempts) return { attempt, payload, error, exhausted: 'MaximumRetryAttempts' };
        const waitMs = Math.min(BACKOFF.longestMs, BACKOFF.firstMs * BACKOFF.factor ** (number - 1));
        await world.clock.sleep(waitMs, stopped.signal);
      }
    }
  };

  /** The role sends to the dead-letter queue too (guide, "Configuring a dead-letter queue", its permissions). */
  const bury = async (schedule: Schedule, queueArn: string, { attempt, payload, error, exhausted }: Failure) => {
    await deliver(world, {
      to: queueArn,
      as: await callerOf(schedule),
      payload,
      attributes: {
        ERROR_CODE: error.name,
        ERROR_MESSAGE: error.message.slice(0, LONGEST_MESSAGE) || error.name,
        EXECUTION_ID: attempt.executionId,
        ...(exhausted ? { EXHAUSTED_RETRY_CONDITION: exhausted } : {}),
        IS_PAYLOAD_TRUNCATED: 'false',
        RETRY_ATTEMPTS: `${attempt.number - 1}`,
        SCHEDULED_TIME: attempt.scheduledTime,
        SCHEDULE_ARN: schedule.arn,
        TARGET_ARN: schedule.settings.Target.Arn,
      },
    });
  };

  return {
    async invoke(schedule, dueAt) {
      const { Arn, DeadLetterConfig } = schedule.settings.Target;
      const failure = await attempts(schedule, dueAt);
      if (!failure) return 'delivered';
      const loud = `${schedule.settings.Name} could not call ${Arn}: ${failure.error.name}: ${failure.error.message}`;
      count(schedule, 'InvocationDroppedCount');
      if (!DeadLetterConfig) {
        world.log('scheduler', `${loud}; it is lost, because the schedule has no dead-letter queue`);
        return 'lost';
      }
      try {
        await bury(schedule, DeadLetterConfig.Arn, failure);
      } catch (error) {
        count(schedule, 'InvocationsFailedToBeSentToDeadLetterCount');
        world.log('scheduler', `${loud}; it is lost, because ${DeadLetterConfig.Arn} did not take it: ${error}`);
        return 'lost';
      }
      count(schedule, 'InvocationsSentToDeadLetterCount');
      world.log('scheduler', `${loud}; it is in ${DeadLetterConfig.Arn}`);
      return 'dead-lettered';
    },
    stop: () => stopped.abort(new Error('The local account is ending')),
  };
};
