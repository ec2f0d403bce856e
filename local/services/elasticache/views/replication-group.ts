import type { NodeGroup, NodeGroupMember, ReplicationGroup } from '@aws-sdk/client-elasticache';
import type { Address } from '../../../engine/types.ts';
import type { ControlPlane } from '../control-plane.ts';
import { type Cache, type CacheStatus, type NodeChange, type NodeStatus, nodesOf, type Shard } from '../state/cache.ts';
import { visibleBelow, visiblePending, visibleStatus } from '../transitions.ts';
import { viewLogDeliveries, viewPendingLogs } from './log-delivery.ts';
import { viewPendingTransit, viewTransitMode } from './transit.ts';

export const endpoint = (address: Address | undefined) =>
  address ? { Address: address.host, Port: address.port } : undefined;

/** A replication group as DescribeReplicationGroups shows it. */
export const viewReplicationGroup = async (plane: ControlPlane, cache: Cache): Promise<ReplicationGroup> => {
  const now = plane.world.clock.now();
  const status = visibleStatus(cache, now);
  const endpoints = plane.engines.get(cache)?.endpoints;
  const hasShards = status !== 'creating' && status !== 'create-failed';
  return {
    ReplicationGroupId: cache.id,
    Description: cache.description,
    GlobalReplicationGroupInfo: {},
    Status: status,
    PendingModifiedValues: viewPending(cache, status, visiblePending(cache, now)),
    MemberClusters: nodesOf(cache).map(({ id }) => id),
    ...(hasShards ? { NodeGroups: await viewShards(plane, cache) } : {}),
    SnapshottingClusterId: cache.snapshottingNodeId,
    AutomaticFailover: cache.automaticFailover,
    MultiAZ: cache.multiAz ? 'enabled' : 'disabled',
    ConfigurationEndpoint: hasShards ? endpoint(endpoints?.configuration) : undefined,
    SnapshotRetentionLimit: cache.snapshotRetentionLimit,
    SnapshotWindow: cache.snapshotWindow,
    ClusterEnabled: cache.clusterMode,
    ClusterMode: cache.clusterMode ? 'enabled' : 'disabled',
    CacheNodeType: cache.nodeType,
    AuthTokenEnabled: cache.tokens.hashes.length > 0,
    AuthTokenLastModifiedDate: cache.tokenChangedAt,
    TransitEncryptionEnabled: cache.tls,
    TransitEncryptionMode: viewTransitMode(cache),
    AtRestEncryptionEnabled: cache.atRest,
    KmsKeyId: cache.kmsKeyId,
    ARN: cache.arn,
    UserGroupIds: cache.userGroupIds.length > 0 ? [...cache.userGroupIds] : undefined,
    LogDeliveryConfigurations: viewLogDeliveries(cache),
    ReplicationGroupCreateTime: cache.createdAt,
    DataTiering: 'disabled',
    AutoMinorVersionUpgrade: cache.autoMinorVersionUpgrade,
    NetworkType: 'ipv4',
    IpDiscovery: 'ipv4',
    Engine: cache.engine,
  };
};

/** What waits for the nodes' own sake, such as a node type, is shown by the member clusters only. */
const viewPending = (
  { resharding }: Cache,
  status: CacheStatus,
  pending: NodeChange,
): NonNullable<ReplicationGroup['PendingModifiedValues']> => {
  const { authToken, automaticFailover, userGroups } = pending;
  return {
    ...(authToken?.status ? { AuthTokenStatus: authToken.status } : {}),
    ...(automaticFailover ? { AutomaticFailoverStatus: automaticFailover } : {}),
    ...viewPendingTransit({ pending }),
    ...viewPendingLogs({ pending }),
    ...(resharding && status === 'modifying'
      ? { Resharding: { SlotMigration: { ProgressPercentage: resharding.progressPercentage } } }
      : {}),
    ...(userGroups
      ? { UserGroups: { UserGroupIdsToAdd: [...userGroups.toAdd], UserGroupIdsToRemove: [...userGroups.toRemove] } }
      : {}),
  };
};

const viewShards = async (plane: ControlPlane, cache: Cache): Promise<NodeGroup[]> => {
  const primaries: ReadonlyMap<string, string> = cache.clusterMode ? new Map() : await plane.engines.primaries(cache);
  const running = plane.engines.get(cache);
  const below = visibleBelow(cache, plane.world.clock.now());
  return cache.shards.map((shard) => ({
    NodeGroupId: shard.id,
    Status: below?.shard ?? shard.status,
    ...(cache.clusterMode
      ? { Slots: shard.slots.map(([first, last]) => `${first}-${last}`).join(',') }
      : { PrimaryEndpoint: endpoint(running?.endpoints.primary), ReaderEndpoint: endpoint(running?.endpoints.reader) }),
    NodeGroupMembers: viewMembers(plane, cache, shard, primaries.get(shard.id)),
  }));
};

/** Only without cluster mode does the API tell who is primary and where each node is (API reference, NodeGroupMember). */
const viewMembers = (
  plane: ControlPlane,
  cache: Cache,
  shard: Shard,
  primary: string | undefined,
): NodeGroupMember[] => {
  const running = plane.engines.get(cache);
  return shard.nodes.map(({ id, availabilityZone, status }) => ({
    CacheClusterId: id,
    CacheNodeId: '0001',
    PreferredAvailabilityZone: availabilityZone,
    ...(cache.clusterMode
      ? {}
      : {
          CurrentRole: id === primary ? 'primary' : 'replica',
          // A node that is being added or removed shows no endpoint (API reference, DescribeReplicationGroups).
          ReadEndpoint: running && isThere(status) ? endpoint(running.nodeAddress(id)) : undefined,
        }),
  }));
};

const isThere = (status: NodeStatus) => status !== 'creating' && status !== 'deleting';
