import { DescribeEventsCommand, type ElastiCacheClient, type SourceType } from '@aws-sdk/client-elasticache';
import type { CacheEvent } from './conditions.ts';
import type { IsoTime } from './units.ts';

/** The largest page that ElastiCache gives (API reference, MaxRecords). */
const PAGE_RECORDS = 100;
/** A Region may have very many events; the newest come first, and a thousand of them reach far enough. */
const MOST_PAGES = 10;

/** ElastiCache's events, which it keeps for 14 days and gives without ids. Its in-memory twin is in test/. */
export interface CacheEvents {
  /** Of a cache and its nodes, newest first. */
  of(cacheId: string, since: IsoTime): Promise<readonly CacheEvent[]>;
  /** Of all replication groups of the Region, without those of their nodes, newest first. */
  ofGroups(since: IsoTime): Promise<readonly CacheEvent[]>;
}

export const elastiCacheEvents = (client: ElastiCacheClient): CacheEvents => {
  const eventsOf = async (type: SourceType, since: IsoTime, id?: string): Promise<CacheEvent[]> => {
    const events: CacheEvent[] = [];
    let Marker: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await client.send(
        new DescribeEventsCommand({
          SourceType: type,
          StartTime: new Date(since),
          MaxRecords: PAGE_RECORDS,
          ...(id === undefined ? {} : { SourceIdentifier: id }),
          ...(Marker ? { Marker } : {}),
        }),
      );
      for (const { Date: at, SourceIdentifier: source, Message: message } of answer.Events ?? []) {
        if (at && source && message) events.push({ at: at.toISOString(), source, message });
      }
      Marker = answer.Marker;
      if (!Marker) break;
    }
    return events;
  };

  return {
    async of(cacheId, since) {
      // By kind of source instead of node by node: a cache may have hundreds of nodes.
      const [own, nodes] = await Promise.all([
        eventsOf('replication-group', since, cacheId),
        eventsOf('cache-cluster', since),
      ]);
      const all = [...own, ...nodes.filter(({ source }) => isNodeOf(cacheId, source))];
      return all.sort((one, other) => other.at.localeCompare(one.at));
    },
    ofGroups: (since) => eventsOf('replication-group', since),
  };
};

/** A group's nodes are `orders-001` or, with cluster mode, `orders-0001-001`; a Memcached cluster has its own id. */
export const isNodeOf = (cacheId: string, source: string): boolean =>
  source === cacheId || (source.startsWith(`${cacheId}-`) && /^(\d{4}-)?\d{3}$/.test(source.slice(cacheId.length + 1)));
