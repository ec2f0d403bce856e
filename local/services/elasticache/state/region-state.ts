import type { MemcachedCluster } from '../memcached/state.ts';
import type { User, UserGroup } from './access.ts';
import type { Cache, Node, Shard } from './cache.ts';
import { nodesOf } from './cache.ts';
import { createRegistry, type Registry } from './registry.ts';
import type { ServiceUpdate } from './service-update.ts';
import type { Snapshot } from './snapshot.ts';

export interface ParameterGroup {
  readonly name: string;
  readonly arn: string;
  readonly family: string;
  readonly description: string;
  /** `default.*` groups cannot be changed or deleted. */
  readonly isDefault: boolean;
  /** What the group sets itself; everything else has the family's default. */
  readonly values: Map<string, string>;
  readonly tags: Map<string, string>;
}

export interface Subnet {
  readonly id: string;
  readonly availabilityZone: string;
  readonly vpcId: string;
}

export interface SubnetGroup {
  readonly name: string;
  readonly arn: string;
  description: string;
  readonly vpcId: string;
  subnets: readonly Subnet[];
  readonly tags: Map<string, string>;
}

export type SourceType =
  | 'cache-cluster'
  | 'cache-parameter-group'
  | 'cache-subnet-group'
  | 'replication-group'
  | 'user'
  | 'user-group';

/** One line of DescribeEvents. Events have no id on AWS either; `sequence` is for our own paging. */
export interface CacheEvent {
  readonly sequence: number;
  readonly at: number;
  readonly sourceType: SourceType;
  readonly sourceId: string;
  readonly message: string;
}

/** Everything that one Region of the account holds. */
export interface RegionState {
  readonly groups: Registry<Cache>;
  /** Clusters that stand alone; members live in their group. */
  readonly clusters: Registry<Cache>;
  readonly memcached: Registry<MemcachedCluster>;
  readonly parameterGroups: Registry<ParameterGroup>;
  readonly subnetGroups: Registry<SubnetGroup>;
  readonly users: Registry<User>;
  readonly userGroups: Registry<UserGroup>;
  readonly snapshots: Registry<Snapshot>;
  /** When each node's manual snapshots were begun (ms): deleting one gives none of the day's quota back. */
  readonly manualSnapshots: { readonly nodeId: string; readonly at: number }[];
  /** When the failover of a shard was tested (ms). */
  readonly failoverTests: number[];
  readonly serviceUpdates: ServiceUpdate[];
  /** Oldest first. */
  readonly events: CacheEvent[];
}

export const createRegionState = (): RegionState => ({
  groups: createRegistry(),
  clusters: createRegistry(),
  memcached: createRegistry(),
  parameterGroups: createRegistry(),
  subnetGroups: createRegistry(),
  users: createRegistry(),
  userGroups: createRegistry(),
  snapshots: createRegistry(),
  manualSnapshots: [],
  failoverTests: [],
  serviceUpdates: [],
  events: [],
});

export const allCaches = (state: RegionState): readonly Cache[] => [...state.groups.all(), ...state.clusters.all()];

/** A node with the cache and shard it belongs to. */
export interface FoundNode {
  readonly cache: Cache;
  readonly shard: Shard;
  readonly node: Node;
}

/** Every node of the Region in the order of its id. */
export const allNodes = (state: RegionState): readonly FoundNode[] =>
  allCaches(state)
    .flatMap((cache) => cache.shards.flatMap((shard) => shard.nodes.map((node) => ({ cache, shard, node }))))
    .sort((left, right) => (left.node.id < right.node.id ? -1 : 1));

export const findNode = (state: RegionState, clusterId: string): FoundNode | undefined => {
  const id = clusterId.toLowerCase();
  return allNodes(state).find(({ node }) => node.id === id);
};

/** Whether a cluster that stands alone, a member of a group or a memcached cluster has this id. */
export const clusterIdIsTaken = (state: RegionState, id: string): boolean =>
  findNode(state, id) !== undefined || state.memcached.has(id);

/** Nodes that count against the Region's quota: all that are not gone yet. */
export const nodeCount = (state: RegionState): number =>
  [...allCaches(state).map(nodesOf), ...state.memcached.all().map(({ nodes }) => nodes)].flat().length +
  allCaches(state).reduce((sum, { nodesToCome = 0 }) => sum + nodesToCome, 0);
