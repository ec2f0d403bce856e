import { setTimeout as pause } from 'node:timers/promises';

const ASK_EVERY_MS = 1000;
/** A question that has not been answered by then is asked again. */
const ASK_PATIENCE_MS = 5000;

/**
 * Asks all the time whether to end, until the answer is a reason or the time is over. A question that fails, or that nobody
 * answers, ends nothing.
 *
 * @param limitMs real milliseconds
 */
export const untilEnded = async <Reason extends string>(
  ask: () => Promise<Reason | undefined>,
  limitMs: number,
  everyMs = ASK_EVERY_MS,
): Promise<Reason | 'time-limit'> => {
  const over = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<Reason | 'time-limit'>();
  const limit = setTimeout(() => resolve('time-limit'), Math.max(0, limitMs));
  const untilThen = (ms: number) => pause(ms, undefined, { signal: over.signal }).catch(() => undefined);
  const keepAsking = async () => {
    while (!over.signal.aborted) {
      const reason = await Promise.race([ask().catch(() => undefined), untilThen(ASK_PATIENCE_MS)]);
      if (reason !== undefined) resolve(reason);
      await untilThen(everyMs);
    }
  };
  void keepAsking();
  const reason = await ended;
  clearTimeout(limit);
  over.abort();
  return reason;
};
