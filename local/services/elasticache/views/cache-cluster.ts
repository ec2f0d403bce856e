import type { CacheCluster, CacheNode } from '@aws-sdk/client-elasticache';
import type { ControlPlane } from '../control-plane.ts';
import type { Cache, Node, NodeChange } from '../state/cache.ts';
import type { FoundNode } from '../state/region-state.ts';
import { visibleBelow, visiblePending } from '../transitions.ts';
import { viewLogDeliveries, viewPendingLogs } from './log-delivery.ts';
import { parameterStatus } from './parameter-status.ts';
import { endpoint } from './replication-group.ts';
import { viewPendingTransit, viewTransitMode } from './transit.ts';

/** A node as DescribeCacheClusters shows it. While it is made or deleted, only what belongs to the whole cluster. */
export const viewCacheCluster = (plane: ControlPlane, { cache, node }: FoundNode, showNodes: boolean): CacheCluster => {
  const now = plane.world.clock.now();
  const status = visibleBelow(cache, now)?.node ?? node.status;
  const isThere = status !== 'creating' && status !== 'deleting' && status !== 'incompatible-network';
  const takesSnapshots = cache.clusterMode || cache.kind === 'cluster' || cache.snapshottingNodeId === node.id;
  return {
    CacheClusterId: node.id,
    ClientDownloadLandingPage: `https://console.aws.amazon.com/elasticache/home?region=${plane.region}#client-download:`,
    CacheNodeType: cache.nodeType,
    Engine: cache.engine,
    EngineVersion: cache.engineVersion,
    CacheClusterStatus: status,
    NumCacheNodes: 1,
    ...(isThere ? { PreferredAvailabilityZone: node.availabilityZone, CacheClusterCreateTime: cache.createdAt } : {}),
    PreferredMaintenanceWindow: cache.maintenanceWindow,
    PendingModifiedValues: viewPending(visiblePending(cache, now)),
    NotificationConfiguration: cache.topicArn ? { TopicArn: cache.topicArn, TopicStatus: node.topicStatus } : undefined,
    CacheSecurityGroups: [],
    CacheParameterGroup: parameterStatus(plane.state, cache, node),
    CacheSubnetGroupName: cache.subnetGroupName,
    ...(showNodes && isThere ? { CacheNodes: [viewNode(plane, cache, node)] } : {}),
    AutoMinorVersionUpgrade: cache.autoMinorVersionUpgrade,
    SecurityGroups: cache.securityGroupIds.map((SecurityGroupId) => ({ SecurityGroupId, Status: 'active' })),
    ReplicationGroupId: cache.kind === 'replication-group' ? cache.id : undefined,
    SnapshotRetentionLimit: takesSnapshots ? cache.snapshotRetentionLimit : 0,
    SnapshotWindow: cache.snapshotWindow,
    AuthTokenEnabled: cache.tokens.hashes.length > 0,
    AuthTokenLastModifiedDate: cache.tokenChangedAt,
    TransitEncryptionEnabled: cache.tls,
    TransitEncryptionMode: viewTransitMode(cache),
    AtRestEncryptionEnabled: cache.atRest,
    ARN: node.arn,
    ReplicationGroupLogDeliveryEnabled: cache.kind === 'replication-group' && cache.logDeliveries.length > 0,
    LogDeliveryConfigurations: viewLogDeliveries(cache),
    NetworkType: 'ipv4',
    IpDiscovery: 'ipv4',
  };
};

const viewPending = (pending: NodeChange): NonNullable<CacheCluster['PendingModifiedValues']> => {
  const { nodeType, engineVersion, authToken } = pending;
  return {
    ...(nodeType ? { CacheNodeType: nodeType } : {}),
    ...(engineVersion ? { EngineVersion: engineVersion } : {}),
    ...(authToken?.status ? { AuthTokenStatus: authToken.status } : {}),
    ...viewPendingTransit({ pending }),
    ...viewPendingLogs({ pending }),
  };
};

const viewNode = (plane: ControlPlane, cache: Cache, node: Node): CacheNode => {
  const running = plane.engines.get(cache);
  return {
    CacheNodeId: '0001',
    CacheNodeStatus: node.status === 'rebooting cluster nodes' ? 'rebooting' : 'available',
    CacheNodeCreateTime: cache.createdAt,
    Endpoint: running ? endpoint(running.nodeAddress(node.id)) : undefined,
    ParameterGroupStatus: parameterStatus(plane.state, cache, node).ParameterApplyStatus,
    CustomerAvailabilityZone: node.availabilityZone,
  };
};
