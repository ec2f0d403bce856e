import type { MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch';

/** One reading of a node's `stats`. */
export interface MemcachedReading {
  readonly stats: Readonly<Record<string, string>>;
  /** How often the node was asked for the cluster's configuration. */
  readonly configurationGets: number;
}

/** Counters, by the names that memcached gives them. */
const COUNTS: Readonly<Record<string, string>> = {
  CasBadval: 'cas_badval',
  CasHits: 'cas_hits',
  CasMisses: 'cas_misses',
  CmdFlush: 'cmd_flush',
  CmdGet: 'cmd_get',
  CmdSet: 'cmd_set',
  CmdTouch: 'cmd_touch',
  DecrHits: 'decr_hits',
  DecrMisses: 'decr_misses',
  DeleteHits: 'delete_hits',
  EvictedUnfetched: 'evicted_unfetched',
  Evictions: 'evictions',
  ExpiredUnfetched: 'expired_unfetched',
  GetHits: 'get_hits',
  GetMisses: 'get_misses',
  IncrHits: 'incr_hits',
  IncrMisses: 'incr_misses',
  NewConnections: 'total_connections',
  NewItems: 'total_items',
  Reclaimed: 'reclaimed',
  SlabsMoved: 'slabs_moved',
  TouchHits: 'touch_hits',
  TouchMisses: 'touch_misses',
};

/**
 * What CloudWatch gets of a node for the minute between two readings: counts of that minute, and states at its end.
 * Names and units from "Metrics for Memcached" in the ElastiCache guide. DeleteMisses is left out, as the answers of
 * auto discovery are deletions to the local nodes; so are metrics of the host.
 */
export const memcachedMetrics = (before: MemcachedReading, after: MemcachedReading): readonly MetricDatum[] => {
  const now = (name: string): number | undefined => {
    const value = after.stats[name];
    return value === undefined ? undefined : Number(value);
  };
  /** A counter that went back belongs to a node that started anew: its count began at zero. */
  const gain = (first: number, last: number) => (last >= first ? last - first : last);
  const gained = (name: string): number | undefined => {
    const last = now(name);
    return last === undefined ? undefined : gain(Number(before.stats[name] ?? 0), last);
  };
  const [limit, used] = [now('limit_maxbytes'), now('bytes')];
  const metrics: readonly (readonly [name: string, unit: StandardUnit, value: number | undefined])[] = [
    ['BytesReadIntoMemcached', 'Bytes', gained('bytes_read')],
    ['BytesWrittenOutFromMemcached', 'Bytes', gained('bytes_written')],
    ['BytesUsedForCacheItems', 'Bytes', used],
    ['BytesUsedForHash', 'Bytes', now('hash_bytes')],
    ['UnusedMemory', 'Bytes', limit === undefined || used === undefined ? undefined : limit - used],
    ['CurrConnections', 'Count', now('curr_connections')],
    ['CurrItems', 'Count', now('curr_items')],
    ['CmdConfigGet', 'Count', gain(before.configurationGets, after.configurationGets)],
    ...Object.entries(COUNTS).map(([name, stat]) => [name, 'Count', gained(stat)] as const),
  ];
  return metrics.flatMap(([MetricName, Unit, Value]) => (Value === undefined ? [] : [{ MetricName, Unit, Value }]));
};
