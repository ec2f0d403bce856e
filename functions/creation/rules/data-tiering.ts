import { isOlder } from '../changes/versions.ts';
import { isKnown } from '../spec.ts';
import { isNodeType, tiersData } from './node-type.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** Data tiering came with Redis OSS 6.2; every Valkey has it (ElastiCache guide, "Data tiering"). */
const OLDEST_REDIS = '6.2';
/** With data tiering, keys are evicted by these policies only (same page). */
const EVICTION_POLICIES = ['volatile-lru', 'allkeys-lru', 'volatile-lfu', 'allkeys-lfu', 'noeviction'];

/**
 * Nodes with an SSD always tier data, others never (CreateReplicationGroup, DataTieringEnabled). It is decided when a cache
 * is created: the nodes can be exchanged for nodes of their own family only.
 */
export const dataTieringRule: SpecRule = (spec) => {
  const { engine, engineVersion, cacheNodeType, dataTieringEnabled, parameters } = spec;
  if (cacheNodeType === undefined || !isNodeType(cacheNodeType) || !isKnown(spec, 'dataTieringEnabled')) return [];
  if (engine === 'memcached') {
    return faultsOf('cacheNodeType', cacheNodeType, {
      broken: tiersData(cacheNodeType),
      rule: 'Nodes that tier data (r6gd) are for Redis and Valkey.',
      remedy: 'Choose the r6g or r7g family.',
    });
  }
  if (!tiersData(cacheNodeType)) {
    return faultsOf('dataTieringEnabled', dataTieringEnabled, {
      broken: dataTieringEnabled === true,
      rule: `Data tiering needs nodes with an SSD, and ${cacheNodeType} has none.`,
      remedy: 'Choose a node type of the r6gd family, or remove dataTieringEnabled.',
    });
  }
  const policy = parameters?.['maxmemory-policy'];
  return [
    ...faultsOf(
      'dataTieringEnabled',
      dataTieringEnabled,
      {
        broken: dataTieringEnabled !== true,
        rule: `Nodes of the type ${cacheNodeType} always tier data, and the specification has to say so.`,
        remedy: 'Set dataTieringEnabled: true, or choose the r6g or r7g family.',
      },
      {
        broken: engine === 'redis' && engineVersion !== undefined && isOlder(engineVersion, OLDEST_REDIS),
        rule: `Data tiering needs Redis ${OLDEST_REDIS}.`,
        remedy: 'Choose a later engineVersion, or the r6g or r7g family.',
      },
    ),
    ...faultsOf('parameters.maxmemory-policy', policy, {
      broken: policy !== undefined && EVICTS_OTHERWISE.includes(policy),
      rule: `With data tiering maxmemory-policy is one of ${EVICTION_POLICIES.join(', ')}.`,
      remedy: 'Choose one of these, or the r6g or r7g family.',
    }),
  ];
};

/** Good policies for other nodes. What is no policy at all has its own rule. */
const EVICTS_OTHERWISE = ['volatile-random', 'allkeys-random', 'volatile-ttl'];
