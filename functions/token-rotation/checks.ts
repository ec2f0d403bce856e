import type { CacheSeen } from '../platform/caches.ts';
import { tokenSecretName, userSecretName } from '../platform/names.ts';
import type { TokenRotationPolicy } from '../platform/policy.ts';
import { isInside } from '../platform/windows.ts';
import type { RotationSeen } from './observation.ts';
import type { WantedRotation } from './plan-rotation.ts';
import type { Check, RotationReason, Tried } from './schemas.ts';

/** What the checks look at. */
export interface Candidate {
  readonly cache: CacheSeen;
  readonly seen: RotationSeen;
  readonly wanted: WantedRotation;
  readonly policy: TokenRotationPolicy;
  /** Whose it is, in words. */
  readonly what: string;
  readonly optInTag: string;
}

type Finding = { readonly says: string } | { readonly reason: RotationReason; readonly says: string };
/** Undefined: there is nothing to be said of it yet. */
type Judge = (candidate: Candidate) => Finding | undefined;

const kind: Judge = ({ cache, wanted: { userId } }) => {
  if (cache.engine === 'memcached' || cache.kind === 'cluster') {
    return { reason: 'NothingToRotate', says: 'Only a replication group has tokens and users that can be rotated.' };
  }
  if (!cache.tls) return { reason: 'NothingToRotate', says: 'Without TLS it has neither tokens nor users.' };
  if (userId !== undefined) return { says: 'It speaks TLS.' };
  if ((cache.userGroupIds ?? []).length > 0) {
    return {
      reason: 'NothingToRotate',
      says: `It asks the users of ${cache.userGroupIds?.join(', ')}, and no token: name one of them with --user.`,
    };
  }
  // ROTATE of a token into a group without one would leave it open to everybody until SET (ElastiCache guide, AUTH).
  return cache.authToken
    ? { says: 'It speaks TLS and has a token.' }
    : {
        reason: 'NothingToRotate',
        says: 'It has no token: with a first one it would stay open to everybody until that is demanded. Add authToken to its specification and apply it, which says so and does both.',
      };
};

const user: Judge = ({ cache, seen, wanted: { userId }, optInTag }) => {
  if (userId === undefined) return undefined;
  const groupIds = cache.userGroupIds ?? [];
  const found = seen.user;
  if (!found?.groups.some(({ groupId }) => groupIds.includes(groupId))) {
    const says =
      groupIds.length === 0
        ? 'It has no user group: it asks for a token, or for nothing.'
        : `None of its user groups (${groupIds.join(', ')}) has a user with the id ${userId}.`;
    return { reason: 'NoSuchUser', says };
  }
  if (found.tags?.[optInTag] !== 'true') {
    return {
      reason: 'NotOurs',
      says: `User ${userId} has no tag ${optInTag}=true: without it the autopilot may not change its passwords.`,
    };
  }
  if (found.authentication !== 'password' || found.passwordCount === 0) {
    return {
      reason: 'NothingToRotate',
      says: `User ${userId} has no password: ElastiCache says “${found.authentication}” of how it logs in.`,
    };
  }
  const caches = found.groups.flatMap(({ cacheIds, serverlessIds }) => [...cacheIds, ...serverlessIds]);
  const others = [...new Set(caches)].filter((id) => id !== cache.cacheId);
  if (others.length > 0) {
    return {
      reason: 'UserInSeveralCaches',
      says: `User ${userId} belongs to ${others.join(', ')} too, where nobody would look whether the new password works: give each cache a user of its own.`,
    };
  }
  const busy = [
    ...(found.status === 'active' ? [] : [`user ${userId} is ${found.status}`]),
    ...found.groups.filter(({ status }) => status !== 'active').map(({ groupId, status }) => `${groupId} is ${status}`),
  ];
  return busy.length === 0
    ? { says: `User ${userId} and its groups are active.` }
    : { reason: 'CacheBusy', says: `The change of another password goes on (${busy.join(', ')}): ask again later.` };
};

const secret: Judge = ({ cache, seen: { secret: found }, wanted: { userId }, optInTag }) => {
  const name = userId === undefined ? tokenSecretName(cache.cacheId) : userSecretName(cache.cacheId, userId);
  if (found?.currentVersionId !== undefined && !found.deletionScheduled) {
    return found.tags?.[optInTag] === 'true'
      ? { says: `The secret ${name} is there.` }
      : {
          reason: 'NotOurs',
          says: `The secret ${name} has no tag ${optInTag}=true: without it the autopilot may neither read nor write it.`,
        };
  }
  return {
    reason: 'TokenUnknown',
    says: found?.deletionScheduled
      ? `The secret ${name} is scheduled for deletion: restore it.`
      : `There is no secret ${name} with a value, and ElastiCache tells nobody what is valid now: write it there, as docs/applications.md says.`,
  };
};

