import { createHash } from 'node:crypto';
import { type CacheSeen, makerOf } from '../platform/caches.ts';
import { modesFor } from '../platform/fleet.ts';
import { MODE_TAG, type Mode, mostCareful, OPERATION_TAG, tokenSecretName } from '../platform/names.ts';
import { type AccountPolicy, modeAt } from '../platform/policy.ts';
import { readDeletionRequest } from './deletion-request.ts';
import { type DeletionPlan, DeletionPolicy, type DeletionReason, type DeletionRequest } from './deletion-schemas.ts';
import type { PlannedCall } from './schemas.ts';

/** What there is of a cache, and what is remembered of it. */
export interface DeletionSeen {
  /** ISO 8601, UTC: the only clock. */
  readonly observedAt: string;
  readonly cache?: CacheSeen | undefined;
  /** The specification that the ledger keeps. */
  readonly specification?: Readonly<Record<string, unknown>> | undefined;
  /** The parameter groups of the cache that the autopilot made, by name. */
  readonly parameterGroups: readonly string[];
  /** Whether the secret of its token is there, is ours, and is not scheduled for deletion yet. */
  readonly secret: boolean;
}

export interface DeletionTerms {
  readonly policy: AccountPolicy;
  readonly optInTag: string;
  /** When the execution began; it names the final snapshot, so that it is the same for every attempt. */
  readonly startedAt: string;
  readonly doubts?: readonly string[];
}

/** A large cache is copied to its snapshot first: two hours, before somebody should look why it is still there. */
const SETTLE_SECONDS = 7200;

/** For how long a deleted secret can be restored: the longest that Secrets Manager offers (DeleteSecret: 7–30 days). */
export const SECRET_RECOVERY_DAYS = 30;

/** Of the 40 characters that ElastiCache is known to take for a snapshot's name, `-final-20261121-0700` are 20. */
const LONGEST_PREFIX = 20;

/** The cache's id, or its beginning and a hash of it where it is too long: two caches never share a name. */
const prefixOf = (cacheId: string): string => {
  if (cacheId.length <= LONGEST_PREFIX) return cacheId;
  const hash = createHash('sha256').update(cacheId).digest('hex').slice(0, 8);
  return `${cacheId.slice(0, LONGEST_PREFIX - 9).replace(/-$/, '')}-${hash}`;
};

/** `orders-final-20261121-0700`. */
export const finalSnapshotName = (cacheId: string, startedAt: string): string => {
  const [date = '', time = ''] = startedAt.split('T');
  return `${prefixOf(cacheId)}-final-${date.replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}`;
};

/** The tags by which a cache is ours; `Orphan` takes them off. */
export const ourTags = (optInTag: string): readonly string[] => [optInTag, MODE_TAG, OPERATION_TAG];

/**
 * Decides what becomes of one cache: deleted, let go of, left as it is, or cleaned up after. Pure, never throws, and every
 * doubt ends in `refuse`.
 */
