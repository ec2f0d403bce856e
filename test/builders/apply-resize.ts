import { type AccountSeen, type CallParameters, cacheWith, checkNames, refuseWhen } from './account-seen.ts';

const MOST_REPLICAS = 5;

const membersOf = (seen: AccountSeen, nodeCount: number) => {
  const { members = [], clusterMode } = seen.cache;
  if (clusterMode) return members;
  const coming = Array.from({ length: Math.max(0, nodeCount - members.length) }, (_, index) => ({
    id: `${seen.cache.cacheId}-${String(members.length + 1 + index).padStart(3, '0')}`,
    parameterStatus: 'in-sync',
    role: 'replica' as const,
  }));
  return [...members, ...coming].slice(0, nodeCount);
};

/** IncreaseReplicaCount and DecreaseReplicaCount: in exactly one way, for shards that are there, never the wrong way. */
export const applyReplicas = (seen: AccountSeen, given: CallParameters, direction: 1 | -1): AccountSeen => {
  checkNames(given, ['ReplicationGroupId', 'ApplyImmediately', 'NewReplicaCount', 'ReplicaConfiguration']);
  const { cache } = seen;
  refuseWhen(given.ReplicationGroupId !== cache.cacheId || cache.kind === 'cluster', 'ReplicationGroupNotFound');
  refuseWhen(given.ApplyImmediately !== true, 'ApplyImmediately must be true');
  const { NewReplicaCount: all, ReplicaConfiguration: each } = given;
  refuseWhen((all === undefined) === (each === undefined), 'Say in exactly one way which replicas');
  const counts: readonly [string, number][] = each
    ? each.map((one: CallParameters) => [one.NodeGroupId, one.NewReplicaCount])
    : cache.shards.map(({ id }) => [id, all]);
  refuseWhen(new Set(counts.map(([id]) => id)).size !== counts.length || counts.length === 0, 'Each shard once');
  for (const [id, replicas] of counts) {
    const shard = cache.shards.find((one) => one.id === id);
    if (!shard) throw new Error(`There is no node group ${id}`);
    refuseWhen(!(replicas >= 0 && replicas <= MOST_REPLICAS), `${replicas} replicas`);
    refuseWhen(
      (replicas - (shard.nodeCount - 1)) * direction <= 0,
      `${id} has ${shard.nodeCount - 1} replicas already`,
    );
    const needsOne = cache.multiAZ || (cache.automaticFailover && !cache.clusterMode);
    refuseWhen(replicas === 0 && needsOne, 'Must have at least 1 replica for Multi-AZ enabled Replication Group');
  }
  const wanted = new Map(counts);
  const shards = cache.shards.map((shard) => ({
    ...shard,
    nodeCount: (wanted.get(shard.id) ?? shard.nodeCount - 1) + 1,
  }));
  return cacheWith(seen, { shards, members: membersOf(seen, shards[0]?.nodeCount ?? 0) });
};

/** ModifyReplicationGroupShardConfiguration: new shards get as many nodes as the smallest, and ids that were never used. */
export const applyShards = (seen: AccountSeen, given: CallParameters): AccountSeen => {
  checkNames(given, ['ReplicationGroupId', 'ApplyImmediately', 'NodeGroupCount', 'NodeGroupsToRemove']);
  const { cache } = seen;
  const { shards } = cache;
  const { NodeGroupCount: count, NodeGroupsToRemove: leaving = [] } = given;
  refuseWhen(given.ReplicationGroupId !== cache.cacheId, 'ReplicationGroupNotFound');
  refuseWhen(!cache.clusterMode, 'Operation is only applicable for cluster mode enabled replication groups.');
  refuseWhen(given.ApplyImmediately !== true, 'ApplyImmediately must be true');
  refuseWhen(count === shards.length, 'Nothing to do.');
  const left = shards.filter(({ id }) => !leaving.includes(id));
  refuseWhen(count < 1 || left.length !== Math.min(count, shards.length), 'NodeGroupsToRemove does not agree');
  refuseWhen(shards.length - left.length !== leaving.length, 'NodeGroupsToRemove names what is not there');
  const last = Math.max(...shards.map(({ id }) => Number(id)));
  const nodeCount = Math.min(...shards.map((shard) => shard.nodeCount));
  refuseWhen(count > shards.length && cache.multiAZ && nodeCount < 2, 'Must have at least 1 replica for Multi-AZ');
  const added = Array.from({ length: Math.max(0, count - shards.length) }, (_, index) => ({
    id: String(last + 1 + index).padStart(4, '0'),
    status: 'available',
    nodeCount,
  }));
  return cacheWith(seen, { shards: [...left, ...added] });
};
