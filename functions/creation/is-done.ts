import * as z from 'zod';
import type { CacheSeen } from '../platform/caches.ts';
import { foundTls } from './changes/security.ts';
import { isVersion } from './changes/versions.ts';
import type { ChangeStep } from './schemas.ts';

/** Which cache, how, and what follows from the rest: this tells nothing about whether a call has been made. */
const SAYS_NOTHING: readonly string[] = [
  'ReplicationGroupId',
  'CacheClusterId',
  'ResourceName',
  'ApplyImmediately',
  'NodeGroupsToRemove',
  'CacheNodeIdsToRemove',
  'AuthToken',
];

const Texts = z.array(z.string());
const ReplicaCounts = z.array(z.object({ NodeGroupId: z.string(), NewReplicaCount: z.int() }));

const users = ({ userGroupIds = [] }: CacheSeen): readonly string[] => userGroupIds;

/** Whether the cache is already as one parameter of a call wants it. A parameter that is not here may be said twice. */
const HOLDS: Readonly<Record<string, (wanted: unknown, cache: CacheSeen, step: ChangeStep) => boolean>> = {
  TagKeys: (keys, { tags }) => tags !== undefined && Texts.parse(keys).every((key) => tags[key] === undefined),
  UserGroupIdsToAdd: (ids, cache) => Texts.parse(ids).every((id) => users(cache).includes(id)),
  UserGroupIdsToRemove: (ids, cache) => Texts.parse(ids).every((id) => !users(cache).includes(id)),
  // Whether a token that is there is demanded (SET), ElastiCache does not tell. A token is rotated in only where there was none.
  AuthTokenUpdateStrategy: (strategy, cache) => {
    if (strategy === 'DELETE') return !cache.authToken;
    return strategy === 'ROTATE' && cache.authToken && users(cache).length === 0;
  },
  TransitEncryptionEnabled: (wanted, { tls }) => tls === wanted,
  TransitEncryptionMode: (wanted, cache) => foundTls(cache) === wanted,
  EngineVersion: (wanted, { engineVersion }) => isVersion(String(wanted), engineVersion),
  CacheParameterGroupName: (wanted, { parameterGroup }) => parameterGroup === wanted,
  CacheNodeType: (wanted, { nodeType }) => nodeType === wanted,
  AutomaticFailoverEnabled: (wanted, { automaticFailover }) => automaticFailover === wanted,
  MultiAZEnabled: (wanted, { multiAZ }) => multiAZ === wanted,
  NodeGroupCount: (wanted, { shards }) => shards.length === wanted,
  NumCacheNodes: (wanted, { shards }) => shards[0]?.nodeCount === wanted,
  NewReplicaCount: (wanted, { shards }) => shards.every(({ nodeCount }) => nodeCount - 1 === wanted),
  ReplicaConfiguration: (counts, { shards }) =>
    ReplicaCounts.parse(counts).every(({ NodeGroupId, NewReplicaCount }) =>
      shards.some(({ id, nodeCount }) => id === NodeGroupId && nodeCount - 1 === NewReplicaCount),
    ),
  CacheNodeIdsToReboot: (_ids, { members = [] }, { call }) =>
    members.some(({ id, parameterStatus }) => id === call.parameters.CacheClusterId && parameterStatus === 'in-sync'),
};

/**
 * Whether the cache shows that a step was taken before, by an attempt whose answer was lost. Only steps that ElastiCache would
 * refuse, or do again, the second time are known here: `false` means that the call may be made.
 */
export const isDone = (step: ChangeStep, cache: CacheSeen): boolean => {
  const telling = Object.entries(step.call.parameters).filter(([name]) => !SAYS_NOTHING.includes(name));
  return telling.length > 0 && telling.every(([name, wanted]) => HOLDS[name]?.(wanted, cache, step) ?? false);
};
