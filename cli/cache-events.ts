import { ElastiCacheClient, paginateDescribeEvents } from '@aws-sdk/client-elasticache';
import type { CacheEvent } from '../functions/platform/conditions.ts';

export const DAY_MINUTES = 1440;
/** ElastiCache keeps its events for 14 days (DescribeEvents). */
export const EVENTS_KEPT_MINUTES = 14 * DAY_MINUTES;

/** What ElastiCache tells of the caches of a Region in the last minutes. */
export const listEvents = async (region: string, minutes: number): Promise<CacheEvent[]> => {
  const events: CacheEvent[] = [];
  for await (const { Events = [] } of paginateDescribeEvents(
    { client: new ElastiCacheClient({ region }) },
    { Duration: minutes },
  )) {
    for (const { SourceIdentifier: source, Message: message, Date: at } of Events) {
      if (source && message && at) events.push({ source, message, at: at.toISOString() });
    }
  }
  return events;
};
