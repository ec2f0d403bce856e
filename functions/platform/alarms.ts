import { type CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { isNodeOf } from './cache-events.ts';

/** DescribeAlarms takes at most so many names at once (API reference). */
const NAMES_AT_ONCE = 100;

export interface AlarmSeen {
  readonly name: string;
  /** OK, ALARM or INSUFFICIENT_DATA. */
  readonly state: string;
}

/** CloudWatch's alarms, as far as they warn of touching a cache. Its in-memory twin is in test/. */
export interface Alarms {
  /** Alarms in the state ALARM whose metric is of the cache or one of its nodes. */
  firingOf(cacheId: string): Promise<readonly AlarmSeen[]>;
  /** Those that exist. */
  named(names: readonly string[]): Promise<readonly AlarmSeen[]>;
}

/** The dimensions by which ElastiCache's metrics name a cache or its node. */
const CACHE_DIMENSIONS = ['CacheClusterId', 'ReplicationGroupId', 'ReplicationGroup'];

export const cloudWatchAlarms = (client: CloudWatchClient): Alarms => ({
  async firingOf(cacheId) {
    const firing: AlarmSeen[] = [];
    for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { StateValue: 'ALARM' })) {
      firing.push(...MetricAlarms.filter((alarm) => concerns(alarm, cacheId)).map(seen));
    }
    return firing;
  },

  async named(names) {
    const found: AlarmSeen[] = [];
    for (let first = 0; first < names.length; first += NAMES_AT_ONCE) {
      const AlarmNames = names.slice(first, first + NAMES_AT_ONCE);
      const input = { AlarmNames, AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const] };
      for await (const { MetricAlarms = [], CompositeAlarms = [] } of paginateDescribeAlarms({ client }, input)) {
        found.push(...[...MetricAlarms, ...CompositeAlarms].map(seen));
      }
    }
    return found;
  },
});

/** Also of an alarm on metric math, whose metrics stand in its queries. */
const concerns = ({ Dimensions = [], Metrics = [] }: MetricAlarm, cacheId: string): boolean =>
  [...Dimensions, ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? [])].some(
    ({ Name = '', Value = '' }) => CACHE_DIMENSIONS.includes(Name) && isNodeOf(cacheId, Value),
  );

const seen = ({ AlarmName = '', StateValue = 'INSUFFICIENT_DATA' }: Pick<MetricAlarm, 'AlarmName' | 'StateValue'>) => ({
  name: AlarmName,
  state: StateValue,
});