export const planDeletion = (given: DeletionRequest, seen: DeletionSeen, terms: DeletionTerms): DeletionPlan => {
  const { wanted, faults } = readDeletionRequest(given);
  const { cacheId } = wanted;
  const { cache, specification } = seen;
  const remembered = DeletionPolicy.safeParse(specification?.deletionPolicy);
  const policy = wanted.policy ?? (remembered.success ? remembered.data : null);
  const heard = modeFor(seen, terms, wanted.mode);
  const draft = {
    cacheId,
    mode: faults.length > 0 ? 'observe' : heard.mode,
    policy,
    faults: [...faults],
    doubts: [...(terms.doubts ?? []), ...heard.doubts],
    there: thereOf(cacheId, seen),
    calls: [],
    kind: cache?.kind ?? 'replication-group',
    madeBy: cache ? makerIn(cache) : 'nobody',
    settle: { deadlineSeconds: SETTLE_SECONDS },
  } satisfies Partial<DeletionPlan>;
  const end = (
    action: DeletionPlan['action'],
    reason: DeletionReason,
    summary: string,
    more: Partial<DeletionPlan> = {},
  ): DeletionPlan => ({ ...draft, ...more, action, reason, summary });
  const refuse = (reason: DeletionReason, because: string) => end('refuse', reason, `Refused ${cacheId}: ${because}`);

  if (faults.length > 0) {
    const paths = faults.map(({ path }) => path).join(', ');
    return refuse('InvalidRequest', `the request is not as it should be (${paths}).`);
  }
  if (draft.there.length === 0) return end('keep', 'NothingLeft', `Nothing to do: there is nothing of ${cacheId}.`);
  if (policy === null) {
    return refuse('PolicyUnknown', 'no specification of it is kept that says Delete, Retain or Orphan: say it.');
  }
  if (policy === 'Retain') {
    return end('keep', 'Retained', `${cacheId} stays as it is, by the policy Retain: nothing was changed.`);
  }
  if (!cache) {
    if (policy === 'Orphan' && !specification) {
      return end('keep', 'NothingLeft', `Nothing to do: there is no ${cacheId} to let go of.`);
    }
    const calls = policy === 'Orphan' ? [] : cleaningCalls(cacheId, seen);
    const action = policy === 'Orphan' ? 'let-go' : 'clean-up';
    const left = draft.there.join(', ');
    return end(action, 'LeftOvers', `Clean up after ${cacheId}, which is gone: ${left}.`, { calls });
  }

  const maker = makerOf(cache);
  const isOurs = maker.known && maker.operationId !== undefined;
  const isFailed = cache.status === 'create-failed';
  const isOptedIn = cache.tags?.[terms.optInTag] === 'true';
  if (cache.globalDatastoreId !== undefined) {
    return refuse('InGlobalDatastore', `it belongs to ${cache.globalDatastoreId}: take it out of there first.`);
  }
  // Of one that has failed ElastiCache tells no tags, and it will never become available.
  if (!isFailed && (cache.status !== 'available' || cache.tags === undefined)) {
    return refuse('CacheBusy', `it is ${cache.status}; ask again when it is available, or gone.`);
  }
  if (!wanted.evenIfNotOurs && !(isOurs && (isOptedIn || isFailed))) {
    const why = isOurs ? `it has no tag ${terms.optInTag}=true` : 'the autopilot did not create it';
    return refuse('NotOurs', `${why}. Name it twice if it is meant all the same.`);
  }
  if (policy === 'Orphan') {
    const TagKeys = ourTags(terms.optInTag).filter((key) => cache.tags?.[key] !== undefined);
    const calls =
      TagKeys.length > 0 ? [elastiCache('RemoveTagsFromResource', { ResourceName: cache.arn, TagKeys })] : [];
    return end('let-go', 'CacheToLetGo', `Let go of ${cacheId}: it stays, and the autopilot leaves it alone.`, {
      calls,
    });
  }

  const finalSnapshot = cache.kind === 'cluster' || isFailed ? undefined : finalSnapshotName(cacheId, terms.startedAt);
  const adopt = !isOptedIn && !isFailed;
  const without = isFailed ? 'it never held data' : 'Memcached has none';
  const how = finalSnapshot ? `with the final snapshot ${finalSnapshot}` : `without a final snapshot, since ${without}`;
  const nodes = cache.shards.reduce((sum, { nodeCount }) => sum + nodeCount, 0);
  return end('delete', 'CacheToDelete', `Delete ${cacheId} (${nodes} nodes) ${how}.`, {
    calls: [
      ...deletingCalls(cache, { finalSnapshot, adopt, optInTag: terms.optInTag }),
      ...cleaningCalls(cacheId, seen),
    ],
    ...(finalSnapshot ? { finalSnapshot } : {}),
    ...(adopt ? { adopt } : {}),
  });
};

/**
 * The account's mode, made more careful by the request and by the cache's tag `autopilot:creation`. `autopilot:mode` speaks of
 * what the autopilot does by itself; who asks for a deletion has decided already.
 */
const modeFor = ({ cache, observedAt }: DeletionSeen, { policy, optInTag }: DeletionTerms, requested?: Mode) => {
  const mode = modeAt(policy, 'creation', observedAt, requested);
  const tags = Object.fromEntries(Object.entries(cache?.tags ?? {}).filter(([key]) => key !== MODE_TAG));
  const tagged = modesFor(tags, policy, optInTag);
  return { mode: mostCareful(mode, tagged.modes.creation), doubts: tagged.doubts };
};

const makerIn = (cache: CacheSeen): string => {
  const maker = makerOf(cache);
  return (maker.known && maker.operationId) || 'nobody';
};

const thereOf = (cacheId: string, { cache, parameterGroups, secret, specification }: DeletionSeen): string[] => [
  ...(cache ? [`cache ${cacheId} (${cache.status})`] : []),
  ...parameterGroups.map((name) => `parameter group ${name}`),
  ...(secret ? [`secret ${tokenSecretName(cacheId)}`] : []),
  ...(specification ? ['its specification in the ledger'] : []),
];

const elastiCache = (operation: string, parameters: Readonly<Record<string, unknown>>): PlannedCall => ({
  service: 'elasticache',
  operation,
  parameters,
});

const deletingCalls = (
  { cacheId, arn, kind }: CacheSeen,
  { finalSnapshot, adopt, optInTag }: { finalSnapshot: string | undefined; adopt: boolean; optInTag: string },
): PlannedCall[] => [
  ...(adopt ? [elastiCache('AddTagsToResource', { ResourceName: arn, Tags: [{ Key: optInTag, Value: 'true' }] })] : []),
  kind === 'cluster'
    ? elastiCache('DeleteCacheCluster', { CacheClusterId: cacheId })
    : elastiCache('DeleteReplicationGroup', {
        ReplicationGroupId: cacheId,
        RetainPrimaryCluster: false,
        ...(finalSnapshot ? { FinalSnapshotIdentifier: finalSnapshot } : {}),
      }),
];

const cleaningCalls = (cacheId: string, { parameterGroups, secret }: DeletionSeen): PlannedCall[] => [
  ...parameterGroups.map((name) => elastiCache('DeleteCacheParameterGroup', { CacheParameterGroupName: name })),
  ...(secret
    ? [
        {
          service: 'secretsmanager' as const,
          operation: 'DeleteSecret',
          parameters: { SecretId: tokenSecretName(cacheId), RecoveryWindowInDays: SECRET_RECOVERY_DAYS },
        },
      ]
    : []),
];
