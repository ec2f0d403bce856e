import type { Tag } from '@aws-sdk/client-elasticache';
import type { Call, Permission } from '../../service.ts';
import { type ArnType, arnOf } from './arns.ts';
import type { ControlPlane } from './control-plane.ts';

type Context = Record<string, string | readonly string[]>;

/** Condition keys for the tags that a request carries. */
export const requestTags = (tags: readonly Tag[] | undefined): Context => {
  if (!tags?.length) return {};
  const values = tags.map(({ Key = '', Value = '' }) => [`aws:RequestTag/${Key}`, Value] as const);
  return { ...Object.fromEntries(values), 'aws:TagKeys': tags.map(({ Key = '' }) => Key) };
};

export const tagKeys = (keys: readonly string[] | undefined): Context => (keys?.length ? { 'aws:TagKeys': keys } : {});

/** Condition keys for the tags that a resource has. */
export const resourceTags = (tags: ReadonlyMap<string, string> | undefined): Context =>
  Object.fromEntries([...(tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]));

/** The tags of whatever an ARN of this Region names; undefined when it names nothing. */
export const tagsOf = (plane: ControlPlane, type: string, id: string): Map<string, string> | undefined => {
  const { state } = plane;
  switch (type as ArnType) {
    case 'replicationgroup':
      return state.groups.get(id)?.tags;
    case 'cluster':
      return (
        state.clusters.get(id)?.tags ??
        state.memcached.get(id)?.tags ??
        state.groups.all().find(({ shards }) => shards.some(({ nodes }) => nodes.some((node) => node.id === id)))?.tags
      );
    case 'parametergroup':
      return state.parameterGroups.get(id)?.tags;
    case 'subnetgroup':
      return state.subnetGroups.get(id)?.tags;
    case 'user':
      return state.users.get(id)?.tags;
    case 'usergroup':
      return state.userGroups.get(id)?.tags;
    case 'snapshot':
      return state.snapshots.get(id)?.tags;
    default:
      return undefined;
  }
};

/** A name that no resource can have would make an ARN that IAM cannot judge; the call is refused afterwards anyway. */
const askable = (id: string | undefined): string => (id !== undefined && /^[\w.-]+$/.test(id) ? id : '*');

/**
 * The permission to carry out the call's action on one resource, with the tags that the resource has now.
 *
 * @param id `*` for a list that names none
 */
export const permissionOn = (
  plane: ControlPlane,
  call: Pick<Call, 'operation'>,
  type: ArnType,
  id: string | undefined,
  context: Context = {},
): Permission => ({
  action: `elasticache:${call.operation}`,
  resource: arnOf(plane.region, plane.accountId, type, askable(id)),
  context: { ...resourceTags(id === undefined ? undefined : tagsOf(plane, type, id.toLowerCase())), ...context },
});

/** Creating something with tags also needs AddTagsToResource on it. */
export const tagOnCreate = (
  plane: ControlPlane,
  type: ArnType,
  id: string | undefined,
  tags: readonly Tag[] | undefined,
): readonly Permission[] =>
  tags?.length ? [permissionOn(plane, { operation: 'AddTagsToResource' }, type, id ?? '', requestTags(tags))] : [];

/** ElastiCache looks at a customer's key and makes its grant in the caller's name (KMS guide, kms:ViaService). */
export const keyPermissions = ({ region, accountId }: ControlPlane, keyId: string): readonly Permission[] => {
  const resource = keyId.startsWith('arn:') ? keyId : `arn:aws:kms:${region}:${accountId}:key/${keyId}`;
  const context = { 'kms:ViaService': `elasticache.${region}.amazonaws.com` };
  // What a new key's policy says: the account's IAM policies decide. A stricter key policy is not looked at here.
  const resourcePolicy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  };
  return ['kms:DescribeKey', 'kms:CreateGrant'].map((action) => ({ action, resource, context, resourcePolicy }));
};

/** ElastiCache's own condition keys, for calls that make or change caches; only what the request says is there. */
export const cacheKeys = (input: object): Context => {
  const given = input as Record<string, unknown>;
  const keys: Record<string, unknown> = {
    CacheNodeType: given.CacheNodeType,
    CacheParameterGroupName: given.CacheParameterGroupName,
    EngineType: given.Engine,
    EngineVersion: given.EngineVersion,
    NumNodeGroups: given.NumNodeGroups,
    ReplicasPerNodeGroup: given.ReplicasPerNodeGroup,
    MultiAZEnabled: given.MultiAZEnabled,
    AutomaticFailoverEnabled: given.AutomaticFailoverEnabled,
    TransitEncryptionEnabled: given.TransitEncryptionEnabled,
    AtRestEncryptionEnabled: given.AtRestEncryptionEnabled,
    SnapshotRetentionLimit: given.SnapshotRetentionLimit,
    KmsKeyId: given.KmsKeyId,
    AuthTokenEnabled: given.AuthToken === undefined ? undefined : true,
    ClusterModeEnabled: given.NumNodeGroups === undefined ? undefined : Number(given.NumNodeGroups) > 1,
  };
  return Object.fromEntries(
    Object.entries(keys)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [`elasticache:${name}`, String(value)]),
  );
};
