import { type CacheSeen, readSignature } from '../platform/caches.ts';
import type { ChangeContext } from './changes/change.ts';
import { isSameKey } from './changes/keys.ts';
import { wantedParameterGroup } from './changes/parameters.ts';
import { foundTls, wantedTls } from './changes/security.ts';
import { abandonedTags } from './changes/tags.ts';
import { isUpgradedByItself, isVersion } from './changes/versions.ts';
import { besidesOf } from './rules/parameters.ts';
import { shapeOf } from './rules/topology.ts';
import type { CreationPlan } from './schemas.ts';

type Difference = CreationPlan['differences'][number];

/**
 * Where an existing cache is not as specified, field by field. What the specification leaves open is not compared, and what
 * ElastiCache does not tell cannot be: `doubtsAbout` says so.
 */
export const differencesBetween = (context: ChangeContext): Difference[] => {
  const { spec, cache, seen, notificationTopicArn } = context;
  const shape = shapeOf(spec);
  const differences: Difference[] = [];
  const compare = (field: string, wanted: unknown, found: unknown, equal = same(wanted, found)) => {
    if (wanted !== undefined && !equal) differences.push({ field, wanted, found: found ?? null });
  };

  // Of a cluster, as Memcached's caches are, ElastiCache keeps none.
  if (cache.kind !== 'cluster') compare('description', spec.description, readSignature(cache.description).description);
  compare('engine', spec.engine, cache.engine);
  const isItsVersion = isVersion(spec.engineVersion, cache.engineVersion) || isUpgradedByItself(spec, seen);
  compare('engineVersion', spec.engineVersion, cache.engineVersion, isItsVersion);
  compare('cacheNodeType', spec.cacheNodeType, cache.nodeType);
  compare('clusterMode', shape.clusterMode, cache.clusterMode);
  if (spec.engine === 'memcached') compare('numCacheNodes', spec.numCacheNodes, cache.shards[0]?.nodeCount);
  else {
    compare('shards', shape.shards, cache.shards.length);
    for (const { id, nodeCount } of cache.shards) {
      compare(`shards.${id}.replicas`, shape.replicasPerShard, nodeCount - 1);
    }
  }
  compare('automaticFailoverEnabled', spec.automaticFailoverEnabled, cache.automaticFailover);
  compare('multiAZEnabled', spec.multiAZEnabled, cache.multiAZ);
  compare('transitEncryption', wantedTls(spec), foundTls(cache));
  compare('atRestEncryptionEnabled', spec.atRestEncryptionEnabled, cache.atRestEncryption);
  compare('authToken', spec.authToken !== undefined, cache.authToken);
  // The token of a cache that has none yet is made on the way.
  if (spec.authToken && cache.authToken) compare('authToken.secret', 'there', secretOf(seen));
  compare('userGroupIds', spec.userGroupIds ?? [], cache.userGroupIds ?? []);
  // What cannot be told is no difference, but a doubt.
  compare('kmsKeyId', spec.kmsKeyId, cache.kmsKeyId, isSameKey(spec.kmsKeyId ?? '', cache.kmsKeyId) !== false);
  compare('dataTieringEnabled', spec.dataTieringEnabled, cache.dataTiering ?? false);
  compare('port', spec.port, cache.port);
  compare('autoMinorVersionUpgrade', spec.autoMinorVersionUpgrade, cache.autoMinorVersionUpgrade);
  compare('snapshotRetentionLimit', spec.snapshotRetentionLimit, cache.snapshotRetentionDays ?? 0);
  compare('snapshotWindow', spec.snapshotWindow, cache.snapshotWindow);
  compare('preferredMaintenanceWindow', spec.preferredMaintenanceWindow?.toLowerCase(), cache.maintenanceWindow);
  compare('cacheSubnetGroupName', spec.cacheSubnetGroupName?.toLowerCase(), cache.subnetGroup);
  compare('securityGroupIds', spec.securityGroupIds?.toSorted(), cache.securityGroupIds.toSorted());
  const { notificationTopicArn: topic, notificationTopicInactive: isDeaf } = cache;
  if (topic !== undefined) {
    const found = isDeaf ? `${topic} (inactive)` : topic;
    compare('notificationTopicArn', spec.notificationTopicArn ?? notificationTopicArn, found);
  }
  for (const { logType, problem } of logsThatFail(context)) {
    compare(`logDeliveryConfigurations.${logType}`, 'active', problem);
  }
  compare('logDeliveryConfigurations', inOrder(spec.logDeliveryConfigurations), inOrder(cache.logDelivery ?? []));

  const group = wantedParameterGroup(context);
  compare('parameterGroup', group, cache.parameterGroup);
  const values = seen.parameterGroup?.values ?? {};
  for (const [name, value] of Object.entries(spec.parameters ?? {})) compare(`parameters.${name}`, value, values[name]);
  if (spec.parameters) {
    for (const [name, found] of besidesOf(spec, seen)) compare(`parameters.${name}`, null, found);
  }
  const waits = cache.members?.some(({ parameterStatus }) => parameterStatus === 'pending-reboot') ?? false;
  compare('parameterStatus', group && 'in-sync', waits ? 'pending-reboot' : 'in-sync');

  for (const [key, value] of Object.entries(spec.tags ?? {})) compare(`tags.${key}`, value, cache.tags?.[key]);
  for (const key of abandonedTags(context)) compare(`tags.${key}`, null, cache.tags?.[key]);
  return differences;
};

const secretOf = ({ secret }: ChangeContext['seen']): string => {
  if (!secret) return 'missing';
  return secret.deletionScheduled ? 'deletion scheduled' : 'there';
};

/** The logs that go where they should and do not arrive. ElastiCache keeps trying; what is wrong there, nothing here mends. */
export const logsThatFail = ({ spec, cache }: ChangeContext): NonNullable<CacheSeen['logDelivery']> =>
  (cache.logDelivery ?? []).filter(
    ({ logType, destination, problem }) =>
      problem !== undefined &&
      (spec.logDeliveryConfigurations ?? []).some((one) => one.logType === logType && one.destination === destination),
  );

/** What the specification says and nobody can compare, as sentences. */
export const doubtsAbout = ({ spec: { cacheId, kmsKeyId }, cache }: ChangeContext): string[] =>
  kmsKeyId !== undefined && isSameKey(kmsKeyId, cache.kmsKeyId) === undefined
    ? [`Whether ${kmsKeyId} is the key of ${cacheId} was not compared: ElastiCache says ${cache.kmsKeyId}.`]
    : [];

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Logs by their type, and each one's fields in one order. */
const inOrder = (logs: ChangeContext['cache']['logDelivery']) =>
  logs
    ?.map(({ logType, destinationType, destination, logFormat }) => ({
      logType,
      destinationType,
      destination,
      logFormat,
    }))
    .toSorted((one, other) => one.logType.localeCompare(other.logType));
