import type { Snapshot as Shown } from '@aws-sdk/client-elasticache';
import type { Snapshot } from '../state/snapshot.ts';

const MIB = 1024 * 1024;

/** ElastiCache rounds up to whole megabytes: an empty shard has `1 MB` too. */
const sizeInWords = (bytes: number | undefined): string | undefined =>
  bytes === undefined ? undefined : `${Math.max(1, Math.ceil(bytes / MIB))} MB`;

/** A snapshot as DescribeSnapshots shows it. */
export const viewSnapshot = (snapshot: Snapshot, showShards: boolean): Shown => ({
  SnapshotName: snapshot.name,
  ReplicationGroupId: snapshot.clusterId === undefined ? snapshot.groupId : undefined,
  ReplicationGroupDescription: snapshot.clusterId === undefined ? snapshot.groupDescription : undefined,
  CacheClusterId: snapshot.clusterId,
  SnapshotStatus: snapshot.status,
  SnapshotSource: snapshot.source,
  CacheNodeType: snapshot.nodeType,
  Engine: snapshot.engine,
  EngineVersion: snapshot.engineVersion,
  NumCacheNodes: snapshot.clusterId === undefined ? undefined : 1,
  PreferredAvailabilityZone: snapshot.clusterId === undefined ? undefined : snapshot.availabilityZone,
  CacheClusterCreateTime: snapshot.cacheCreatedAt,
  PreferredMaintenanceWindow: snapshot.maintenanceWindow,
  TopicArn: snapshot.topicArn,
  Port: snapshot.port,
  CacheParameterGroupName: snapshot.parameterGroupName,
  CacheSubnetGroupName: snapshot.subnetGroupName,
  VpcId: snapshot.vpcId,
  AutoMinorVersionUpgrade: snapshot.autoMinorVersionUpgrade,
  SnapshotRetentionLimit: snapshot.snapshotRetentionLimit,
  SnapshotWindow: snapshot.snapshotWindow,
  NumNodeGroups: snapshot.parts.length,
  AutomaticFailover: snapshot.automaticFailover,
  NodeSnapshots: snapshot.parts.map(({ shardId, slots, nodeId, bytes, takenAt }) => ({
    CacheClusterId: nodeId,
    NodeGroupId: snapshot.clusterId === undefined ? shardId : undefined,
    CacheNodeId: '0001',
    ...(showShards && slots !== '' ? { NodeGroupConfiguration: { NodeGroupId: shardId, Slots: slots } } : {}),
    CacheSize: sizeInWords(bytes),
    CacheNodeCreateTime: snapshot.cacheCreatedAt,
    SnapshotCreateTime: takenAt,
  })),
  KmsKeyId: snapshot.kmsKeyId,
  ARN: snapshot.arn,
  DataTiering: 'disabled',
});
