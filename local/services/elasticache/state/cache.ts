import type { TransitMode } from '../../../engine/types.ts';
import type { TokenSet } from '../auth-tokens.ts';
import type { LogDelivery, LogDestination } from './log-delivery.ts';

export type EngineName = 'redis' | 'valkey';

/** Status of a replication group. A cluster that stands alone has only those of `NodeStatus`. */
export type CacheStatus = 'creating' | 'available' | 'modifying' | 'snapshotting' | 'deleting' | 'create-failed';
export type ShardStatus = 'creating' | 'available' | 'modifying' | 'deleting';
/** `CacheClusterStatus` of a member or of a cluster that stands alone. */
export type NodeStatus =
  | 'creating'
  | 'available'
  | 'modifying'
  | 'deleting'
  | 'incompatible-network'
  | 'rebooting cluster nodes';

/** Parameter values by name. */
export type ParameterValues = Readonly<Record<string, string>>;

/** One node. The API shows it as a cache cluster with one node, `0001`. */
export interface Node {
  /** `orders-0001-001`, `sessions-001`, or the cluster's own id when it stands alone. */
  readonly id: string;
  readonly arn: string;
  readonly availabilityZone: string;
  status: NodeStatus;
  topicStatus: 'active' | 'inactive';
  /** Values of the parameters that need a reboot, as of the node's last start; empty before it. */
  bootParameters: ParameterValues;
}

export interface Shard {
  /** `0001`. */
  readonly id: string;
  status: ShardStatus;
  /** Inclusive ranges; empty without cluster mode. */
  slots: readonly (readonly [first: number, last: number])[];
  readonly nodes: Node[];
}

/** Changes to the nodes themselves, which wait for the maintenance window unless they are applied immediately. */
export interface NodeChange {
  nodeType?: string;
  engineVersion?: string;
  parameterGroupName?: string;
  /** The token set that will be valid once the change is done. */
  authToken?: { readonly tokens: TokenSet; readonly status?: 'SETTING' | 'ROTATING' };
  automaticFailover?: 'enabled' | 'disabled';
  multiAz?: boolean;
  transit?: TransitMode;
  /** All logs that are delivered once the change is done. */
  logs?: readonly LogDestination[];
  /** `ids` is what the cache has once the change is done. */
  userGroups?: {
    readonly ids: readonly string[];
    readonly toAdd: readonly string[];
    readonly toRemove: readonly string[];
  };
}

/**
 * A cache: a replication group, or a cluster that stands alone. Both have the same life and settings; the API shows
 * the first as a group with member clusters and the second as one cluster.
 */
export interface Cache {
  readonly kind: 'replication-group' | 'cluster';
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly createdAt: Date;
  status: CacheStatus;
  /** Why creation failed. */
  failure?: string;
  /** Until this account time (ms) a Describe does not find the new cache yet. */
  readonly visibleFrom: number;
  /** What Describe still shows although it has changed: the service reads its own writes late. */
  stale?: { readonly status: CacheStatus; readonly pending: NodeChange; readonly until: number };
  description: string;
  readonly engine: EngineName;
  /** As Describe shows it: `7.1.0`. */
  engineVersion: string;
  readonly clusterMode: boolean;
  nodeType: string;
  readonly shards: Shard[];
  parameterGroupName: string;
  /** True while new parameter values are on their way to the nodes. */
  applyingParameters: boolean;
  readonly subnetGroupName: string;
  securityGroupIds: readonly string[];
  automaticFailover: 'enabled' | 'disabled' | 'enabling' | 'disabling';
  multiAz: boolean;
  tls: boolean;
  /** With TLS; left out: `required`. */
  transitMode?: 'preferred' | 'required' | undefined;
  readonly atRest: boolean;
  readonly kmsKeyId?: string | undefined;
  tokens: TokenSet;
  tokenChangedAt?: Date | undefined;
  userGroupIds: readonly string[];
  snapshotRetentionLimit: number;
  snapshotWindow: string;
  /** The node that backups are taken from; only without cluster mode. */
  snapshottingNodeId?: string | undefined;
  maintenanceWindow: string;
  topicArn?: string | undefined;
  autoMinorVersionUpgrade: boolean;
  logDeliveries: readonly LogDelivery[];
  readonly port: number;
  readonly tags: Map<string, string>;
  pending: NodeChange;
  /** While slots move between shards. */
  resharding?: { readonly progressPercentage: number };
  /** The highest number that a shard of this cache ever had: no id comes twice. */
  highestShardNumber?: number;
  /** Nodes that were asked for and are not written down yet; they count against the quota. */
  nodesToCome?: number;
  /** While it is `modifying` for the sake of its users. */
  changesAccess?: boolean;
  /** While a node that died in a test failover is not back yet. */
  replacing?: boolean;
  /** Cancels the timer that waits for the maintenance window. */
  cancelMaintenance?: () => void;
}

/** Whether clients come with TLS: never, as they like, always. */
export const transitModeOf = ({ tls, transitMode = 'required' }: Pick<Cache, 'tls' | 'transitMode'>): TransitMode =>
  tls ? transitMode : 'off';

export const nodesOf = (cache: Cache): readonly Node[] => cache.shards.flatMap(({ nodes }) => nodes);
