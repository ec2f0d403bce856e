import type { EngineName } from './cache.ts';

export type SnapshotStatus = 'creating' | 'available' | 'failed' | 'deleting';

/** One shard's part of a snapshot. */
export interface SnapshotPart {
  /** `0001`. */
  readonly shardId: string;
  /** `0-5461`, or empty without cluster mode. */
  readonly slots: string;
  /** The node it was taken from. */
  readonly nodeId: string;
  /** The RDB file, once it is written. */
  file?: string;
  bytes?: number;
  takenAt?: Date;
}

/** A snapshot, with all that its cache was when it was taken: it outlives the cache. */
export interface Snapshot {
  readonly name: string;
  readonly arn: string;
  readonly source: 'manual' | 'automated';
  status: SnapshotStatus;
  readonly startedAt: number;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Map<string, string>;
  readonly parts: readonly SnapshotPart[];
  /** The group of which it was taken, or to which the node belongs. */
  readonly groupId?: string | undefined;
  readonly groupDescription?: string | undefined;
  /** The node of which it was taken, without cluster mode. */
  readonly clusterId?: string | undefined;
  readonly cacheCreatedAt: Date;
  readonly engine: EngineName;
  readonly engineVersion: string;
  readonly nodeType: string;
  readonly port: number;
  readonly parameterGroupName: string;
  readonly subnetGroupName: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly automaticFailover: 'enabled' | 'disabled' | 'enabling' | 'disabling';
  readonly autoMinorVersionUpgrade: boolean;
  readonly maintenanceWindow: string;
  readonly snapshotWindow: string;
  readonly snapshotRetentionLimit: number;
  readonly topicArn?: string | undefined;
}
