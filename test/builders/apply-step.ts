import { snapshotNameOf } from '../../functions/creation/changes/upgrade.ts';
import type { Observation } from '../../functions/creation/observation.ts';
import type { ChangeStep } from '../../functions/creation/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { termsToAct } from './terms.ts';

/** What is there when a step has been taken, as ElastiCache documents it for each call. The planner's own words are not read. */
export const applyStep = (
  seen: Observation & { cache: CacheSeen },
  { call }: ChangeStep,
): Observation & { cache: CacheSeen } => {
  const apply = EFFECTS[call.operation];
  if (!apply) throw new Error(`The test does not know what ${call.operation} does.`);
  return apply(seen, call.parameters as Parameters);
};

type Seen = Observation & { cache: CacheSeen };
// biome-ignore lint/suspicious/noExplicitAny: AWS's own input shapes, which each effect reads as it needs them.
type Parameters = Readonly<Record<string, any>>;

const cacheWith = (seen: Seen, changes: Partial<CacheSeen>): Seen => ({
  ...seen,
  cache: { ...seen.cache, ...changes },
});

const withNodes = (seen: Seen, parameters: Parameters, allowed: (from: number, to: number) => boolean): Seen => {
  const wanted = new Map<string, number>(
    parameters.ReplicaConfiguration?.map((each: Parameters) => [each.NodeGroupId, each.NewReplicaCount]) ??
      seen.cache.shards.map(({ id }) => [id, parameters.NewReplicaCount]),
  );
  const shards = seen.cache.shards.map((shard) => {
    const replicas = wanted.get(shard.id);
    if (replicas === undefined) return shard;
    if (!allowed(shard.nodeCount - 1, replicas))
      throw new Error(`InvalidParameterValue: ${shard.id} to ${replicas} replicas`);
    if (replicas === 0 && seen.cache.multiAZ) throw new Error('Must have at least 1 replica for Multi-AZ');
    return { ...shard, nodeCount: replicas + 1 };
  });
  return cacheWith(seen, { shards });
};

