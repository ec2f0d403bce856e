import type { CacheEvent } from '../platform/conditions.ts';

/** What ElastiCache says when a failover begins, or has begun (guide, "Testing automatic failover"; older pages say “master”). */
const BEGUN =
  /^(Test Failover API called for node group|Failover from (primary|master) node|Recovering cache nodes?\b)/i;
/** The guide says “Finished recovery”, the console “Recovery completed”. */
const RECOVERED = /^(?=.*\b(recovery|recovered)\b)(?=.*\b(finish|complet))(?!.*\b(not|failed|unable|in progress)\b)/i;

/**
 * A failover that goes on, by the events of a cache and its nodes: the newest word about one is not that it recovered.
 *
 * @param events in any order; those of the last hour, since ElastiCache does not always tell the end
 */
export const failoverUnderWay = (events: readonly CacheEvent[]): { at: string; says: string } | undefined => {
  const [last] = events
    .filter(({ message }) => BEGUN.test(message) || RECOVERED.test(message))
    .sort((one, other) => other.at.localeCompare(one.at));
  return last && !RECOVERED.test(last.message) ? { at: last.at, says: last.message } : undefined;
};
