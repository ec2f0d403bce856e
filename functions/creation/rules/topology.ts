import type { CacheSeen } from '../../platform/caches.ts';
import type { Fault } from '../schemas.ts';
import { isKnown, isWritten, type ReadableSpec } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** At most 500 nodes in a cluster, on request (ElastiCache quotas); the account's own quota shows when creating. */
const MOST_NODES = 500;

/** Shards 1–500, replicas 0–5, nodes 1–6 without cluster mode (CreateReplicationGroup). */
const RANGES = {
  numNodeGroups: [1, 500],
  replicasPerNodeGroup: [0, 5],
  numCacheClusters: [1, 6],
} as const;

const inRange = (value: number | undefined, [least, most]: readonly [number, number]): boolean =>
  value !== undefined && value >= least && value <= most;

type CountField = 'numNodeGroups' | 'replicasPerNodeGroup' | 'numCacheClusters' | 'numCacheNodes';

/** Whether the counts can be read, so that they, or their absence, say what shape is meant. */
export const isShapeKnown = (spec: ReadableSpec): boolean =>
  isKnown(spec, 'numNodeGroups', 'replicasPerNodeGroup', 'numCacheClusters', 'numCacheNodes');

/** Each count within the limits of the service. Memcached has nodes only, and its own rule. */
export const countsRule: SpecRule = (spec) =>
  Object.entries(RANGES).flatMap(([field, [least, most]]) => {
    const value = spec[field as keyof typeof RANGES];
    return value === undefined || spec.engine === 'memcached'
      ? []
      : faultsOf(field, value, {
          broken: value < least || value > most,
          rule: `${field} is ${least} to ${most}.`,
          remedy: `Choose a whole number from ${least} to ${most}.`,
        });
  });

/** Redis and Valkey: shards, or nodes without cluster mode, or a single node; one of the three and only one. */
export const oneTopologyRule: SpecRule = (spec) => {
  if (spec.engine === undefined || spec.engine === 'memcached') return [];
  const { numCacheClusters, numCacheNodes, replicasPerNodeGroup } = spec;
  // Two fields that exclude each other do so whatever they say.
  const has = (field: CountField) => isWritten(spec, field);
  const faults: Fault[] = [];
  if (has('numNodeGroups') && has('numCacheClusters')) {
    faults.push({
      path: 'numCacheClusters',
      value: numCacheClusters,
      rule: 'numCacheClusters describes a cache without cluster mode and cannot be combined with numNodeGroups.',
      remedy: 'Keep numNodeGroups with replicasPerNodeGroup for shards, or numCacheClusters for one shard.',
    });
  }
  if (has('numCacheNodes') && (has('numNodeGroups') || has('numCacheClusters'))) {
    faults.push({
      path: 'numCacheNodes',
      value: numCacheNodes,
      rule: 'numCacheNodes: 1 describes a single node and cannot be combined with other counts.',
      remedy: 'Remove numCacheNodes.',
    });
  }
  if (numCacheNodes !== undefined) {
    faults.push(
      ...faultsOf('numCacheNodes', numCacheNodes, {
        broken: numCacheNodes !== 1,
        rule: 'For Redis and Valkey numCacheNodes can only be 1.',
        remedy: !has('numNodeGroups')
          ? 'Use numCacheClusters for a primary with replicas, or numNodeGroups for shards.'
          : 'Remove numCacheNodes: numNodeGroups and replicasPerNodeGroup count the nodes.',
      }),
    );
  }
  if (has('replicasPerNodeGroup') && !has('numNodeGroups')) {
    faults.push({
      path: 'replicasPerNodeGroup',
      value: replicasPerNodeGroup,
      rule: 'replicasPerNodeGroup belongs to numNodeGroups.',
      remedy: !has('numCacheClusters')
        ? 'Add numNodeGroups, or say the number of nodes with numCacheClusters.'
        : 'Remove replicasPerNodeGroup: numCacheClusters counts the primary and its replicas.',
    });
  }
  if (!has('numNodeGroups') && !has('numCacheClusters') && !has('numCacheNodes')) {
    faults.push({
      path: 'numNodeGroups',
      value: undefined,
      rule: 'A specification says how large the cache is.',
      remedy: 'Add numNodeGroups and replicasPerNodeGroup, or numCacheClusters, or numCacheNodes: 1.',
    });
  }
  return faults;
};

