import { isOlder } from '../../functions/creation/changes/versions.ts';
import { windowsApartRule } from '../../functions/creation/rules/windows.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import {
  type AccountSeen,
  type CallParameters,
  cacheWith,
  checkNames,
  nodesWaitUnlessSame,
  ownGroupName,
  refuseWhen,
  SHARED_GROUP,
} from './account-seen.ts';

const OF_BOTH = [
  'ApplyImmediately',
  'AutoMinorVersionUpgrade',
  'CacheParameterGroupName',
  'EngineVersion',
  'NotificationTopicArn',
  'NotificationTopicStatus',
  'PreferredMaintenanceWindow',
  'SecurityGroupIds',
];
const OF_MEMCACHED = ['CacheClusterId', 'NumCacheNodes', 'CacheNodeIdsToRemove', ...OF_BOTH];
const OF_GROUPS = [
  'ReplicationGroupId',
  'ReplicationGroupDescription',
  'SnapshotRetentionLimit',
  'SnapshottingClusterId',
  'SnapshotWindow',
  'LogDeliveryConfigurations',
  'CacheNodeType',
  'AutomaticFailoverEnabled',
  'MultiAZEnabled',
  'TransitEncryptionEnabled',
  'TransitEncryptionMode',
  'AuthToken',
  'AuthTokenUpdateStrategy',
  'UserGroupIdsToAdd',
  'UserGroupIdsToRemove',
  ...OF_BOTH,
];

/** What both calls change, each part judged as the service judges it. */
const settingsAfter = (seen: AccountSeen, given: CallParameters): Partial<CacheSeen> => {
  const { cache } = seen;
  refuseWhen(given.ApplyImmediately !== true, 'It would wait for the maintenance window.');
  return {
    maintenanceWindow: given.PreferredMaintenanceWindow?.toLowerCase() ?? cache.maintenanceWindow,
    autoMinorVersionUpgrade: given.AutoMinorVersionUpgrade ?? cache.autoMinorVersionUpgrade,
    notificationTopicArn: given.NotificationTopicArn ?? cache.notificationTopicArn,
    securityGroupIds: given.SecurityGroupIds?.length ? given.SecurityGroupIds : cache.securityGroupIds,
    ...engineAfter(seen, given),
  };
};

const engineAfter = (seen: AccountSeen, given: CallParameters): Partial<CacheSeen> => {
  const { cache, engineVersions } = seen;
  const { EngineVersion: wanted, CacheParameterGroupName: named } = given;
  const found = cache.engineVersion ?? '';
  const version = wanted ?? found;
  refuseWhen(isOlder(version, found), `The engine cannot be downgraded from ${found} to ${version}.`);
  const family = engineVersions.find((one) => version === one.version || version.startsWith(`${one.version}.`))?.family;
  const group = named ?? cache.parameterGroup;
  const own = group === ownGroupName(seen) ? seen.parameterGroup : undefined;
  const isDefault = group.startsWith('default.');
  refuseWhen(!own && !isDefault && group !== SHARED_GROUP.name, `There is no parameter group ${group}.`);
  const familyOfGroup = own?.family ?? (isDefault ? group.split('.cluster.on')[0].slice(8) : SHARED_GROUP.family);
  refuseWhen(familyOfGroup !== family, `Expected a parameter group of family ${family}, not ${familyOfGroup}`);
  const saysCluster = own ? own.values['cluster-enabled'] === 'yes' : group.endsWith('.cluster.on');
  refuseWhen(saysCluster !== cache.clusterMode, `cluster-enabled of ${group} does not fit`);
  const memcached = cache.engine === 'memcached';
  return {
    parameterGroup: group,
    ...(wanted === undefined ? {} : { engineVersion: memcached ? wanted : `${wanted}.0` }),
  };
};

const afterwards = (seen: AccountSeen, given: CallParameters, changes: Partial<CacheSeen>): AccountSeen => {
  const after = cacheWith(seen, changes);
  // An upgrade starts every node anew, with what its group says by then.
  return given.EngineVersion === undefined ? nodesWaitUnlessSame(seen, after) : inSync(after);
};

const inSync = (seen: AccountSeen): AccountSeen =>
  cacheWith(seen, { members: (seen.cache.members ?? []).map((member) => ({ ...member, parameterStatus: 'in-sync' })) });

