import type { CacheCluster, CacheNode } from '@aws-sdk/client-elasticache';
import type { ControlPlane } from '../control-plane.ts';
import { valuesToBoot } from '../engine-shape.ts';
import { endpoint } from '../views/replication-group.ts';
import type { MemcachedCluster, MemcachedNode } from './state.ts';

/** A memcached cluster as DescribeCacheClusters shows it: one cluster with all its nodes. */
export const viewMemcachedCluster = (
  plane: ControlPlane,
  cluster: MemcachedCluster,
  showNodes: boolean,
): CacheCluster => {
  const { stale } = cluster;
  const status = stale && plane.world.clock.now() < stale.until ? stale.status : cluster.status;
  const isThere = status !== 'creating' && status !== 'deleting' && status !== 'incompatible-network';
  const zones = new Set(cluster.nodes.map(({ availabilityZone }) => availabilityZone));
  const running = plane.memcached.get(cluster);
  // Nodes that are still being added do not count yet.
  const counted = isThere ? cluster.nodes.filter((node) => node.status !== 'creating') : cluster.nodes;
  const waiting = cluster.nodes.filter((node) => needsReboot(plane, cluster, node)).map(({ id }) => id);
  return {
    CacheClusterId: cluster.id,
    ClientDownloadLandingPage: `https://console.aws.amazon.com/elasticache/home?region=${plane.region}#client-download:`,
    CacheNodeType: cluster.nodeType,
    Engine: 'memcached',
    EngineVersion: cluster.engineVersion,
    CacheClusterStatus: status,
    NumCacheNodes: counted.length,
    ...(isThere
      ? {
          ConfigurationEndpoint: endpoint(running?.configurationEndpoint),
          PreferredAvailabilityZone: zones.size > 1 ? 'Multiple' : [...zones][0],
          CacheClusterCreateTime: cluster.createdAt,
        }
      : {}),
    PreferredMaintenanceWindow: cluster.maintenanceWindow,
    PendingModifiedValues: viewPending(cluster),
    NotificationConfiguration: cluster.topicArn
      ? { TopicArn: cluster.topicArn, TopicStatus: cluster.topicStatus }
      : undefined,
    CacheSecurityGroups: [],
    CacheParameterGroup: {
      CacheParameterGroupName: cluster.parameterGroupName,
      ParameterApplyStatus: waiting.length > 0 ? 'pending-reboot' : 'in-sync',
      CacheNodeIdsToReboot: waiting,
    },
    CacheSubnetGroupName: cluster.subnetGroupName,
    ...(showNodes && isThere ? { CacheNodes: cluster.nodes.map((node) => viewNode(plane, cluster, node)) } : {}),
    AutoMinorVersionUpgrade: cluster.autoMinorVersionUpgrade,
    SecurityGroups: cluster.securityGroupIds.map((SecurityGroupId) => ({ SecurityGroupId, Status: 'active' })),
    SnapshotRetentionLimit: 0,
    AuthTokenEnabled: false,
    TransitEncryptionEnabled: false,
    AtRestEncryptionEnabled: false,
    ARN: cluster.arn,
    ReplicationGroupLogDeliveryEnabled: false,
    LogDeliveryConfigurations: [],
    NetworkType: 'ipv4',
    IpDiscovery: 'ipv4',
  };
};

const needsReboot = ({ state }: ControlPlane, cluster: MemcachedCluster, node: MemcachedNode): boolean =>
  Object.keys(valuesToBoot(state, cluster, node)).length > 0;

const viewPending = ({ nodes, pending }: MemcachedCluster): NonNullable<CacheCluster['PendingModifiedValues']> => {
  const { zonesToAdd, nodeIdsToRemove, engineVersion } = pending;
  const present = nodes.filter(({ status }) => status !== 'creating').length;
  return {
    ...(zonesToAdd ? { NumCacheNodes: present + zonesToAdd.length } : {}),
    ...(nodeIdsToRemove
      ? { NumCacheNodes: present - nodeIdsToRemove.length, CacheNodeIdsToRemove: [...nodeIdsToRemove] }
      : {}),
    ...(engineVersion ? { EngineVersion: engineVersion } : {}),
  };
};

const viewNode = (plane: ControlPlane, cluster: MemcachedCluster, node: MemcachedNode): CacheNode => {
  const running = plane.memcached.get(cluster);
  const isReachable = node.status !== 'creating' && running?.nodeIds.includes(node.id);
  return {
    CacheNodeId: node.id,
    CacheNodeStatus: node.status,
    CacheNodeCreateTime: node.createdAt,
    ...(isReachable ? { Endpoint: endpoint(running?.nodeAddress(node.id)) } : {}),
    ParameterGroupStatus: needsReboot(plane, cluster, node) ? 'pending-reboot' : 'in-sync',
    CustomerAvailabilityZone: node.availabilityZone,
  };
};
