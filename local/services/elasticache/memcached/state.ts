import type { ParameterValues } from '../state/cache.ts';
import type { RegionState } from '../state/region-state.ts';

/** `CacheClusterStatus`, as the API spells it. */
export type ClusterStatus =
  | 'creating'
  | 'available'
  | 'modifying'
  | 'deleting'
  | 'incompatible-network'
  | 'rebooting cluster nodes';

export interface MemcachedNode {
  /** `0001`; a number is never given twice in a cluster's life. */
  readonly id: string;
  readonly availabilityZone: string;
  readonly createdAt: Date;
  status: 'creating' | 'available' | 'deleting' | 'rebooting';
  /** Values of the parameters as of the node's last start; empty before it. */
  bootParameters: ParameterValues;
}

/** Changes that wait for the maintenance window unless they are applied immediately. */
export interface PendingChange {
  /** Zones of nodes to be added. Never together with `nodeIdsToRemove`. */
  zonesToAdd?: readonly string[];
  nodeIdsToRemove?: readonly string[];
  engineVersion?: string;
  parameterGroupName?: string;
}

/**
 * A memcached cluster. It has a type of its own, as it shares little with the caches of redis and valkey: many nodes
 * that know nothing of each other, and neither shards, replicas, users, tokens nor snapshots.
 */
export interface MemcachedCluster {
  readonly kind: 'cluster';
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly createdAt: Date;
  status: ClusterStatus;
  /** Until this account time (ms) a Describe does not find the new cluster yet. */
  readonly visibleFrom: number;
  /** A status that Describe still shows although it has changed. */
  stale?: { readonly status: ClusterStatus; readonly until: number };
  engineVersion: string;
  readonly nodeType: string;
  nodes: readonly MemcachedNode[];
  /** The highest number that a node of this cluster ever had. */
  lastNodeNumber: number;
  parameterGroupName: string;
  readonly subnetGroupName: string;
  securityGroupIds: readonly string[];
  maintenanceWindow: string;
  topicArn?: string | undefined;
  topicStatus: 'active' | 'inactive';
  autoMinorVersionUpgrade: boolean;
  readonly port: number;
  readonly tags: Map<string, string>;
  pending: PendingChange;
  /** Cancels the timer that waits for the maintenance window. */
  cancelMaintenance?: () => void;
}

interface Plane {
  readonly state: RegionState;
  readonly world: { readonly clock: { now(): number } };
}

export const isMemcachedVisible = ({ world }: Pick<Plane, 'world'>, { visibleFrom }: MemcachedCluster): boolean =>
  world.clock.now() >= visibleFrom;

/** The memcached cluster of that id, once a Describe can find it. */
export const findMemcached = (plane: Plane, id: string | undefined): MemcachedCluster | undefined => {
  const cluster = plane.state.memcached.get(id);
  return cluster && isMemcachedVisible(plane, cluster) ? cluster : undefined;
};

/** The clusters that have a parameter group now or will have it. */
export const memcachedWithGroup = (state: RegionState, name: string): readonly MemcachedCluster[] =>
  state.memcached
    .all()
    .filter(({ parameterGroupName, pending }) => parameterGroupName === name || pending.parameterGroupName === name);

/** Ids and zones become nodes of the cluster, `creating`. */
export const newNodes = (
  cluster: Pick<MemcachedCluster, 'lastNodeNumber'>,
  zones: readonly string[],
  createdAt: Date,
): readonly MemcachedNode[] =>
  zones.map((availabilityZone) => {
    cluster.lastNodeNumber += 1;
    const id = String(cluster.lastNodeNumber).padStart(4, '0');
    return { id, availabilityZone, createdAt, status: 'creating', bootParameters: {} };
  });

/** Zones that the cluster's nodes are in, and those that nodes to come will be in. */
export const zonesOfNodes = ({ nodes, pending }: Pick<MemcachedCluster, 'nodes' | 'pending'>): readonly string[] => [
  ...nodes.map(({ availabilityZone }) => availabilityZone),
  ...(pending.zonesToAdd ?? []),
];
