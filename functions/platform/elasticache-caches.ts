import {
  type CacheCluster,
  CreateCacheClusterCommand,
  type CreateCacheClusterCommandInput,
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  DeleteCacheClusterCommand,
  DeleteReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  type ElastiCacheClient,
  ListTagsForResourceCommand,
  type LogDeliveryConfiguration,
  type NodeGroupMember,
  type ReplicationGroup,
  type Endpoint as SdkEndpoint,
} from '@aws-sdk/client-elasticache';
import { isNamed } from './aws-errors.ts';
import type { CacheSeen, Caches, Endpoint, LogDelivery, MemberSeen, NodeSeen } from './caches.ts';
import { allClusters, clusterSeen, findCluster, isInactive } from './elasticache-clusters.ts';
import { pendingIn } from './pending-changes.ts';

/** A member that is being replaced may not be told. That two are at once is rare, and then the cache is busy anyway. */
const MEMBERS_ASKED = 3;

/** Whether a member says what it is; one that is only coming does not. */
const isTold = ({ EngineVersion }: CacheCluster): boolean => EngineVersion !== undefined;

/** ElastiCache by its SDK client. */
export const elastiCacheCaches = (client: ElastiCacheClient): Caches => {
  const tagsOf = (arn: string) => tagsOfResource(client, arn);

  const clusterOf = async (CacheClusterId: string): Promise<CacheCluster[]> => {
    try {
      const { CacheClusters = [] } = await client.send(new DescribeCacheClustersCommand({ CacheClusterId }));
      return CacheClusters;
    } catch (error) {
      // Right after the group was made, its members may not be known yet.
      if (isNamed(error, 'CacheClusterNotFoundFault')) return [];
      throw error;
    }
  };

  /**
   * With cluster mode all members have the same settings and there may be hundreds: the first that is told speaks for them.
   * Without it, each is looked at.
   */
  const membersOf = async ({ MemberClusters = [], ClusterEnabled }: ReplicationGroup): Promise<CacheCluster[]> => {
    if (!ClusterEnabled) return (await Promise.all(MemberClusters.map(clusterOf))).flat().filter(isTold);
    for (const id of MemberClusters.slice(0, MEMBERS_ASKED)) {
      const [member] = await clusterOf(id);
      if (member && isTold(member)) return [member];
    }
    return [];
  };

  const findGroup = async (cacheId: string): Promise<ReplicationGroup | undefined> => {
    try {
      const { ReplicationGroups = [] } = await client.send(
        new DescribeReplicationGroupsCommand({ ReplicationGroupId: cacheId }),
      );
      return ReplicationGroups[0];
    } catch (error) {
      // An id that is too long for a group is one of a cluster.
      if (isNamed(error, 'ReplicationGroupNotFoundFault', 'InvalidParameterValueException')) return undefined;
      throw error;
    }
  };

  return {
    async find(cacheId, details) {
      const group = await findGroup(cacheId);
      if (group) {
        if (!details) return cacheSeen(group);
        const [members, tags] = [await membersOf(group), await tagsOf(group.ARN ?? '')];
        return { ...cacheSeen(group, members, tags), untoldMembers: untold(group, members) };
      }
      const cluster = await findCluster(client, cacheId);
      // Who made a cluster is known by its tags only, so that they always belong to it.
      return cluster && clusterSeen(cluster, await tagsOf(cluster.ARN ?? ''));
    },

    async *all() {
      let Marker: string | undefined;
      do {
        const page = await client.send(new DescribeReplicationGroupsCommand(Marker ? { Marker } : {}));
        for (const group of page.ReplicationGroups ?? []) yield cacheSeen(group);
        Marker = page.Marker;
      } while (Marker);
      for await (const cluster of allClusters(client)) yield clusterSeen(cluster);
    },

    tagsOf,

    async create(request, authToken) {
      // The plan wrote the request in AWS's own spelling; the SDK checks nothing and ElastiCache everything.
      const input = { ...request, ...(authToken ? { AuthToken: authToken } : {}) };
      if ('CacheClusterId' in request) {
        const { CacheCluster: cluster } = await client.send(
          new CreateCacheClusterCommand(input as unknown as CreateCacheClusterCommandInput),
        );
        return { arn: cluster?.ARN ?? '', status: cluster?.CacheClusterStatus ?? 'creating' };
      }
      const { ReplicationGroup: group } = await client.send(
        new CreateReplicationGroupCommand(input as unknown as CreateReplicationGroupCommandInput),
      );
      return { arn: group?.ARN ?? '', status: group?.Status ?? 'creating' };
    },

    async delete({ cacheId, kind }, finalSnapshot) {
      const last = finalSnapshot === undefined ? {} : { FinalSnapshotIdentifier: finalSnapshot };
      try {
        await (kind === 'cluster'
          ? client.send(new DeleteCacheClusterCommand({ CacheClusterId: cacheId, ...last }))
          : client.send(
              new DeleteReplicationGroupCommand({ ReplicationGroupId: cacheId, RetainPrimaryCluster: false, ...last }),
            ));
      } catch (error) {
        if (!isNamed(error, 'ReplicationGroupNotFoundFault', 'CacheClusterNotFoundFault')) throw error;
      }
    },
  };
};

/**
 * The tags of any of ElastiCache's resources. Undefined when it does not tell: for a cache that is not `available` it
 * refuses even to list them.
 */