/** Shards × (1 + replicas) within what one cluster can have. */
export const nodesInClusterRule: SpecRule = ({ engine, numNodeGroups, replicasPerNodeGroup = 0 }) => {
  if (engine === 'memcached') return [];
  if (!inRange(numNodeGroups, RANGES.numNodeGroups) || !inRange(replicasPerNodeGroup, RANGES.replicasPerNodeGroup)) {
    return [];
  }
  const nodes = (numNodeGroups ?? 0) * (1 + replicasPerNodeGroup);
  return faultsOf('numNodeGroups', numNodeGroups, {
    broken: nodes > MOST_NODES,
    rule: `A cluster has at most ${MOST_NODES} nodes, replicas included.`,
    remedy: `These shards and replicas are ${nodes} nodes: choose fewer shards or fewer replicas.`,
  });
};

/** 1–40 nodes of Memcached by CreateCacheCluster; the quota page says 60, so the smaller holds. */
export const MEMCACHED_NODES = [1, 40] as const;

/** The count that says how large the cache is. */
export const countField = (spec: ReadableSpec): 'numNodeGroups' | 'numCacheClusters' | 'numCacheNodes' => {
  if (spec.engine === 'memcached') return 'numCacheNodes';
  if (spec.numNodeGroups !== undefined) return 'numNodeGroups';
  return spec.numCacheClusters === undefined ? 'numCacheNodes' : 'numCacheClusters';
};

/** How many nodes a specification asks for; undefined when its counts cannot be read or are out of range. */
export const nodesWanted = (spec: ReadableSpec): number | undefined => {
  if (spec.engine === undefined || !isShapeKnown(spec)) return undefined;
  if (spec.engine === 'memcached') return inRange(spec.numCacheNodes, MEMCACHED_NODES) ? spec.numCacheNodes : undefined;
  if ([oneTopologyRule, countsRule, nodesInClusterRule].some((rule) => rule(spec).length > 0)) return undefined;
  const { shards, replicasPerShard } = shapeOf(spec);
  return shards * (1 + replicasPerShard);
};

type Shards = Pick<CacheSeen, 'shards'>;

/** The ids of the shards that go when a cache is to have so many: the youngest, whose ids are the highest and never used again. */
export const leavingShards = ({ shards }: Shards, wanted: number): string[] =>
  shards
    .map(({ id }) => id)
    .toSorted()
    .slice(wanted);

export const nodesThere = ({ shards }: Shards): number => shards.reduce((sum, { nodeCount }) => sum + nodeCount, 0);

/**
 * The most nodes that a cache has at any time on the way to its specification: replicas and shards come before others go, and
 * a new shard gets as many nodes as the smallest that is there (ElastiCache guide, online resizing). Undefined when it cannot be
 * told how many are wanted.
 */
export const nodesOnTheWay = (spec: ReadableSpec, cache: Shards | undefined): number | undefined => {
  const wanted = nodesWanted(spec);
  if (wanted === undefined || cache === undefined || cache.shards.length === 0) return wanted;
  if (spec.engine === 'memcached') return Math.max(wanted, nodesThere(cache));
  const { shards, replicasPerShard } = shapeOf(spec);
  const leaving = leavingShards(cache, shards);
  const counts = cache.shards.map(({ id, nodeCount }) =>
    leaving.includes(id) ? nodeCount : Math.max(nodeCount, 1 + replicasPerShard),
  );
  const newShards = Math.max(0, shards - counts.length);
  return counts.reduce((sum, count) => sum + count, newShards * Math.min(...counts));
};

/** How many nodes would come to those that the cache has, at most on the way; 0 when that cannot be told. */
export const nodesToAdd = (spec: ReadableSpec, cache: Shards | undefined): number =>
  Math.max(0, (nodesOnTheWay(spec, cache) ?? 0) - nodesThere(cache ?? { shards: [] }));

/** The shape of the cache that a specification describes. Meaningful only when it has no faults. */
export const shapeOf = (spec: {
  readonly numNodeGroups?: number | undefined;
  readonly replicasPerNodeGroup?: number | undefined;
  readonly numCacheClusters?: number | undefined;
}): { readonly clusterMode: boolean; readonly shards: number; readonly replicasPerShard: number } =>
  spec.numNodeGroups === undefined
    ? { clusterMode: false, shards: 1, replicasPerShard: (spec.numCacheClusters ?? 1) - 1 }
    : { clusterMode: true, shards: spec.numNodeGroups, replicasPerShard: spec.replicasPerNodeGroup ?? 0 };
