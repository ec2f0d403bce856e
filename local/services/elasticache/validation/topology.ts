import type { NodeGroupConfiguration } from '@aws-sdk/client-elasticache';
import { ServiceError } from '../../../service.ts';
import { checkInteger, invalidCombination, invalidValue } from './faults.ts';
import { checkSlotCoverage, evenSlots, parseSlots, type SlotRange } from './slots.ts';

/** Most nodes of a group without cluster mode, its primary included (API reference). */
const MOST_CACHE_CLUSTERS = 6;
/** Most replicas of a shard (API reference). */
export const MOST_REPLICAS = 5;

/** What a request says about shards and nodes. */
export interface TopologyRequest {
  readonly NumCacheClusters?: number | undefined;
  readonly NumNodeGroups?: number | undefined;
  readonly ReplicasPerNodeGroup?: number | undefined;
  readonly NodeGroupConfiguration?: readonly NodeGroupConfiguration[] | undefined;
  readonly PreferredCacheClusterAZs?: readonly string[] | undefined;
  readonly AutomaticFailoverEnabled?: boolean | undefined;
  readonly MultiAZEnabled?: boolean | undefined;
  readonly ClusterMode?: string | undefined;
}

export interface TopologySurroundings {
  /** `cluster-enabled` of the parameter group that the request names; undefined when it names none. */
  readonly parameterGroupSaysCluster: boolean | undefined;
  /** Zones of the subnet group, in its order. */
  readonly zones: readonly string[];
  readonly quotas: { readonly nodesPerCluster: number; readonly shardsPerCluster: number };
}

export interface PlannedShard {
  readonly id: string;
  /** Empty without cluster mode. */
  readonly slots: readonly SlotRange[];
  /** Zone of each node, the primary's first. */
  readonly zones: readonly string[];
}

export interface Topology {
  readonly clusterMode: boolean;
  readonly shards: readonly PlannedShard[];
}

/**
 * Whether a request asks for cluster mode, and for which shards and nodes, placed in zones.
 *
 * @throws ServiceError with the code that AWS gives for the first rule broken
 */
export const planTopology = (request: TopologyRequest, surroundings: TopologySurroundings): Topology => {
  checkCounts(request);
  const shardCount = request.NumNodeGroups ?? request.NodeGroupConfiguration?.length ?? 1;
  const clusterMode = wantsClusterMode(request, shardCount, surroundings.parameterGroupSaysCluster);
  checkShardQuota(shardCount, surroundings);

  const { zones } = surroundings;
  const configured = request.NodeGroupConfiguration ?? [];
  const slots = slotsOf(configured, shardCount, clusterMode);
  const ids = shardIds(configured, shardCount);
  const shards = ids.map((id, index) => ({
    id,
    slots: slots[index] ?? [],
    zones: placeNodes(request, configured[index], index, zones),
  }));

  checkFailover(request, clusterMode, shards);
  checkNodeCount(shards, clusterMode, surroundings);
  return { clusterMode, shards };
};

const checkCounts = (request: TopologyRequest) => {
  const { NumCacheClusters, NumNodeGroups, ReplicasPerNodeGroup, NodeGroupConfiguration: configured } = request;
  checkInteger('NumCacheClusters', NumCacheClusters, 1, MOST_CACHE_CLUSTERS);
  checkInteger('NumNodeGroups', NumNodeGroups, 1, Number.MAX_SAFE_INTEGER);
  checkInteger('ReplicasPerNodeGroup', ReplicasPerNodeGroup, 0, MOST_REPLICAS);
  const counted = ReplicasPerNodeGroup !== undefined || (NumNodeGroups ?? 1) > 1 || configured !== undefined;
  if (NumCacheClusters !== undefined && counted) {
    throw invalidCombination(
      'NumCacheClusters cannot be used together with NumNodeGroups, ReplicasPerNodeGroup or NodeGroupConfiguration.',
    );
  }
  if (configured && NumNodeGroups !== undefined && configured.length !== NumNodeGroups) {
    throw invalidCombination(
      `NodeGroupConfiguration describes ${configured.length} node groups, but NumNodeGroups is ${NumNodeGroups}.`,
    );
  }
  for (const { ReplicaCount } of configured ?? []) checkInteger('ReplicaCount', ReplicaCount, 0, MOST_REPLICAS);
};

const wantsClusterMode = (request: TopologyRequest, shardCount: number, groupSaysCluster: boolean | undefined) => {
  const clusterMode = groupSaysCluster ?? (request.ClusterMode === 'enabled' || shardCount > 1);
  if (request.ClusterMode === 'disabled' && clusterMode) {
    throw invalidCombination('ClusterMode is disabled, but the node groups or the parameter group ask for it.');
  }
  if (request.ClusterMode === 'enabled' && !clusterMode) {
    throw invalidCombination('ClusterMode is enabled, but the parameter group has cluster-enabled set to no.');
  }
  if (shardCount > 1 && !clusterMode) {
    throw invalidCombination(
      `Cannot create ${shardCount} node groups with a parameter group whose cluster-enabled is no. Use one with cluster-enabled yes.`,
    );
  }
  if (clusterMode && request.AutomaticFailoverEnabled !== true) {
    throw invalidCombination('Redis with cluster mode enabled cannot be created with auto failover turned off.');
  }
  return clusterMode;
};