export const tagsOfResource = async (
  client: ElastiCacheClient,
  arn: string,
): Promise<Readonly<Record<string, string>> | undefined> => {
  try {
    const { TagList = [] } = await client.send(new ListTagsForResourceCommand({ ResourceName: arn }));
    return Object.fromEntries(TagList.map(({ Key = '', Value = '' }) => [Key, Value]));
  } catch (error) {
    if (
      isNamed(error, 'InvalidReplicationGroupStateFault', 'ReplicationGroupNotFoundFault', 'CacheClusterNotFoundFault')
    )
      return undefined;
    throw error;
  }
};

const cacheSeen = (
  group: ReplicationGroup,
  members: readonly CacheCluster[] = [],
  tags?: Readonly<Record<string, string>>,
): CacheSeen => {
  const [firstShard] = group.NodeGroups ?? [];
  const [member] = members;
  return {
    cacheId: group.ReplicationGroupId ?? '',
    arn: group.ARN ?? '',
    status: group.Status ?? 'unknown',
    description: group.Description ?? '',
    createdAt: group.ReplicationGroupCreateTime?.toISOString(),
    engine: group.Engine ?? member?.Engine,
    engineVersion: member?.EngineVersion,
    nodeType: group.CacheNodeType ?? member?.CacheNodeType,
    clusterMode: group.ClusterEnabled ?? false,
    shards: (group.NodeGroups ?? []).map(({ NodeGroupId = '', Status = 'unknown', Slots, NodeGroupMembers = [] }) => ({
      id: NodeGroupId,
      status: Status,
      nodeCount: NodeGroupMembers.length,
      ...(Slots === undefined ? {} : { slots: Slots }),
      nodes: NodeGroupMembers.map(nodeSeen),
    })),
    automaticFailover: group.AutomaticFailover === 'enabled' || group.AutomaticFailover === 'enabling',
    failoverChanging: group.AutomaticFailover === 'enabling' || group.AutomaticFailover === 'disabling',
    multiAZ: group.MultiAZ === 'enabled',
    tls: group.TransitEncryptionEnabled ?? false,
    atRestEncryption: group.AtRestEncryptionEnabled ?? false,
    authToken: group.AuthTokenEnabled ?? false,
    tokenChangedAt: group.AuthTokenLastModifiedDate?.toISOString(),
    kmsKeyId: group.KmsKeyId,
    snapshotRetentionDays: group.SnapshotRetentionLimit,
    snapshotWindow: group.SnapshotWindow,
    maintenanceWindow: member?.PreferredMaintenanceWindow,
    parameterGroup: member?.CacheParameterGroup?.CacheParameterGroupName,
    subnetGroup: member?.CacheSubnetGroupName,
    securityGroupIds: (member?.SecurityGroups ?? []).flatMap(({ SecurityGroupId }) => SecurityGroupId ?? []),
    port: (group.ConfigurationEndpoint ?? firstShard?.PrimaryEndpoint)?.Port,
    autoMinorVersionUpgrade: group.AutoMinorVersionUpgrade,
    tlsMode: group.TransitEncryptionMode,
    userGroupIds: group.UserGroupIds ?? [],
    logDelivery: (group.LogDeliveryConfigurations ?? []).map(logDeliverySeen),
    dataTiering: group.DataTiering === 'enabled',
    globalDatastoreId: group.GlobalReplicationGroupInfo?.GlobalReplicationGroupId,
    notificationTopicArn: member && (member.NotificationConfiguration?.TopicArn ?? ''),
    notificationTopicInactive: members.some((each) => isInactive(each)),
    pending: [group, ...members].flatMap(({ PendingModifiedValues }) => pendingIn(PendingModifiedValues)),
    members: members.map((each) => memberSeen(each, group)),
    endpoints: {
      configuration: endpoint(group.ConfigurationEndpoint),
      primary: endpoint(firstShard?.PrimaryEndpoint),
      reader: endpoint(firstShard?.ReaderEndpoint),
    },
    tags,
  };
};

/** How many members would have to speak, and do not. A group always has a member. */
const untold = ({ MemberClusters = [], ClusterEnabled }: ReplicationGroup, members: readonly CacheCluster[]): number =>
  Math.max(1, ClusterEnabled ? 1 : MemberClusters.length) - members.length;

const logDeliverySeen = (log: LogDeliveryConfiguration): LogDelivery => ({
  logType: log.LogType ?? '',
  destinationType: log.DestinationType ?? '',
  destination:
    log.DestinationDetails?.CloudWatchLogsDetails?.LogGroup ??
    log.DestinationDetails?.KinesisFirehoseDetails?.DeliveryStream ??
    '',
  logFormat: log.LogFormat ?? '',
  ...(log.Status === 'error' ? { problem: log.Message ?? 'ElastiCache does not say why' } : {}),
});

const nodeSeen = ({
  CacheClusterId: id = '',
  PreferredAvailabilityZone: zone,
  CurrentRole,
  ReadEndpoint,
}: NodeGroupMember): NodeSeen => ({ id, zone, role: roleIn(CurrentRole), endpoint: endpoint(ReadEndpoint) });

const roleIn = (role: string | undefined): NodeSeen['role'] =>
  role === 'primary' || role === 'replica' ? role : undefined;

const memberSeen = (
  { CacheClusterId: id = '', CacheParameterGroup }: CacheCluster,
  group: ReplicationGroup,
): MemberSeen => {
  const role = (group.NodeGroups ?? [])
    .flatMap(({ NodeGroupMembers = [] }) => NodeGroupMembers)
    .find(({ CacheClusterId }) => CacheClusterId === id)?.CurrentRole;
  const parameterStatus = CacheParameterGroup?.ParameterApplyStatus ?? 'unknown';
  return { id, parameterStatus, role: roleIn(role) };
};

const endpoint = (from: SdkEndpoint | undefined): Endpoint | undefined =>
  from?.Address && from.Port ? { host: from.Address, port: from.Port } : undefined;
