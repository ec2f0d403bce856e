import { isKnown } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** What Memcached does not have (ElastiCache guide, "Comparing engines"). Values that turn it off are fine. */
export const memcachedRule: SpecRule = (spec) => {
  if (spec.engine !== 'memcached') return [];
  const { snapshotRetentionLimit = 0, snapshotWindow, multiAZEnabled, automaticFailoverEnabled, authToken } = spec;
  const without = (path: string, value: unknown, broken: boolean, what: string) =>
    faultsOf(path, value, {
      broken,
      rule: `${what} do not exist for Memcached.`,
      remedy: `Remove ${path}, or choose the engine valkey.`,
    });
  return [
    ...without('snapshotRetentionLimit', snapshotRetentionLimit, snapshotRetentionLimit !== 0, 'Snapshots'),
    ...without('snapshotWindow', snapshotWindow, snapshotWindow !== undefined, 'Snapshots'),
    ...without('multiAZEnabled', multiAZEnabled, multiAZEnabled === true, 'Replicas in other zones'),
    ...without('automaticFailoverEnabled', automaticFailoverEnabled, automaticFailoverEnabled === true, 'Failovers'),
    ...without('authToken', authToken, authToken !== undefined, 'AUTH tokens'),
    ...without('numNodeGroups', spec.numNodeGroups, spec.numNodeGroups !== undefined, 'Shards'),
    ...without('replicasPerNodeGroup', spec.replicasPerNodeGroup, spec.replicasPerNodeGroup !== undefined, 'Replicas'),
    ...without('numCacheClusters', spec.numCacheClusters, spec.numCacheClusters !== undefined, 'Replicas'),
    ...faultsOf('numCacheNodes', spec.numCacheNodes, {
      // 1–40 by CreateCacheCluster; the quota page says 60, so the smaller holds.
      broken:
        isKnown(spec, 'numCacheNodes') &&
        (spec.numCacheNodes === undefined || spec.numCacheNodes < 1 || spec.numCacheNodes > 40),
      rule: 'Memcached needs numCacheNodes, 1 to 40.',
      remedy: 'Say how many nodes the cache has.',
    }),
  ];
};
