import {
  type CacheCluster,
  ElastiCacheClient,
  ListTagsForResourceCommand,
  paginateDescribeCacheClusters,
  paginateDescribeReplicationGroups,
  type ReplicationGroup,
} from '@aws-sdk/client-elasticache';
import { pendingIn } from '../functions/platform/pending-changes.ts';

export interface NodeStatus {
  readonly id: string;
  /** Known only without cluster mode: ElastiCache's API does not tell who is primary in a cluster. */
  readonly role?: 'primary' | 'replica';
  readonly address?: string;
  /** `in-sync`, `applying`, or `pending-reboot`. */
  readonly parameterStatus?: string;
}

export interface ShardStatus {
  readonly id: string;
  readonly slots: string;
  readonly status: string;
  readonly nodes: readonly NodeStatus[];
}

export interface CacheStatus {
  readonly id: string;
  /** A cluster stands by itself: Memcached, or a single node without a group around it. */
  readonly kind: 'replication-group' | 'cluster';
  readonly arn: string;
  readonly engine: string;
  readonly engineVersion: string;
  readonly nodeType: string;
  readonly status: string;
  readonly clusterMode: boolean;
  readonly multiAz: boolean;
  readonly tls: boolean;
  readonly authRequired: boolean;
  /** Ordered and not applied yet, by name. */
  readonly pending: readonly string[];
  /** `host:port` by the endpoint's kind. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly shards: readonly ShardStatus[];
  /** Absent while ElastiCache does not tell: while the group is being made, changed or deleted. */
  readonly tags?: Readonly<Record<string, string>>;
}

type Endpoint = { readonly Address?: string | undefined; readonly Port?: number | undefined };
const textOf = (endpoint: Endpoint | undefined) =>
  endpoint?.Address ? `${endpoint.Address}:${endpoint.Port}` : undefined;
const present = (entries: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Every replication group and every cluster of the Region with its nodes, as ElastiCache describes them. */
export const listCaches = async (region: string): Promise<CacheStatus[]> => {
  const client = new ElastiCacheClient({ region });
  const clusters = new Map<string, CacheCluster>();
  for await (const page of paginateDescribeCacheClusters({ client }, { ShowCacheNodeInfo: true })) {
    for (const cluster of page.CacheClusters ?? []) clusters.set(cluster.CacheClusterId ?? '', cluster);
  }
  const caches: CacheStatus[] = [];
  for await (const page of paginateDescribeReplicationGroups({ client }, {})) {
    for (const group of page.ReplicationGroups ?? []) {
      caches.push(cacheStatusOf(group, clusters, await tagsOf(client, group)));
    }
  }
  for (const cluster of clusters.values()) {
    if (cluster.ReplicationGroupId) continue;
    const tags = await tagsOf(client, { ARN: cluster.ARN, Status: cluster.CacheClusterStatus });
    caches.push(clusterStatusOf(cluster, tags));
  }
  return caches.sort((a, b) => a.id.localeCompare(b.id));
};

/** ElastiCache refuses even to list tags while a group is busy. */
const tagsOf = async (
  client: ElastiCacheClient,
  { ARN, Status }: Pick<ReplicationGroup, 'ARN' | 'Status'>,
): Promise<Record<string, string> | undefined> => {
  if (Status !== 'available') return undefined;
  const { TagList = [] } = await client.send(new ListTagsForResourceCommand({ ResourceName: ARN }));
  return Object.fromEntries(TagList.map(({ Key = '', Value = '' }) => [Key, Value]));
};

const cacheStatusOf = (
  group: ReplicationGroup,
  clusters: ReadonlyMap<string, CacheCluster>,
  tags: Readonly<Record<string, string>> | undefined,
): CacheStatus => {
  const [member] = group.MemberClusters ?? [];
  const sample = clusters.get(member ?? '');
  const [firstShard] = group.NodeGroups ?? [];
  return {
    id: group.ReplicationGroupId ?? '',
    kind: 'replication-group',
    arn: group.ARN ?? '',
    engine: group.Engine ?? sample?.Engine ?? 'unknown',
    engineVersion: sample?.EngineVersion ?? 'unknown',
    nodeType: group.CacheNodeType ?? 'unknown',
    status: group.Status ?? 'unknown',
    clusterMode: group.ClusterEnabled ?? false,
    multiAz: group.MultiAZ === 'enabled',
    tls: group.TransitEncryptionEnabled ?? false,
    authRequired: group.AuthTokenEnabled ?? false,
    pending: pendingIn(group.PendingModifiedValues),
    endpoints: present({
      configuration: textOf(group.ConfigurationEndpoint),
      primary: textOf(firstShard?.PrimaryEndpoint),
      reader: textOf(firstShard?.ReaderEndpoint),
    }),
    shards: (group.NodeGroups ?? []).map((shard) => ({
      id: shard.NodeGroupId ?? '',
      slots: shard.Slots ?? '',
      status: shard.Status ?? 'unknown',
      nodes: (shard.NodeGroupMembers ?? []).map((node) => {
        const id = node.CacheClusterId ?? '';
        const address = textOf(clusters.get(id)?.CacheNodes?.[0]?.Endpoint);
        const role = node.CurrentRole;
        const parameterStatus = clusters.get(id)?.CacheParameterGroup?.ParameterApplyStatus;
        return {
          id,
          ...(role === 'primary' || role === 'replica' ? { role } : {}),
          ...(address ? { address } : {}),
          ...(parameterStatus ? { parameterStatus } : {}),
        };
      }),
    })),
    ...(tags ? { tags } : {}),
  };
};

/** A cluster without a group: all its nodes stand side by side, and none follows another. */
const clusterStatusOf = (cluster: CacheCluster, tags: Readonly<Record<string, string>> | undefined): CacheStatus => {
  const parameterStatus = cluster.CacheParameterGroup?.ParameterApplyStatus;
  const status = cluster.CacheClusterStatus ?? 'unknown';
  return {
    id: cluster.CacheClusterId ?? '',
    kind: 'cluster',
    arn: cluster.ARN ?? '',
    engine: cluster.Engine ?? 'unknown',
    engineVersion: cluster.EngineVersion ?? 'unknown',
    nodeType: cluster.CacheNodeType ?? 'unknown',
    status,
    clusterMode: false,
    multiAz: cluster.PreferredAvailabilityZone === 'Multiple',
    tls: cluster.TransitEncryptionEnabled ?? false,
    authRequired: cluster.AuthTokenEnabled ?? false,
    pending: pendingIn(cluster.PendingModifiedValues),
    endpoints: present({ configuration: textOf(cluster.ConfigurationEndpoint) }),
    shards: [
      {
        id: '0001',
        slots: '',
        status,
        nodes: (cluster.CacheNodes ?? []).map(({ CacheNodeId = '', Endpoint: where }) => {
          const address = textOf(where);
          return { id: CacheNodeId, ...(address ? { address } : {}), ...(parameterStatus ? { parameterStatus } : {}) };
        }),
      },
    ],
    ...(tags ? { tags } : {}),
  };
};