/** @throws ServiceError NodeGroupsPerReplicationGroupQuotaExceeded */
export const checkShardQuota = (shardCount: number, { quotas }: Pick<TopologySurroundings, 'quotas'>): void => {
  if (shardCount <= quotas.shardsPerCluster) return;
  throw new ServiceError(
    'NodeGroupsPerReplicationGroupQuotaExceededFault',
    `${shardCount} node groups exceed the quota of ${quotas.shardsPerCluster} node groups per replication group.`,
  );
};

const checkNodeCount = (shards: readonly PlannedShard[], clusterMode: boolean, { quotas }: TopologySurroundings) => {
  const nodes = shards.reduce((sum, { zones }) => sum + zones.length, 0);
  if (!clusterMode || nodes <= quotas.nodesPerCluster) return;
  throw new ServiceError(
    'NodeQuotaForClusterExceededFault',
    `${nodes} nodes exceed the quota of ${quotas.nodesPerCluster} nodes per cluster.`,
  );
};

const shardIds = (configured: readonly NodeGroupConfiguration[], shardCount: number): readonly string[] => {
  const ids = Array.from({ length: shardCount }, (_, index) => {
    const given = configured[index]?.NodeGroupId;
    if (given !== undefined && !/^\d{1,4}$/.test(given)) {
      throw invalidValue(`The NodeGroupId "${given}" must have 1-4 digits, such as 0001.`);
    }
    return (given ?? String(index + 1)).padStart(4, '0');
  });
  if (new Set(ids).size !== ids.length) throw invalidValue('Each NodeGroupId can be given only once.');
  return ids;
};

const slotsOf = (configured: readonly NodeGroupConfiguration[], shardCount: number, clusterMode: boolean) => {
  const given = configured.filter(({ Slots }) => Slots !== undefined);
  if (given.length === 0) return clusterMode ? evenSlots(shardCount).map((range) => [range]) : [];
  if (!clusterMode) throw invalidCombination('Slots can only be given with cluster mode enabled.');
  if (given.length !== configured.length) {
    throw invalidCombination('Slots must be given for all node groups or for none.');
  }
  const ranges = configured.map(({ Slots = '' }) => parseSlots(Slots));
  checkSlotCoverage(ranges);
  return ranges;
};

/** Zones of one shard's nodes: as asked, else in turn, so that the primaries of several shards are spread too. */
const placeNodes = (
  request: TopologyRequest,
  configured: NodeGroupConfiguration | undefined,
  shardIndex: number,
  zones: readonly string[],
): readonly string[] => {
  const asked = request.PreferredCacheClusterAZs;
  const nodeCount =
    request.NumCacheClusters ??
    1 + (configured?.ReplicaCount ?? request.ReplicasPerNodeGroup ?? defaultReplicas(asked, configured));
  const preferred = asked ?? preferredZones(configured, nodeCount);
  if (preferred.length > 0 && preferred.length !== nodeCount) {
    throw invalidCombination(
      `${preferred.length} availability zones are given for ${nodeCount} nodes; give one for each, the primary's first.`,
    );
  }
  const unknown = preferred.find((zone) => zone !== undefined && !zones.includes(zone));
  if (unknown) {
    throw invalidValue(`Availability zone ${unknown} is not in the subnet group, which has ${zones.join(', ')}.`);
  }
  return Array.from(
    { length: nodeCount },
    (_, index) => preferred[index] ?? zones[(shardIndex + index) % zones.length] ?? '',
  );
};

const defaultReplicas = (asked: readonly string[] | undefined, configured: NodeGroupConfiguration | undefined) =>
  asked ? asked.length - 1 : (configured?.ReplicaAvailabilityZones?.length ?? 0);

const preferredZones = (
  configured: NodeGroupConfiguration | undefined,
  nodeCount: number,
): readonly (string | undefined)[] => {
  const { PrimaryAvailabilityZone: primary, ReplicaAvailabilityZones: replicas } = configured ?? {};
  if (primary === undefined && replicas === undefined) return [];
  return [primary, ...(replicas ?? Array<undefined>(nodeCount - 1).fill(undefined))];
};

const checkFailover = (request: TopologyRequest, clusterMode: boolean, shards: readonly PlannedShard[]) => {
  if (request.AutomaticFailoverEnabled && !clusterMode && shards.some(({ zones }) => zones.length < 2)) {
    throw invalidCombination('Automatic failover needs at least 2 cache clusters: a primary and a replica.');
  }
  if (request.MultiAZEnabled) checkMultiAz(request.AutomaticFailoverEnabled ?? false, shards);
};

/**
 * Whether these shards can have Multi-AZ (API reference, MultiAZEnabled).
 *
 * @param shards zones of each shard's nodes
 * @throws ServiceError InvalidParameterCombination, InvalidParameterValue
 */
export const checkMultiAz = (failover: boolean, shards: readonly Pick<PlannedShard, 'id' | 'zones'>[]): void => {
  if (!failover) {
    throw invalidCombination('Multi-AZ needs automatic failover. Set AutomaticFailoverEnabled to true as well.');
  }
  if (shards.some(({ zones }) => zones.length < 2)) {
    throw invalidValue('Must have at least 1 replica for Multi-AZ enabled Replication Group');
  }
  const narrow = shards.find(({ zones }) => new Set(zones).size < 2);
  if (narrow) {
    throw invalidCombination(
      `Multi-AZ needs a replica in another availability zone than the primary; node group ${narrow.id} has only ${narrow.zones[0]}.`,
    );
  }
};