const pending: Judge = ({ seen: { secret: found }, wanted: { versionId, bySecretsManager } }) => {
  if (!found) return undefined;
  if (versionId !== undefined && found.pendingVersionId !== versionId && found.currentVersionId !== versionId) {
    return {
      reason: 'PendingOfAnother',
      says: `Version ${versionId} is not the one that is to become current (AWSPENDING): Secrets Manager has begun anew.`,
    };
  }
  if (versionId !== undefined && found.currentVersionId === versionId) {
    return { reason: 'PendingOfAnother', says: `Version ${versionId} is the current one already.` };
  }
  return {
    says: bySecretsManager ? 'Secrets Manager has made a version for the new one.' : 'No other new one is on its way.',
  };
};

const lock: Judge = ({ seen }) =>
  seen.holder
    ? {
        reason: 'CacheLocked',
        says: `${seen.holder.operationId} works on it, and has its lock until ${seen.holder.leaseUntil} at the latest: ask again when it has ended.`,
      }
    : { says: 'No operation works on it.' };

const asked: Judge = ({ seen }) =>
  seen.asked
    ? { reason: 'AlreadyAsked', says: `${seen.asked} waits for a person already: answer that one.` }
    : { says: 'No other rotation of it waits for a person.' };

const graceText = ({ underWay: other, observedAt }: RotationSeen): string => {
  if (!other?.graceEndsAt) return '';
  return Date.parse(other.graceEndsAt) > Date.parse(observedAt)
    ? `, in its grace period until ${other.graceEndsAt}`
    : '; its grace period is over, and it may wait for a person (autopilot approvals)';
};

const underWay: Judge = ({ seen }) =>
  seen.underWay
    ? {
        reason: 'RotationUnderWay',
        says: `${seen.underWay.operationId} rotates it already${graceText(seen)}.`,
      }
    : { says: 'No other rotation of it is under way.' };

const available: Judge = ({ cache }) => {
  const busy = cache.shards
    .filter(({ status }) => status !== 'available')
    .map(({ id, status }) => `${id} is ${status}`);
  return cache.status === 'available' && busy.length === 0
    ? { says: 'The cache and all its shards are available.' }
    : {
        reason: 'CacheBusy',
        says: `The cache is ${cache.status}${busy.length > 0 ? `, and of its shards ${busy.join(', ')}` : ''}: ask again when it is available.`,
      };
};

const changes: Judge = ({ cache: { pending: names = [], untoldMembers = 0 } }) => {
  if (names.length > 0)
    return { reason: 'ChangesPending', says: `Changes are ordered and not applied: ${names.join(', ')}.` };
  return untoldMembers > 0
    ? {
        reason: 'ChangesPending',
        says: `Of ${untoldMembers} nodes ElastiCache does not tell now whether changes are pending.`,
      }
    : { says: 'No change is pending.' };
};

const failover: Judge = ({ seen }) =>
  seen.failover
    ? {
        reason: 'FailoverUnderWay',
        says: `A failover goes on (${seen.failover.says}, ${seen.failover.at}): ask again when the cache has recovered.`,
      }
    : { says: 'No failover is under way.' };

const vpc: Judge = ({ seen }) =>
  seen.vpc?.configured
    ? { says: `The nodes can be tried in ${seen.vpc.id}.` }
    : {
        reason: 'VpcNotConfigured',
        says: `${seen.vpc ? `${seen.vpc.id} is not` : 'Its VPC is not known, so it cannot be'} among the VPCs of autopilot.yaml: nobody could try the tokens there.`,
      };

const window: Judge = ({ seen, policy, wanted }) => {
  if (!wanted.unasked || policy.windows.length === 0) return { says: 'It may begin at this time.' };
  return policy.windows.some((text) => isInside(text, seen.observedAt))
    ? { says: 'It is inside the windows of the policy.' }
    : { reason: 'OutsideWindow', says: `It is outside ${policy.windows.join(', ')}.` };
};

const openness: Judge = ({ seen: { tried } }) => {
  if (!tried) return undefined;
  return tried.open
    ? {
        reason: 'CacheIsOpen',
        says: 'A node lets in who comes without a token: a rotation would leave it open until its end. Apply its specification with authToken, which demands the token.',
      }
    : { says: 'No node lets in who comes without a token.' };
};

