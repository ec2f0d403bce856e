import type { Frame } from '../scope.ts';
import { StatesError } from '../states-error.ts';

/** Watches one attempt of a task. */
export interface TaskTimer {
  /** From now on real work is being done: it is timed in real seconds. */
  waitForWork(): void;
  /** From now on something of the account is waited for: account seconds, and heartbeats count. */
  waitForAccount(): void;
  heartbeat(): void;
  stop(): void;
}

interface TimerOptions {
  readonly frame: Pick<Frame, 'clock' | 'workClock'>;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  giveUp(error: StatesError): void;
}

/**
 * Times a task by the clock that fits what it is doing.
 *
 * With an account clock that runs 30 times as fast as the wall's, a function that honestly works for four seconds would
 * overrun a timeout of a minute. So work is timed by the wall, and only waiting by the account's clock; the seconds that
 * the work took count for both (docs/decisions/0006-one-clock.md).
 */
export const createTaskTimer = ({ frame, timeoutSeconds, heartbeatSeconds, giveUp }: TimerOptions): TaskTimer => {
  const { clock, workClock } = frame;
  const startedAt = workClock.now();
  let cancelTimeout = () => {};
  let cancelHeartbeat = () => {};

  const overrun = () =>
    giveUp(new StatesError('States.Timeout', `The task did not end within its ${timeoutSeconds} seconds.`));
  const silent = () =>
    giveUp(new StatesError('States.HeartbeatTimeout', `No heartbeat came within ${heartbeatSeconds} seconds.`));
  const heartbeat = () => {
    cancelHeartbeat();
    if (heartbeatSeconds !== undefined) cancelHeartbeat = clock.after(heartbeatSeconds * 1000, silent);
  };
  const leftMs = () => (timeoutSeconds ?? 0) * 1000 - (workClock.now() - startedAt);

  return {
    waitForWork() {
      cancelTimeout();
      if (timeoutSeconds !== undefined) cancelTimeout = workClock.after(leftMs(), overrun);
    },
    waitForAccount() {
      cancelTimeout();
      if (timeoutSeconds !== undefined) cancelTimeout = clock.after(leftMs(), overrun);
      heartbeat();
    },
    heartbeat,
    stop() {
      cancelTimeout();
      cancelHeartbeat();
    },
  };
};
