import type { Clock } from '../../clock.ts';
import type { CacheEvent, RegionState, SourceType } from './state/region-state.ts';

/** DescribeEvents remembers this long (ElastiCache guide, event monitoring). */
const RETENTION_MS = 14 * 24 * 3600 * 1000;

/** Writes down what happened, for DescribeEvents. */
export interface Journal {
  record(sourceType: SourceType, sourceId: string, message: string): void;
  /** Events with `from <= at < to`, newest first. */
  between(from: number, to: number): readonly CacheEvent[];
}

export const createJournal = (state: RegionState, clock: Clock): Journal => {
  let sequence = 0;
  return {
    record(sourceType, sourceId, message) {
      const at = Math.floor(clock.now());
      while (state.events[0] && state.events[0].at < at - RETENTION_MS) state.events.shift();
      sequence += 1;
      state.events.push({ sequence, at, sourceType, sourceId, message });
    },
    between: (from, to) => {
      const oldest = clock.now() - RETENTION_MS;
      return state.events.filter(({ at }) => at >= oldest && at >= from && at < to).reverse();
    },
  };
};
