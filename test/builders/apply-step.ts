import { snapshotNameOf } from '../../functions/creation/changes/upgrade.ts';
import type { ChangeStep } from '../../functions/creation/schemas.ts';
import { parameterGroupName } from '../../functions/platform/names.ts';
import {
  type AccountSeen,
  type CallParameters,
  cacheWith,
  checkNames,
  nodesWaitUnlessSame,
  ownGroupName,
  refuseWhen,
} from './account-seen.ts';
import { applyToGroup, applyToMemcached } from './apply-modification.ts';
import { applyReplicas, applyShards } from './apply-resize.ts';
import { termsToAct } from './terms.ts';

/**
 * What is there when a step has been taken, as ElastiCache documents it for each call. The planner's own words are not read.
 *
 * @throws Error what the service would refuse, and the local account does
 */
export const applyStep = (seen: AccountSeen, { call }: ChangeStep): AccountSeen => {
  const apply = EFFECTS[call.operation];
  if (!apply) throw new Error(`The test does not know what ${call.operation} does.`);
  return apply(seen, call.parameters);
};

const MOST_PARAMETERS = 20;

const withValues = (
  seen: AccountSeen,
  given: CallParameters,
  values: Readonly<Record<string, string>>,
): AccountSeen => {
  checkNames(given, ['CacheParameterGroupName', 'ParameterNameValues']);
  const { parameterGroup } = seen;
  if (!parameterGroup || given.CacheParameterGroupName !== ownGroupName(seen))
    throw new Error(`CacheParameterGroupNotFound: ${given.CacheParameterGroupName}`);
  const names = namesIn(given);
  refuseWhen(names.length < 1 || names.length > MOST_PARAMETERS, `ParameterNameValues must have 1-20 entries`);
  refuseWhen(new Set(names).size !== names.length, 'A parameter is given twice.');
  return nodesWaitUnlessSame(seen, { ...seen, parameterGroup: { ...parameterGroup, values } });
};

const namesIn = ({ ParameterNameValues }: CallParameters): string[] =>
  ParameterNameValues.map(({ ParameterName }: CallParameters) => ParameterName);

const withSecret = (seen: AccountSeen): AccountSeen => ({
  ...seen,
  secret: { arn: 'arn:secret', deletionScheduled: false },
});

const EFFECTS: Readonly<Record<string, (seen: AccountSeen, given: CallParameters) => AccountSeen>> = {
  AddTagsToResource: (seen, { ResourceName, Tags }) => {
    refuseWhen(ResourceName !== seen.cache.arn || Tags.length === 0, 'InvalidARN, or no tags');
    const added = Object.fromEntries(Tags.map(({ Key, Value }: CallParameters) => [Key, Value]));
    return cacheWith(seen, { tags: { ...seen.cache.tags, ...added } });
  },
  RemoveTagsFromResource: (seen, { ResourceName, TagKeys }) => {
    const { arn, tags = {} } = seen.cache;
    refuseWhen(ResourceName !== arn || TagKeys.length === 0, 'InvalidARN, or no tags');
    refuseWhen(!TagKeys.every((key: string) => key in tags), 'TagNotFound');
    return cacheWith(seen, {
      tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))),
    });
  },
  CreateCacheParameterGroup: (seen, given) => {
    checkNames(given, ['CacheParameterGroupName', 'CacheParameterGroupFamily', 'Description', 'Tags']);
    const { CacheParameterGroupName: name, CacheParameterGroupFamily: family } = given;
    refuseWhen(seen.parameterGroup !== undefined, 'CacheParameterGroupAlreadyExists');
    refuseWhen(name !== parameterGroupName(seen.cache.cacheId, family), `Nobody will look for the group ${name}.`);
    return { ...seen, parameterGroup: { family, values: {} } };
  },
  ModifyCacheParameterGroup: (seen, given) => {
    const set = given.ParameterNameValues.map((one: CallParameters) => [one.ParameterName, one.ParameterValue]);
    return withValues(seen, given, { ...seen.parameterGroup?.values, ...Object.fromEntries(set) });
  },
  ResetCacheParameterGroup: (seen, given) => {
    const values = Object.entries(seen.parameterGroup?.values ?? {}).filter(([name]) => !namesIn(given).includes(name));
    return withValues(seen, given, Object.fromEntries(values));
  },
  CreateSnapshot: (seen, given) => {
    checkNames(given, ['SnapshotName', 'ReplicationGroupId', 'CacheClusterId', 'Tags']);
    const { cache } = seen;
    const { SnapshotName: name, ReplicationGroupId: group, CacheClusterId: node } = given;
    refuseWhen(cache.kind === 'cluster', 'Snapshots are not supported for memcached clusters.');
    refuseWhen((group === undefined) === (node === undefined), 'Exactly one of the two must be given.');
    refuseWhen(group !== undefined && group !== cache.cacheId, 'ReplicationGroupNotFound');
    const isMember = cache.members?.some(({ id }) => id === node) ?? false;
    refuseWhen(node !== undefined && (cache.clusterMode || !isMember), `No snapshot of ${node} alone.`);
    const purpose = (['upgrade', 'restart'] as const).find(
      (each) => snapshotNameOf(cache.cacheId, termsToAct().operationId, each) === name,
    );
    if (!purpose) throw new Error(`Nobody will look for the snapshot ${name}.`);
    refuseWhen(seen.snapshotsBefore?.[purpose] !== undefined, 'SnapshotAlreadyExists');
    return { ...seen, snapshotsBefore: { ...seen.snapshotsBefore, [purpose]: { name, status: 'available' } } };
  },
  RebootCacheCluster: (seen, given) => {
    checkNames(given, ['CacheClusterId', 'CacheNodeIdsToReboot']);
    const { CacheClusterId: id, CacheNodeIdsToReboot: nodes } = given;
    const { members = [], clusterMode } = seen.cache;
    const known = members.find((member) => member.id === id);
    refuseWhen(clusterMode || !known, `${id} cannot be rebooted.`);
    refuseWhen(JSON.stringify(nodes) !== JSON.stringify(known?.nodeIds ?? ['0001']), `${id} has other nodes.`);
    return cacheWith(seen, {
      members: members.map((member) => (member === known ? { ...member, parameterStatus: 'in-sync' } : member)),
    });
  },
  IncreaseReplicaCount: (seen, given) => applyReplicas(seen, given, 1),
  DecreaseReplicaCount: (seen, given) => applyReplicas(seen, given, -1),
  ModifyReplicationGroupShardConfiguration: applyShards,
  ModifyReplicationGroup: applyToGroup,
  ModifyCacheCluster: applyToMemcached,
  CreateSecret: (seen) => {
    refuseWhen(seen.secret !== undefined, 'ResourceExistsException');
    return withSecret(seen);
  },
  RestoreSecret: (seen) => {
    refuseWhen(!seen.secret?.deletionScheduled, 'There is nothing to restore.');
    return withSecret(seen);
  },
};