/** ModifyCacheCluster, as Memcached takes it. */
export const applyToMemcached = (seen: AccountSeen, given: CallParameters): AccountSeen => {
  checkNames(given, OF_MEMCACHED);
  const { cache } = seen;
  refuseWhen(given.CacheClusterId !== cache.cacheId || cache.kind !== 'cluster', 'CacheClusterNotFound');
  const settings = settingsAfter(seen, given);
  const nodeIds = cache.members?.[0]?.nodeIds ?? [];
  const { NumCacheNodes: count = nodeIds.length, CacheNodeIdsToRemove: leaving = [] } = given;
  const left = nodeIds.filter((id) => !leaving.includes(id));
  refuseWhen(nodeIds.length - left.length !== leaving.length, 'CacheNodeIdsToRemove names what is not there');
  refuseWhen(left.length !== Math.min(count, nodeIds.length), 'CacheNodeIdsToRemove does not agree with NumCacheNodes');
  const last = Math.max(...nodeIds.map(Number));
  const added = Array.from({ length: count - left.length }, (_, index) => String(last + 1 + index).padStart(4, '0'));
  const members = (cache.members ?? []).map((member) => ({ ...member, nodeIds: [...left, ...added] }));
  const shards = cache.shards.map((shard) => ({ ...shard, nodeCount: count }));
  return afterwards(seen, given, { ...settings, members, shards });
};

/** ModifyReplicationGroup. */
export const applyToGroup = (seen: AccountSeen, given: CallParameters): AccountSeen => {
  checkNames(given, OF_GROUPS);
  const { cache } = seen;
  refuseWhen(given.ReplicationGroupId !== cache.cacheId || cache.kind === 'cluster', 'ReplicationGroupNotFound');
  const { CacheNodeType: nodeType = cache.nodeType } = given;
  const { up = [], down = [] } = seen.allowedNodeTypes ?? {};
  refuseWhen(nodeType !== cache.nodeType && ![...up, ...down].includes(nodeType), `Cannot change to ${nodeType}`);
  const { access, tokenIsOptional } = accessAfter(seen, given);
  const after = afterwards(seen, given, {
    ...settingsAfter(seen, given),
    description: given.ReplicationGroupDescription ?? cache.description,
    nodeType,
    ...snapshotsAfter(cache, given),
    ...availabilityAfter(cache, given),
    ...tlsAfter(cache, given),
    ...access,
    logDelivery: logsAfter(cache, given),
  });
  return { ...after, tokenIsOptional };
};

const snapshotsAfter = (cache: CacheSeen, given: CallParameters): Partial<CacheSeen> => {
  const { SnapshotRetentionLimit: days = cache.snapshotRetentionDays ?? 0, SnapshottingClusterId: node } = given;
  const turnsOn = days > 0 && (cache.snapshotRetentionDays ?? 0) === 0;
  refuseWhen(turnsOn && !cache.clusterMode && node === undefined, 'Must specify SnapshottingClusterId as well');
  refuseWhen(node !== undefined && cache.clusterMode, 'SnapshottingClusterId cannot be set with cluster mode');
  refuseWhen(node !== undefined && !cache.members?.some(({ id }) => id === node), `${node} is no member`);
  const snapshotWindow = given.SnapshotWindow ?? cache.snapshotWindow;
  const preferredMaintenanceWindow = given.PreferredMaintenanceWindow ?? cache.maintenanceWindow;
  const faults = windowsApartRule({ snapshotWindow, preferredMaintenanceWindow });
  refuseWhen(faults.length > 0, `The windows ${snapshotWindow} and ${preferredMaintenanceWindow} must not overlap.`);
  return { snapshotRetentionDays: days, snapshotWindow };
};

const availabilityAfter = (cache: CacheSeen, given: CallParameters): Partial<CacheSeen> => {
  const { AutomaticFailoverEnabled: failover = cache.automaticFailover, MultiAZEnabled: multiAZ = cache.multiAZ } =
    given;
  const isAlone = cache.shards.some(({ nodeCount }) => nodeCount < 2);
  refuseWhen(!failover && cache.clusterMode, 'Turning off automatic failover with cluster mode is not supported.');
  refuseWhen(failover && !cache.clusterMode && isAlone, 'Automatic failover needs at least 2 cache clusters');
  refuseWhen(multiAZ && !failover, 'Multi-AZ needs automatic failover: turn off both in one call.');
  refuseWhen(multiAZ && isAlone, 'Must have at least 1 replica for Multi-AZ enabled Replication Group');
  return { automaticFailover: failover, multiAZ };
};

