/**
 * The account's one clock. Everything in the local account that is a *duration of the service* (a Wait, a retry's
 * backoff, a lease, a quota window) runs on it; real work (a Lambda running, a Redis starting) takes the time it takes.
 */
export interface Clock {
  /** Account seconds per real second, at least 1. */
  readonly speed: number;
  /** Account time at `realOrigin`, milliseconds since the epoch. A worker needs both to show the same time. */
  readonly origin: number;
  /** Real time at which the account's time was `origin`, milliseconds since the epoch. */
  readonly realOrigin: number;
  /** Account time in milliseconds since the epoch. */
  now(): number;
  /** Account time as ISO 8601, UTC. */
  iso(): string;
  /** Resolves after `ms` of account time; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` after `ms` of account time; the answer cancels it. Never keeps the process alive by itself. */
  after(ms: number, run: () => void): () => void;
}

/** setTimeout's own limit (2^31 − 1 ms); a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** A clock that runs `speed` times as fast as the wall's, starting at the wall's present time. */
export const startClock = (speed = 1): Clock => {
  if (!(speed >= 1)) throw new RangeError(`The clock's speed is a number from 1 up, not ${speed}`);
  const realOrigin = Date.now();
  const origin = realOrigin;
  const started = performance.now();
  const now = () => origin + (performance.now() - started) * speed;

  const after = (ms: number, run: () => void) => {
    const due = now() + Math.max(0, ms);
    let timer: NodeJS.Timeout;
    // A timer may fire a moment early, and cannot wait for longer than its limit: look again before running.
    const look = () => (now() < due ? arm() : run());
    const arm = () => {
      const realMs = Math.max(0, (due - now()) / speed);
      timer = setTimeout(look, Math.min(realMs, LONGEST_TIMER_MS));
    };
    arm();
    return () => clearTimeout(timer);
  };

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
    });

  return { speed, origin, realOrigin, now, iso: () => new Date(now()).toISOString(), sleep, after };
};
