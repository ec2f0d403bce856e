import type { MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch';

/** One reading of a node's INFO. */
export interface Reading {
  readonly info: Readonly<Record<string, string>>;
  /** Real milliseconds: the engine's own figures are in real time. */
  readonly atMs: number;
}

type Metric = readonly [name: string, unit: StandardUnit, value: number | undefined];

const numberOf = (text: string | undefined): number | undefined => {
  const value = Number(text);
  return text === undefined || Number.isNaN(value) ? undefined : value;
};

const percent = (part: number | undefined, whole: number | undefined): number | undefined =>
  part === undefined || !whole ? undefined : (100 * part) / whole;

/**
 * Logins that were refused, since the node started. Engines before Redis 7.2 do not count them by themselves, but each
 * kind of error that they answered.
 */
const refusedLogins = (info: Reading['info']): number | undefined => {
  const counted = numberOf(info.acl_access_denied_auth);
  if (counted !== undefined || info.total_error_replies === undefined) return counted;
  return Number(/count=(\d+)/.exec(info.errorstat_WRONGPASS ?? '')?.[1] ?? 0);
};

/** `keys=3,expires=1,avg_ttl=900` */
const keyspace = (info: Reading['info'], field: string): number =>
  Number(new RegExp(`${field}=(\\d+)`).exec(info.db0 ?? '')?.[1] ?? 0);

/**
 * Seconds since a replica heard from its primary last, or since it lost it. Undefined: it never had it, so that no figure
 * would be true.
 */
const lagOf = (info: Reading['info']): number | undefined => {
  const seconds = numberOf(
    info.master_link_status === 'up' ? info.master_last_io_seconds_ago : info.master_link_down_since_seconds,
  );
  return seconds === undefined || seconds < 0 ? undefined : seconds;
};

/**
 * What CloudWatch gets of a node for the minute between two readings: counts of that minute, and states at its end.
 * Names and units from "Metrics for Valkey and Redis OSS" in the ElastiCache guide. Metrics of the host (CPU,
 * network allowances, swap) are left out: a process on a shared machine has none of its own.
 */
export const nodeMetrics = (before: Reading, after: Reading): readonly MetricDatum[] => {
  const { info } = after;
  const now = (field: string) => numberOf(info[field]);
  const gained = (counter: string | ((info: Reading['info']) => number | undefined)): number | undefined => {
    const read = typeof counter === 'string' ? (info: Reading['info']) => numberOf(info[counter]) : counter;
    const [first, last] = [read(before.info), read(info)];
    // A counter that went back belongs to a node that started anew: its count began at zero.
    return first === undefined || last === undefined ? last : last >= first ? last - first : last;
  };
  const isPrimary = info.role === 'master';
  const used = now('used_memory');
  const counted = used === undefined ? undefined : used - (now('mem_not_counted_for_evict') ?? 0);
  const [hits, misses] = [gained('keyspace_hits'), gained('keyspace_misses')];
  const cpuSeconds = (gained('used_cpu_sys_main_thread') ?? 0) + (gained('used_cpu_user_main_thread') ?? 0);
  const seconds = (after.atMs - before.atMs) / 1000;

  const metrics: readonly Metric[] = [
    ['BytesUsedForCache', 'Bytes', used],
    ['DatabaseMemoryUsagePercentage', 'Percent', percent(used, now('maxmemory'))],
    ['DatabaseMemoryUsageCountedForEvictPercentage', 'Percent', percent(counted, now('maxmemory'))],
    ['MemoryFragmentationRatio', 'None', now('mem_fragmentation_ratio')],
    ['Evictions', 'Count', gained('evicted_keys')],
    ['Reclaimed', 'Count', gained('expired_keys')],
    ['CurrItems', 'Count', keyspace(info, 'keys')],
    ['CurrVolatileItems', 'Count', keyspace(info, 'expires')],
    ['DB0AverageTTL', 'Milliseconds', isPrimary ? keyspace(info, 'avg_ttl') : 0],
    ['CurrConnections', 'Count', now('connected_clients')],
    ['NewConnections', 'Count', gained('total_connections_received')],
    ['CacheHits', 'Count', hits],
    ['CacheMisses', 'Count', misses],
    ['CacheHitRate', 'Percent', percent(hits, (hits ?? 0) + (misses ?? 0))],
    ['EngineCPUUtilization', 'Percent', percent(cpuSeconds, seconds)],
    ['NetworkBytesIn', 'Bytes', gained('total_net_input_bytes')],
    ['NetworkBytesOut', 'Bytes', gained('total_net_output_bytes')],
    ['IsMaster', 'Count', isPrimary ? 1 : 0],
    ['MasterLinkHealthStatus', 'Count', isPrimary || info.master_link_status === 'up' ? 1 : 0],
    ['ReplicationBytes', 'Bytes', isPrimary ? gained('master_repl_offset') : undefined],
    ['ReplicationLag', 'Seconds', isPrimary ? undefined : lagOf(info)],
    ['SaveInProgress', 'Count', now('rdb_bgsave_in_progress')],
    ['ActiveDefragHits', 'Count', gained('active_defrag_hits')],
    ['KeysTracked', 'Count', now('tracking_total_keys')],
    ['AuthenticationFailures', 'Count', gained(refusedLogins)],
    ['CommandAuthorizationFailures', 'Count', gained('acl_access_denied_cmd')],
    ['KeyAuthorizationFailures', 'Count', gained('acl_access_denied_key')],
    ['ChannelAuthorizationFailures', 'Count', gained('acl_access_denied_channel')],
    ['ErrorCount', 'Count', gained('total_error_replies')],
  ];
  return metrics.flatMap(([MetricName, Unit, Value]) => (Value === undefined ? [] : [{ MetricName, Unit, Value }]));
};