const EFFECTS: Readonly<Record<string, (seen: Seen, parameters: Parameters) => Seen>> = {
  AddTagsToResource: (seen, { Tags }) =>
    cacheWith(seen, {
      tags: { ...seen.cache.tags, ...Object.fromEntries(Tags.map(({ Key, Value }: Parameters) => [Key, Value])) },
    }),
  RemoveTagsFromResource: (seen, { TagKeys }) =>
    cacheWith(seen, {
      tags: Object.fromEntries(Object.entries(seen.cache.tags ?? {}).filter(([key]) => !TagKeys.includes(key))),
    }),
  CreateCacheParameterGroup: (seen, { CacheParameterGroupFamily: family }) => {
    if (seen.parameterGroup) throw new Error('CacheParameterGroupAlreadyExists');
    return { ...seen, parameterGroup: { family, values: {} } };
  },
  ModifyCacheParameterGroup: (seen, { ParameterNameValues }) => {
    if (!seen.parameterGroup) throw new Error('CacheParameterGroupNotFound');
    const set = ParameterNameValues.map(({ ParameterName, ParameterValue }: Parameters) => [
      ParameterName,
      ParameterValue,
    ]);
    return afterParameters(
      {
        ...seen,
        parameterGroup: {
          ...seen.parameterGroup,
          values: { ...seen.parameterGroup.values, ...Object.fromEntries(set) },
        },
      },
      set.map(([name]: string[]) => name),
    );
  },
  ResetCacheParameterGroup: (seen, { ParameterNameValues }) => {
    const names = ParameterNameValues.map(({ ParameterName }: Parameters) => ParameterName);
    const values = Object.entries(seen.parameterGroup?.values ?? {}).filter(([name]) => !names.includes(name));
    return afterParameters(
      { ...seen, parameterGroup: { family: seen.parameterGroup?.family ?? '', values: Object.fromEntries(values) } },
      names,
    );
  },
  CreateSnapshot: (seen, { SnapshotName: name }) => {
    const purpose = (['upgrade', 'restart'] as const).find(
      (each) => snapshotNameOf(seen.cache.cacheId, termsToAct().operationId, each) === name,
    );
    if (!purpose) throw new Error(`Nobody will look for the snapshot ${name}.`);
    return { ...seen, snapshotsBefore: { ...seen.snapshotsBefore, [purpose]: { name, status: 'available' } } };
  },
  RebootCacheCluster: (seen, { CacheClusterId }) =>
    cacheWith(seen, {
      members: (seen.cache.members ?? []).map((member) =>
        member.id === CacheClusterId ? { ...member, parameterStatus: 'in-sync' } : member,
      ),
    }),
  IncreaseReplicaCount: (seen, parameters) => withNodes(seen, parameters, (from, to) => to > from && to <= 5),
  DecreaseReplicaCount: (seen, parameters) => withNodes(seen, parameters, (from, to) => to < from && to >= 0),
  ModifyReplicationGroupShardConfiguration: (seen, { NodeGroupCount, NodeGroupsToRemove = [] }) => {
    const { shards } = seen.cache;
    if (NodeGroupCount === shards.length) throw new Error('Nothing to do.');
    const left = shards.filter(({ id }) => !NodeGroupsToRemove.includes(id));
    if (NodeGroupCount < shards.length && left.length !== NodeGroupCount)
      throw new Error('NodeGroupsToRemove does not agree');
    const last = Math.max(...shards.map(({ id }) => Number(id)));
    const nodeCount = Math.min(...shards.map((shard) => shard.nodeCount));
    const added = Array.from({ length: Math.max(0, NodeGroupCount - shards.length) }, (_, index) => ({
      id: String(last + 1 + index).padStart(4, '0'),
      status: 'available',
      nodeCount,
    }));
    return cacheWith(seen, { shards: [...left, ...added] });
  },
  ModifyReplicationGroup: (seen, given) => {
    const { cache } = seen;
    const failover = given.AutomaticFailoverEnabled ?? cache.automaticFailover;
    const multiAZ = given.MultiAZEnabled ?? cache.multiAZ;
    if (multiAZ && !failover) throw new Error('Multi-AZ needs failover');
    if (
      (multiAZ || failover) &&
      given.AutomaticFailoverEnabled &&
      cache.shards.some(({ nodeCount }) => nodeCount < 2)
    ) {
      if (!cache.clusterMode || multiAZ) throw new Error('Failover needs a replica');
    }
    if (given.TransitEncryptionMode === 'required' && !cache.tls) throw new Error('First preferred');
    const logs = new Map(cache.logDelivery?.map((log) => [log.logType, log]));
    for (const log of given.LogDeliveryConfigurations ?? []) {
      if (!log.Enabled) logs.delete(log.LogType);
      else
        logs.set(log.LogType, {
          logType: log.LogType,
          destinationType: log.DestinationType,
          destination:
            log.DestinationDetails.CloudWatchLogsDetails?.LogGroup ??
            log.DestinationDetails.KinesisFirehoseDetails?.DeliveryStream,
          logFormat: log.LogFormat,
        });
    }
    return cacheWith(seen, {
      description: given.ReplicationGroupDescription ?? cache.description,
      snapshotRetentionDays: given.SnapshotRetentionLimit ?? cache.snapshotRetentionDays,
      snapshotWindow: given.SnapshotWindow ?? cache.snapshotWindow,
      maintenanceWindow: given.PreferredMaintenanceWindow?.toLowerCase() ?? cache.maintenanceWindow,
      autoMinorVersionUpgrade: given.AutoMinorVersionUpgrade ?? cache.autoMinorVersionUpgrade,
      notificationTopicArn: given.NotificationTopicArn ?? cache.notificationTopicArn,
      securityGroupIds: given.SecurityGroupIds ?? cache.securityGroupIds,
      nodeType: given.CacheNodeType ?? cache.nodeType,
      engineVersion: given.EngineVersion === undefined ? cache.engineVersion : `${given.EngineVersion}.0`,
      parameterGroup: given.CacheParameterGroupName ?? cache.parameterGroup,
      automaticFailover: failover,
      multiAZ,
      tls: given.TransitEncryptionEnabled ?? cache.tls,
      tlsMode: given.TransitEncryptionMode ?? cache.tlsMode,
      authToken: given.AuthTokenUpdateStrategy === 'DELETE' ? false : cache.authToken || given.AuthToken !== undefined,
      userGroupIds: given.RemoveUserGroups
        ? []
        : [...(cache.userGroupIds ?? []), ...(given.UserGroupIdsToAdd ?? [])].filter(
            (id) => !given.UserGroupIdsToRemove?.includes(id),
          ),
      logDelivery: [...logs.values()],
    });
  },
  CreateSecret: (seen) => ({ ...seen, secret: { arn: 'arn:secret', deletionScheduled: false } }),
  RestoreSecret: (seen) => ({ ...seen, secret: { arn: 'arn:secret', deletionScheduled: false } }),
};

/** Without cluster mode the nodes wait for a restart when a parameter wants one. */
const afterParameters = (seen: Seen, names: readonly string[]): Seen => {
  const waits = names.some((name) => seen.parameters[name]?.changeType === 'requires-reboot');
  if (!waits) return seen;
  return cacheWith(seen, {
    members: (seen.cache.members ?? []).map((member) => ({ ...member, parameterStatus: 'pending-reboot' })),
  });
};
