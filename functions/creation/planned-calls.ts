import { signed } from '../platform/caches.ts';
import { MODE_TAG, OPERATION_TAG, parameterGroupName, tokenSecretName } from '../platform/names.ts';
import {
  newSecretRequest,
  newVersionRequest,
  randomPasswordRequest,
  restoreSecretRequest,
} from '../platform/secret-requests.ts';
import { completedSecret } from './completed-secret.ts';
import { logDeliveryRequest } from './log-delivery.ts';
import { newTokenSecret } from './new-token-secret.ts';
import { shapeOf } from './rules/topology.ts';
import type { CreateRequest, ParameterGroupPlan, PlannedCall, TokenPlan } from './schemas.ts';
import type { CacheSpec } from './spec.ts';

/** ModifyCacheParameterGroup takes at most 20 parameters in one call. */
export const PARAMETERS_PER_CALL = 20;

/** AWS takes AUTH tokens of 16–128 characters; 64 letters and digits are more than anybody can guess. */
const TOKEN_CHARACTERS = 64;

/** Stands in a planned call for the token, which nobody but the function that makes the call ever sees. */
export const tokenReference = (secretName: string): string => `(from the secret ${secretName})`;

interface Signature {
  readonly operationId: string;
  readonly optInTag: string;
}

type Tags = { Key: string; Value: string }[];

/** The tags by which we know again what one operation made. */
export const ourTags = ({ operationId, optInTag }: Signature): Tags => [
  { Key: optInTag, Value: 'true' },
  { Key: OPERATION_TAG, Value: operationId },
];

/** The parameter group for a cache with parameters of its own; with cluster mode it has to say so too. */
export const plannedParameterGroup = (
  spec: CacheSpec,
  family: string,
  { exists, ...signature }: Signature & { readonly exists: boolean },
): ParameterGroupPlan | undefined =>
  spec.parameters && {
    name: parameterGroupName(spec.cacheId, family),
    family,
    description: `Parameters of ${spec.cacheId}, made by elasticache-autopilot`,
    tags: ourTags(signature),
    exists,
    parameters: { ...spec.parameters, ...(shapeOf(spec).clusterMode ? { 'cluster-enabled': 'yes' } : {}) },
  };

export const plannedToken = (spec: CacheSpec, signature: Signature): TokenPlan | undefined =>
  spec.authToken && spec.engine !== 'memcached'
    ? {
        secretName: tokenSecretName(spec.cacheId),
        engine: spec.engine,
        lengthCharacters: TOKEN_CHARACTERS,
        tags: ourTags(signature),
      }
    : undefined;

/** The order for a new cache, without the token: CreateReplicationGroup's input, or CreateCacheCluster's for Memcached. */
export const plannedRequest = (
  spec: CacheSpec,
  family: string,
  terms: Signature & { readonly notificationTopicArn: string; readonly zones: number },
): CreateRequest => (spec.engine === 'memcached' ? clusterRequest : groupRequest)(spec, family, terms);

type RequestTerms = Parameters<typeof plannedRequest>[2];

const said = (request: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));