const current: Judge = ({ seen: { tried } }) => {
  if (!tried) return undefined;
  if (tried.current === 'everywhere') return { says: `All ${tried.nodes} nodes accept the current one (AWSCURRENT).` };
  return tried.current === 'nowhere'
    ? {
        reason: 'CurrentTokenRefused',
        says: 'No node accepts the current one (AWSCURRENT): somebody changed it past its secret. Write the valid one there first.',
      }
    : { reason: 'NodesDisagree', says: 'Some nodes accept the current one (AWSCURRENT), and some refuse it.' };
};

/**
 * Whether a token that is in no secret may be valid, which no node can tell: ElastiCache says when a token was last changed, and how
 * many passwords a user has.
 */
export const mayHideAnother = ({ changedBy, user: found }: RotationSeen, userId: string | undefined): boolean =>
  userId === undefined ? changedBy !== 'ours' : (found?.passwordCount ?? 0) > 1;

/** Whether what may be hidden is of a rotation of ours that was interrupted: making the current one the only one harms nobody. */
export const isPerhapsOurs = ({ changedBy }: RotationSeen, userId: string | undefined): boolean =>
  userId === undefined && changedBy === 'perhaps-ours';

/** Whether a node accepts a token whose version has not the label any more by which it was tried. */
const haveLabelsMoved = (
  { secret: found }: RotationSeen,
  { pending: asPending, previous: asPrevious }: Tried,
): boolean => {
  const hasPending = found?.pendingVersionId !== undefined && found.pendingVersionId !== found.currentVersionId;
  return (isAccepted(asPending) && !hasPending) || (isAccepted(asPrevious) && found?.previousVersionId === undefined);
};

/** Whether a token lets in whoever has it, on a node at least. */
export const isAccepted = (acceptance: Tried['current']): boolean =>
  acceptance === 'everywhere' || acceptance === 'somewhere';

const others: Judge = ({ cache, seen, wanted: { dropUnknown, userId } }) => {
  const { tried } = seen;
  if (!tried) return undefined;
  if (haveLabelsMoved(seen, tried)) {
    return {
      reason: 'PendingOfAnother',
      says: 'The labels of the secret have moved since the nodes were tried: a token that they accept has none any more. Ask again.',
    };
  }
  const accepted = [tried.pending, tried.previous].filter(isAccepted);
  if (accepted.includes('somewhere')) {
    return {
      reason: 'NodesDisagree',
      says: 'Some nodes accept a token besides the current one that others refuse, though no change is under way.',
    };
  }
  // ElastiCache keeps two at most, so these, and the current one, cannot be all valid.
  if (accepted.length > 1) {
    return { reason: 'NodesDisagree', says: 'Three tokens seem to be valid, and ElastiCache keeps two at most.' };
  }
  if (accepted.length === 1 || dropUnknown) return { says: 'Every token that can be valid is known.' };
  if (isPerhapsOurs(seen, userId)) {
    return {
      says: 'A rotation of ours was interrupted when it was last changed: the current one is made the only one first.',
    };
  }
  return mayHideAnother(seen, userId)
    ? {
        reason: 'TokenChangedElsewhere',
        says:
          userId === undefined
            ? `The token was changed at ${cache.tokenChangedAt ?? 'an unknown time'} by somebody else: another one that is in no secret may be valid too, and its clients would be refused. Ask with --drop-unknown, if that is meant.`
            : 'The user has a second password that is in no secret, and its clients would be refused. Ask with --drop-unknown, if that is meant.',
      }
    : { says: 'No token besides the current one is valid.' };
};

/** The gravest first: what a refusal is named after. */
const JUDGES: readonly (readonly [name: string, judge: Judge])[] = [
  ['kind', kind],
  ['user', user],
  ['secret', secret],
  ['lock', lock],
  ['under-way', underWay],
  ['asked', asked],
  ['pending', pending],
  ['available', available],
  ['changes', changes],
  ['failover', failover],
  ['vpc', vpc],
  ['window', window],
  ['open', openness],
  ['current', current],
  ['others', others],
];

/** Of what has no token, or of nobody, nothing else is to be said: the rest would only lead astray. */
const DECISIVE: readonly string[] = ['kind', 'user'];

/** Everything that has to hold before a rotation, each with its finding; what needs the nodes only when they were tried. */
export const checksBeforeRotation = (candidate: Candidate): readonly Check[] => {
  const checks = JUDGES.flatMap(([name, judge]): Check[] => {
    const finding = judge(candidate);
    if (!finding) return [];
    return 'reason' in finding
      ? [{ name, passed: false, says: finding.says, reason: finding.reason }]
      : [{ name, passed: true, says: finding.says }];
  });
  const decisive = checks.find(
    ({ name, passed, reason }) => !passed && DECISIVE.includes(name) && reason !== 'CacheBusy',
  );
  return decisive ? checks.slice(0, checks.indexOf(decisive) + 1) : checks;
};
