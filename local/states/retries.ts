import type { Retrier } from './definition.ts';
import { type StatesError, speaksOf } from './states-error.ts';

/** Counts one state's attempts against its retriers. */
export interface Retries {
  /**
   * Seconds to wait before the next attempt; undefined: no retrier speaks of this error, or it has done all it may.
   * Only the first retrier that speaks of the error counts, however many follow.
   */
  next(error: StatesError): number | undefined;
}

/** @param random a number from 0 up to 1, for full jitter */
export const createRetries = (retriers: readonly Retrier[] = [], random: () => number = Math.random): Retries => {
  const attempts = new Map<Retrier, number>();
  return {
    next(error) {
      const retrier = retriers.find(({ ErrorEquals }) => speaksOf(ErrorEquals, error));
      if (!retrier) return undefined;
      const before = attempts.get(retrier) ?? 0;
      if (before >= retrier.MaxAttempts) return undefined;
      attempts.set(retrier, before + 1);
      const grown = retrier.IntervalSeconds * retrier.BackoffRate ** before;
      const delay = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
      return retrier.JitterStrategy === 'FULL' ? delay * random() : delay;
    },
  };
};