/** Off, preferred, required, one at a time, and never while the cache asks its clients who they are. */
const tlsAfter = (cache: CacheSeen, given: CallParameters): Partial<CacheSeen> => {
  const { TransitEncryptionEnabled: tls, TransitEncryptionMode: mode } = given;
  if (tls === undefined && mode === undefined) return {};
  refuseWhen(tls === false || mode === undefined, 'TLS is only ever brought, with its mode.');
  refuseWhen(
    !cache.tls && mode === 'required',
    'TransitEncryptionMode can be set to required only once it is preferred.',
  );
  refuseWhen(!cache.tls && tls !== true, 'Set encryption-in-transit as enabled.');
  const hasAccess = cache.authToken || (cache.userGroupIds?.length ?? 0) > 0;
  refuseWhen(hasAccess, 'Modification of transit encryption is not supported for access control enabled clusters.');
  refuseWhen(isOlder(cache.engineVersion ?? '', '7.0'), 'Any change of the transit encryption mode needs redis 7.0.');
  return { tls: true, tlsMode: mode };
};

const accessAfter = (
  { cache, tokenIsOptional = false }: AccountSeen,
  given: CallParameters,
): { access: Partial<CacheSeen>; tokenIsOptional: boolean } => {
  const { UserGroupIdsToAdd: coming = [], UserGroupIdsToRemove: leaving = [] } = given;
  const there = cache.userGroupIds ?? [];
  refuseWhen(
    leaving.some((id: string) => !there.includes(id)),
    'UserGroupIdsToRemove is not associated',
  );
  const kept = there.filter((id) => !leaving.includes(id));
  refuseWhen(
    coming.some((id: string) => kept.includes(id)),
    'UserGroupIdsToAdd is already associated',
  );
  const userGroupIds = [...kept, ...coming];
  refuseWhen(userGroupIds.length > 1, 'A replication group can have only one user group.');
  refuseWhen(coming.length > 0 && !cache.tls, 'User groups need encryption in transit.');
  const token = tokenAfter({ hasToken: cache.authToken, isOptional: tokenIsOptional }, given, userGroupIds.length > 0);
  refuseWhen((given.AuthToken !== undefined || token.hasToken) && !cache.tls, 'AUTH needs encryption in transit.');
  refuseWhen(token.hasToken && userGroupIds.length > 0, "User group can't be associated with auth token enabled.");
  return { access: { userGroupIds, authToken: token.hasToken }, tokenIsOptional: token.isOptional };
};

interface Token {
  readonly hasToken: boolean;
  readonly isOptional: boolean;
}

/** The same token each time: ROTATE offers it once, SET demands it once. */
const tokenAfter = (now: Token, given: CallParameters, hasUsers: boolean): Token => {
  const { AuthToken: token, AuthTokenUpdateStrategy: strategy } = given;
  if (strategy === undefined) {
    refuseWhen(token !== undefined, 'An AuthToken without a strategy rotates by chance.');
    return now;
  }
  if (strategy === 'DELETE') {
    refuseWhen(
      token !== undefined || !now.hasToken || !hasUsers,
      'DELETE needs a token that is there, and a user group.',
    );
    return { hasToken: false, isOptional: false };
  }
  refuseWhen(token === undefined, 'AuthTokenUpdateStrategy needs an AuthToken.');
  refuseWhen(hasUsers, 'A cache with a user group has no AUTH token.');
  if (strategy === 'ROTATE') {
    refuseWhen(now.hasToken, 'The AUTH token to rotate in is already the current one.');
    return { hasToken: true, isOptional: true };
  }
  refuseWhen(!now.hasToken || !now.isOptional, 'There is no AUTH token to set, or it is already the only one.');
  return { hasToken: true, isOptional: false };
};

const logsAfter = (cache: CacheSeen, given: CallParameters): CacheSeen['logDelivery'] => {
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
  return [...logs.values()];
};
