import type { CacheCluster, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { DescribeCacheClustersCommand } from '@aws-sdk/client-elasticache';
import { isNamed } from './aws-errors.ts';
import type { CacheSeen } from './caches.ts';
import { pendingIn } from './pending-changes.ts';

/** A cluster that stands alone, as Memcached's caches do; undefined when there is none, or when it is a group's member. */
export const findCluster = async (client: ElastiCacheClient, cacheId: string): Promise<CacheCluster | undefined> => {
  try {
    const { CacheClusters = [] } = await client.send(
      new DescribeCacheClustersCommand({ CacheClusterId: cacheId, ShowCacheNodeInfo: true }),
    );
    return CacheClusters.find(({ ReplicationGroupId }) => ReplicationGroupId === undefined);
  } catch (error) {
    if (isNamed(error, 'CacheClusterNotFoundFault')) return undefined;
    throw error;
  }
};

/** Every cluster that stands alone, page by page. */
export async function* allClusters(client: ElastiCacheClient): AsyncIterable<CacheCluster> {
  let Marker: string | undefined;
  do {
    const page = await client.send(
      new DescribeCacheClustersCommand({
        ShowCacheClustersNotInReplicationGroups: true,
        ShowCacheNodeInfo: true,
        ...(Marker ? { Marker } : {}),
      }),
    );
    yield* page.CacheClusters ?? [];
    Marker = page.Marker;
  } while (Marker);
}

/** Whether a cluster has a topic to which it tells nothing. */
export const isInactive = ({ NotificationConfiguration: topic }: CacheCluster): boolean =>
  topic?.TopicArn !== undefined && topic.TopicStatus !== undefined && topic.TopicStatus !== 'active';

/** A cluster in our words: one shard with all its nodes. */
export const clusterSeen = (cluster: CacheCluster, tags?: Readonly<Record<string, string>>): CacheSeen => {
  const {
    CacheNodes = [],
    ConfigurationEndpoint,
    CacheParameterGroup,
    CacheClusterStatus: status = 'unknown',
  } = cluster;
  // A single node of Redis OSS that stands alone has no endpoint but its own.
  const endpoint = ConfigurationEndpoint ?? CacheNodes[0]?.Endpoint;
  const where = endpoint?.Address && endpoint.Port ? { host: endpoint.Address, port: endpoint.Port } : undefined;
  return {
    kind: 'cluster',
    cacheId: cluster.CacheClusterId ?? '',
    arn: cluster.ARN ?? '',
    status,
    description: '',
    engine: cluster.Engine,
    engineVersion: cluster.EngineVersion,
    nodeType: cluster.CacheNodeType,
    clusterMode: false,
    shards: [{ id: '0001', status, nodeCount: cluster.NumCacheNodes ?? CacheNodes.length }],
    automaticFailover: false,
    multiAZ: false,
    tls: cluster.TransitEncryptionEnabled ?? false,
    tlsMode: cluster.TransitEncryptionMode,
    atRestEncryption: cluster.AtRestEncryptionEnabled ?? false,
    authToken: cluster.AuthTokenEnabled ?? false,
    snapshotRetentionDays: cluster.SnapshotRetentionLimit,
    snapshotWindow: cluster.SnapshotWindow,
    maintenanceWindow: cluster.PreferredMaintenanceWindow,
    parameterGroup: CacheParameterGroup?.CacheParameterGroupName,
    subnetGroup: cluster.CacheSubnetGroupName,
    securityGroupIds: (cluster.SecurityGroups ?? []).flatMap(({ SecurityGroupId }) => SecurityGroupId ?? []),
    port: where?.port,
    autoMinorVersionUpgrade: cluster.AutoMinorVersionUpgrade,
    notificationTopicArn: cluster.NotificationConfiguration?.TopicArn ?? '',
    notificationTopicInactive: isInactive(cluster),
    pending: pendingIn(cluster.PendingModifiedValues),
    members: [
      {
        id: cluster.CacheClusterId ?? '',
        parameterStatus: CacheParameterGroup?.ParameterApplyStatus ?? 'unknown',
        nodeIds: CacheNodes.flatMap(({ CacheNodeId }) => CacheNodeId ?? []),
      },
    ],
    endpoints: cluster.Engine === 'memcached' ? { configuration: where } : { primary: where },
    tags,
  };
};
