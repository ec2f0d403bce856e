/** How often we look whether we are held up. */
const BEAT_MS = 10;
/** What is shorter says nothing: timers of a busy process are late by that much. */
const NOTICED_MS = 15;

export interface OwnStalls {
  /** From and to, in milliseconds of the log: the process did nothing then, so that what happened meanwhile was seen late. */
  readonly stalls: readonly (readonly [number, number])[];
  stop(): void;
}

/**
 * Notices when this process itself is held up (a Lambda function with little memory gets little CPU), so that it is not
 * taken for a cache that hangs. `onBeat` is called about every 10 ms, after what has arrived was read.
 */
export const watchOwnStalls = (now: () => number, onBeat: () => void): OwnStalls => {
  const stalls: (readonly [number, number])[] = [];
  let lastMs = now();
  const timer = setInterval(() => {
    const nowMs = now();
    if (nowMs - lastMs > BEAT_MS + NOTICED_MS) stalls.push([lastMs, nowMs]);
    lastMs = nowMs;
    setImmediate(onBeat);
  }, BEAT_MS);
  return { stalls, stop: () => clearInterval(timer) };
};
