import type { CacheEvent } from '../platform/conditions.ts';
import { RECOVERED, RECOVERING } from '../platform/failover-words.ts';

/** Wider than what a drill takes for its own failover: here a word too many only makes somebody ask again. */
const BEGUN = [/^Test Failover API called\b/i, /^Failover from (primary|master) node\b/i, RECOVERING];

/**
 * A failover that goes on, by the events of a cache and its nodes: the newest word about one is not that it recovered.
 *
 * @param events in any order; those of the last hour, since ElastiCache does not always tell the end
 */
export const failoverUnderWay = (events: readonly CacheEvent[]): { at: string; says: string } | undefined => {
  const [last] = events
    .filter(({ message }) => [...BEGUN, RECOVERED].some((words) => words.test(message)))
    .sort((one, other) => other.at.localeCompare(one.at));
  return last && !RECOVERED.test(last.message) ? { at: last.at, says: last.message } : undefined;
};
