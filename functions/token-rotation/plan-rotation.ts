import * as z from 'zod';
import { modeOfRequest } from '../platform/fleet.ts';
import { CacheId, Mode } from '../platform/names.ts';
import type { AccountPolicy } from '../platform/policy.ts';
import { secondsAfter } from '../platform/units.ts';
import { type Candidate, checksBeforeRotation, isAccepted, isPerhapsOurs, mayHideAnother } from './checks.ts';
import { dueBecause, type RotationAge } from './due.ts';
import type { RotationSeen } from './observation.ts';
import type { RotationPlan, RotationReason, RotationRequest, Tried } from './schemas.ts';
import { versionIdOf } from './version-id.ts';

/** What a request has to look like. Strict: who misspells the user or the mode must not get another rotation. */
export const WantedRotation = z.strictObject({
  cacheId: CacheId,
  userId: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9-]*$/, 'the id of an ElastiCache user')
    .max(120)
    .optional(),
  versionId: z
    .string()
    .regex(/^[A-Za-z0-9-]{32,64}$/, 'the id of a secret’s version, 32–64 characters')
    .optional(),
  dropUnknown: z.boolean().default(false),
  mode: Mode.optional(),
  unasked: z.boolean().default(false),
  bySecretsManager: z.boolean().default(false),
  requestedBy: z.unknown().optional(),
  // Links the execution to the one that started it (Step Functions guide).
  AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: z.unknown().optional(),
});
export type WantedRotation = z.output<typeof WantedRotation>;

export interface RotationTerms {
  readonly operationId: string;
  readonly policy: AccountPolicy;
  readonly optInTag: string;
  readonly doubts?: readonly string[];
}

/**
 * Decides whether a token is rotated now, and with which step it begins. Pure, never throws, and every doubt ends in `refuse`.
 * Without `seen.tried` the answer to everything that speaks for a rotation is `try`.
 */
export const planRotation = (request: RotationRequest, seen: RotationSeen, terms: RotationTerms): RotationPlan => {
  const wanted = WantedRotation.safeParse(request);
  const cacheId = CacheId.safeParse(request.cacheId).data ?? 'unknown';
  const userId = wanted.data?.userId;
  const { cache, secret, tried } = seen;
  const { tokenRotation } = terms.policy;
  const what = userId === undefined ? `the AUTH token of ${cacheId}` : `the password of user ${userId} of ${cacheId}`;
  const heard = modeFor(seen, terms, wanted.data);
  const since = secret?.changedAt ?? seen.observedAt;
  // A version may keep the label for a moment when it has become the current one.
  const pendingVersionId = secret?.pendingVersionId === secret?.currentVersionId ? undefined : secret?.pendingVersionId;
  const draft: Omit<RotationPlan, 'action' | 'reason' | 'summary'> = {
    mode: heard.mode,
    why: '',
    what,
    target: {
      cacheId,
      ...(userId === undefined ? {} : { userId }),
      secretArn: secret?.arn ?? 'unknown',
      tls: cache?.tls ?? false,
      clusterMode: cache?.clusterMode ?? false,
    },
    versions: {
      current: secret?.currentVersionId ?? 'unknown',
      ...(pendingVersionId === undefined ? {} : { pending: pendingVersionId }),
      ...(secret?.previousVersionId === undefined ? {} : { previous: secret.previousVersionId }),
    },
    versionId: wanted.data?.versionId ?? pendingVersionId ?? versionIdOf(terms.operationId),
    vpcId: seen.vpc?.id ?? '',
    checks: [],
    doubts: [...(terms.doubts ?? []), ...heard.doubts],
    gracePeriodMinutes: tokenRotation.gracePeriodMinutes,
    graceEndsAt: later(secondsAfter(since, tokenRotation.gracePeriodMinutes * 60), seen.graceEndsAt),
    askBeforeRetiring: tokenRotation.askBeforeRetiring,
  };
  const refuse = (reason: RotationReason, because: string): RotationPlan => ({
    ...draft,
    action: 'refuse',
    reason,
    summary: `No rotation of ${what}: ${because}`,
  });

  if (!wanted.success) {
    const faults = wanted.error.issues.map(({ path, message }) => `${path.join('.') || 'the request'}: ${message}`);
    return refuse('InvalidRequest', `the request is not as it should be (${faults.join('; ')}).`);
  }
  if (!cache) return refuse('NoSuchCache', 'there is no such cache in this Region.');
  // While a cache is busy ElastiCache tells no tags, and then nobody knows whether it is ours.
  if (cache.tags === undefined) return refuse('CacheBusy', `it is ${cache.status}; ask again when it is available.`);
  if (cache.tags[terms.optInTag] !== 'true') return refuse('NotOurs', `it has no tag ${terms.optInTag}=true.`);
  if (wanted.data.unasked && !dueBecause(ageOf(seen), tokenRotation.everyDays) && !isUnfinished(tried)) {
    return refuse('NotDue', 'nobody asked for it, and it is not due.');
  }

  // Also when it only tests the set-up, in which nothing is done: what could never be done is no set-up.
  const { mode: unasked } = modeFor(seen, terms, { ...wanted.data, mode: undefined });
  if (wanted.data.bySecretsManager && unasked === 'approve') {
    return refuse(
      'SecretsManagerCannotWait',
      'a person has to be asked, and Secrets Manager gives up long before a person answers. Set modes.token-rotation to act, or rotate it by command.',
    );
  }

  const candidate: Candidate = {
    cache,
    seen,
    wanted: wanted.data,
    policy: tokenRotation,
    what,
    optInTag: terms.optInTag,
  };
  const checks = [...checksBeforeRotation(candidate)];
  const failed = checks.filter(({ passed }) => !passed);
  const found = { ...draft, checks, why: whyOf(seen, wanted.data, tokenRotation.everyDays) };
  const [gravest] = failed;
  if (gravest?.reason) {
    return {
      ...found,
      action: 'refuse',
      reason: gravest.reason,
      summary: `No rotation of ${what} now: ${failed.map(({ says }) => says).join(' ')}`,
    };
  }
  if (!tried) {
    return { ...found, action: 'try', reason: 'NodesToBeTried', summary: `Try which tokens are valid: ${what}.` };
  }
  const minutes = tokenRotation.gracePeriodMinutes;
  // Who only brings an earlier rotation to its end is asked, or asks, again when the next is due.
  const isAlone = wanted.data.unasked || wanted.data.bySecretsManager;
  const perhapsOurs = isPerhapsOurs(seen, userId);
  const unknown = (wanted.data.dropUnknown || perhapsOurs) && mayHideAnother(seen, userId) && !isUnfinished(tried);
  if (isAccepted(tried.previous) || unknown) {
    return {
      ...found,
      action: 'finish',
      reason: unknown ? 'TokenChangedElsewhere' : 'RotationUnfinished',
      // Of a token that nobody knows there is no promotion after which anybody has to be given time.
      graceEndsAt: unknown ? seen.observedAt : draft.graceEndsAt,
      summary: `Make the current one the only valid one${isAlone ? '' : ' first'}: ${what}; ${unknown ? (perhapsOurs ? 'an earlier rotation was interrupted while it was changed' : 'another one that is in no secret may be valid') : 'the one before is still valid, since an earlier rotation did not come to its end'}.${isAlone ? '' : ' Then rotate it: bring in a new one, make that the current one, and retire this one after a grace period of its own.'}`,
    };
  }
  const begun = isAccepted(tried.pending);
  return {
    ...found,
    action: 'rotate',
    reason: begun ? 'RotationUnfinished' : 'ReadyToRotate',
    summary: begun
      ? `Go on with the rotation of ${what} that was interrupted: its new one is valid beside the old one already; the old one is retired ${minutesText(minutes)} after the new one became the current one.`
      : `Rotate ${what}: bring in a new one beside it, which nobody notices, make that the current one, and retire the old one ${minutesText(minutes)} later; who has not fetched the new one by then is refused when it connects again.`,
  };
};