const tagsOfCache = (spec: CacheSpec, terms: RequestTerms): Tags => [
  ...Object.entries(spec.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
  ...ourTags(terms),
  { Key: MODE_TAG, Value: 'observe' },
];

/** Memcached's nodes are spread over the zones that there are: without replicas, a lost zone loses only its part. */
const clusterRequest = (spec: CacheSpec, family: string, terms: RequestTerms): CreateRequest => {
  const nodes = spec.numCacheNodes ?? 1;
  return {
    CacheClusterId: spec.cacheId,
    ...said({
      Engine: spec.engine,
      EngineVersion: spec.engineVersion,
      CacheNodeType: spec.cacheNodeType,
      NumCacheNodes: nodes,
      AZMode: nodes > 1 && terms.zones > 1 ? 'cross-az' : 'single-az',
      CacheParameterGroupName: parameterGroupOf(spec, family),
      CacheSubnetGroupName: spec.cacheSubnetGroupName,
      SecurityGroupIds: spec.securityGroupIds,
      Port: spec.port,
      TransitEncryptionEnabled: spec.transitEncryptionEnabled,
      PreferredMaintenanceWindow: spec.preferredMaintenanceWindow,
      AutoMinorVersionUpgrade: spec.autoMinorVersionUpgrade,
      NotificationTopicArn: spec.notificationTopicArn ?? terms.notificationTopicArn,
      Tags: tagsOfCache(spec, terms),
    }),
  };
};

/** The group that a new cache uses: its own, the named one, or the family's default. */
const parameterGroupOf = (spec: CacheSpec, family: string): string => {
  if (spec.parameters) return parameterGroupName(spec.cacheId, family);
  return spec.cacheParameterGroupName ?? `default.${family}${shapeOf(spec).clusterMode ? '.cluster.on' : ''}`;
};

/**
 * CreateReplicationGroup's input without the token. Only what was specified is said; the rest is AWS's default, except for
 * the topic: node-based caches tell their events on SNS only, so that without one we would never hear of them.
 */
const groupRequest = (spec: CacheSpec, family: string, terms: RequestTerms): CreateRequest => {
  const { clusterMode, shards, replicasPerShard } = shapeOf(spec);
  const request: Record<string, unknown> = {
    ReplicationGroupDescription: signed(spec.description ?? spec.cacheId, terms.operationId),
    Engine: spec.engine,
    EngineVersion: spec.engineVersion,
    CacheNodeType: spec.cacheNodeType,
    ...(clusterMode
      ? { NumNodeGroups: shards, ReplicasPerNodeGroup: replicasPerShard }
      : { NumCacheClusters: 1 + replicasPerShard }),
    AutomaticFailoverEnabled: spec.automaticFailoverEnabled ?? clusterMode,
    MultiAZEnabled: spec.multiAZEnabled ?? false,
    CacheParameterGroupName: parameterGroupOf(spec, family),
    CacheSubnetGroupName: spec.cacheSubnetGroupName,
    SecurityGroupIds: spec.securityGroupIds,
    Port: spec.port,
    TransitEncryptionEnabled: spec.transitEncryptionEnabled ?? false,
    TransitEncryptionMode: spec.transitEncryptionMode,
    UserGroupIds: spec.userGroupIds,
    DataTieringEnabled: spec.dataTieringEnabled,
    AutoMinorVersionUpgrade: spec.autoMinorVersionUpgrade,
    LogDeliveryConfigurations: spec.logDeliveryConfigurations?.map(logDeliveryRequest),
    AtRestEncryptionEnabled: spec.atRestEncryptionEnabled,
    KmsKeyId: spec.kmsKeyId,
    SnapshotRetentionLimit: spec.snapshotRetentionLimit,
    SnapshotWindow: spec.snapshotWindow,
    PreferredMaintenanceWindow: spec.preferredMaintenanceWindow,
    NotificationTopicArn: spec.notificationTopicArn ?? terms.notificationTopicArn,
    Tags: tagsOfCache(spec, terms),
  };
  return { ReplicationGroupId: spec.cacheId, ...said(request) };
};

export interface Planned {
  readonly parameterGroup?: ParameterGroupPlan | undefined;
  readonly token?: TokenPlan | undefined;
  readonly request: CreateRequest;
  /** The secret of the token, if there is one already. */
  readonly secret?: { readonly deletionScheduled: boolean } | undefined;
}

/** The last call where a token is new: its secret gets the endpoint, which nobody knows before the cache is there. */
export const plannedCompletion = (operationId: string, secretName: string): PlannedCall => ({
  service: 'secretsmanager',
  operation: 'PutSecretValue',
  parameters: newVersionRequest(
    secretName,
    completedSecret({ operationId, secretName }, '(the same token, with the host and port of the cache)'),
  ),
});

/**
 * Every call that changes something, in order and exactly as it will be made. The token stands as a reference: nobody
 * knows it yet, and it stays so.
 */
export const plannedCalls = (
  { parameterGroup, token, request, secret }: Planned,
  operationId: string,
): PlannedCall[] => {
  const calls: PlannedCall[] = [];
  const call = (service: PlannedCall['service'], operation: string, parameters: Record<string, unknown>) =>
    calls.push({ service, operation, parameters });
  if (parameterGroup) {
    const { name, family, description, tags, exists, parameters } = parameterGroup;
    if (!exists) {
      call('elasticache', 'CreateCacheParameterGroup', {
        CacheParameterGroupName: name,
        CacheParameterGroupFamily: family,
        Description: description,
        Tags: tags,
      });
    }
    const values = Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
      ParameterName,
      ParameterValue,
    }));
    for (let first = 0; first < values.length; first += PARAMETERS_PER_CALL) {
      call('elasticache', 'ModifyCacheParameterGroup', {
        CacheParameterGroupName: name,
        ParameterNameValues: values.slice(first, first + PARAMETERS_PER_CALL),
      });
    }
  }
  if (token && !secret) {
    const subject = { operationId, cacheId: request.ReplicationGroupId ?? '' };
    const made = newTokenSecret(subject, token, '(with the password that Secrets Manager made up)');
    call('secretsmanager', 'GetRandomPassword', randomPasswordRequest(token.lengthCharacters));
    call('secretsmanager', 'CreateSecret', newSecretRequest(made));
  }
  if (token && secret?.deletionScheduled) {
    call('secretsmanager', 'RestoreSecret', restoreSecretRequest(token.secretName));
  }
  const auth = token ? { AuthToken: tokenReference(token.secretName) } : {};
  const operation = request.CacheClusterId ? 'CreateCacheCluster' : 'CreateReplicationGroup';
  call('elasticache', operation, { ...request, ...auth });
  return token ? [...calls, plannedCompletion(operationId, token.secretName)] : calls;
};