/** The later of two times. */
const later = (one: string, other: string | undefined): string =>
  other !== undefined && Date.parse(other) > Date.parse(one) ? other : one;

const isUnfinished = (tried: Tried | undefined): boolean =>
  tried !== undefined && (isAccepted(tried.previous) || isAccepted(tried.pending));

/** ElastiCache tells when a token was changed, and nothing of a password: of that its secret has to tell. */
const ageOf = ({ observedAt, cache, user, secret, last }: RotationSeen): RotationAge => ({
  observedAt,
  changedAt: (user ? undefined : cache?.tokenChangedAt) ?? secret?.currentSince ?? secret?.changedAt,
  last,
});

/** `24 hours`, `90 minutes`. */
const minutesText = (minutes: number): string => {
  const hours = minutes / 60;
  const [count, unit] = Number.isInteger(hours) ? [hours, 'hour'] : [minutes, 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

const whyOf = (seen: RotationSeen, { unasked, bySecretsManager }: WantedRotation, everyDays: number): string => {
  const asked = bySecretsManager ? 'Secrets Manager asks for it' : unasked ? 'Nobody asked for it' : 'It was asked for';
  return `${asked}; ${dueBecause(ageOf(seen), everyDays) ?? 'it is not due by itself'}.`;
};

/** The account's mode, made more careful by the request and the cache's tags. `autopilot:mode` speaks of what nobody asked for. */
const modeFor = (
  { cache, observedAt }: RotationSeen,
  { policy, optInTag }: RotationTerms,
  wanted: WantedRotation | undefined,
): { mode: Mode; doubts: readonly string[] } => {
  if (!wanted) return { mode: 'observe', doubts: [] };
  const asked = { mode: wanted.mode, unasked: wanted.unasked || wanted.bySecretsManager };
  return modeOfRequest('token-rotation', asked, cache?.tags ?? {}, { policy, optInTag, now: observedAt });
};
