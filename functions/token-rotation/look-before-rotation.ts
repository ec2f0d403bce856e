import type { z } from 'zod';
import type { CacheEvents } from '../platform/cache-events.ts';
import { type VpcEyes, vpcSeen } from '../platform/cache-vpc.ts';
import type { CacheSeen, Caches } from '../platform/caches.ts';
import type { Ledger, OperationRecord } from '../platform/ledger.ts';
import { tokenSecretName, userSecretName } from '../platform/names.ts';
import { otherHolder, otherQuestion } from '../platform/others-at-work.ts';
import type { Secrets } from '../platform/secrets.ts';
import { secondsAfter } from '../platform/units.ts';
import type { Users } from '../platform/users.ts';
import { failoverUnderWay } from './failover-under-way.ts';
import type { RotationSeen } from './observation.ts';
import { WantedRotation } from './plan-rotation.ts';
import { isOf, lastWorkAmong, ROTATION_WORKFLOW } from './rotation-history.ts';
import type { PlanRotationInput } from './schemas.ts';

export interface Eyes extends VpcEyes {
  readonly region: string;
  readonly caches: Pick<Caches, 'find'>;
  readonly users: Pick<Users, 'find'>;
  readonly events: Pick<CacheEvents, 'of'>;
  readonly secrets: Pick<Secrets, 'find'>;
  readonly ledger: Pick<Ledger, 'holder' | 'openQuestions' | 'record' | 'operations' | 'graceOf'>;
}

/** How many operations of a cache are read, for its last rotation and for who changed its token. */
const OPERATIONS_READ = 200;
/** A failover's recovery takes minutes; one of which nothing was heard for an hour is found at the nodes, or is over. */
const FAILOVER_SECONDS = 3600;
/** A rotation whose grace period is over for so long has died, if it has not ended. A person has a day to answer. */
const DIED_AFTER_SECONDS = 2 * 86_400;

/** Looks at everything that a plan for a rotation depends on, but the nodes. Changes nothing, and reads no token. */
export const lookBeforeRotation = async (
  { operationId, request, tried, retired = false, now }: z.output<typeof PlanRotationInput>,
  eyes: Eyes,
): Promise<RotationSeen> => {
  const nothing: RotationSeen = { observedAt: now, changedByUs: false, tried };
  const wanted = WantedRotation.safeParse(request);
  // It will be refused, and AWS would not even look for what is no id.
  if (!wanted.success) return nothing;
  const { cacheId, userId } = wanted.data;
  const cache = await eyes.caches.find(cacheId, 'with details');
  if (!cache || cache.kind === 'cluster') return { ...nothing, cache };

  const key = { region: eyes.region, cacheId };
  const looker = { ledger: eyes.ledger, operationId };
  const [user, secret, operations, events, vpc, holder, asked] = await Promise.all([
    userId === undefined ? undefined : eyes.users.find(userId, 'with tags'),
    eyes.secrets.find(userId === undefined ? tokenSecretName(cacheId) : userSecretName(cacheId, userId)),
    eyes.ledger.operations({ ...key, limit: OPERATIONS_READ }),
    eyes.events.of(cacheId, secondsAfter(now, -FAILOVER_SECONDS)),
    vpcSeen(cache, eyes),
    otherHolder(key, now, looker),
    otherQuestion({ cacheId, workflow: ROTATION_WORKFLOW }, now, looker),
  ]);
  const rotations = operations.filter((record) => isOf(record, userId) && record.operationId !== operationId);
  return {
    ...nothing,
    cache,
    user,
    secret,
    holder,
    asked,
    underWay: await underWay(rotations, now, eyes.ledger),
    changedByUs: retired || wasChangedByUs(cache, operations),
    last: lastWorkAmong(rotations),
    failover: failoverUnderWay(events),
    vpc,
  };
};

/** A rotation that has begun and not ended. Its grace period may last days, in which it has no lock. */
const underWay = async (
  rotations: readonly OperationRecord[],
  now: string,
  ledger: Pick<Ledger, 'graceOf'>,
): Promise<RotationSeen['underWay']> => {
  for (const { operationId, startedAt, outcome } of rotations) {
    if (outcome !== undefined) continue;
    const grace = await ledger.graceOf(operationId);
    if (Date.parse(secondsAfter(grace?.endsAt ?? startedAt, DIED_AFTER_SECONDS)) > Date.parse(now)) {
      return { operationId, graceEndsAt: grace?.endsAt };
    }
  }
  return undefined;
};

/**
 * Whether the token is as an operation of ours left it: ElastiCache tells only when it was last changed. A cache whose token is as
 * old as itself has the one that it was created with.
 */
const wasChangedByUs = ({ tokenChangedAt, createdAt }: CacheSeen, operations: readonly OperationRecord[]): boolean => {
  if (tokenChangedAt === undefined) return false;
  const changed = Date.parse(tokenChangedAt);
  if (createdAt !== undefined && changed <= Date.parse(creationEndedAt(createdAt, operations))) return true;
  return operations.some(
    ({ workflow, startedAt, fencing, closedAt, outcome }) =>
      CHANGES_TOKENS.includes(workflow) &&
      // Who never had the lock has ordered nothing.
      fencing !== undefined &&
      Date.parse(startedAt) <= changed &&
      (closedAt === undefined ||
        changed <= Date.parse(secondsAfter(closedAt, outcome === 'done' ? 0 : APPLIED_SECONDS))),
  );
};

/** The end of a creation by us is known: what was changed after it was changed by somebody, however young the cache is. */
const creationEndedAt = (createdAt: string, operations: readonly OperationRecord[]): string => {
  const created = Date.parse(createdAt);
  const ours = operations.find(
    ({ workflow, startedAt, closedAt, outcome }) =>
      workflow === 'create-cache' &&
      outcome === 'done' &&
      closedAt !== undefined &&
      Date.parse(startedAt) <= created &&
      created <= Date.parse(closedAt),
  );
  return ours?.closedAt ?? secondsAfter(createdAt, CREATION_SECONDS);
};

const CHANGES_TOKENS: readonly string[] = ['create-cache', ROTATION_WORKFLOW];
/** What an operation had ordered goes on without it when it is stopped: for as long as the workflow would have waited for it. */
const APPLIED_SECONDS = 3600;
/** Whether ElastiCache tells the beginning or the end of a creation is not documented; it is diagnosed after 30 minutes. */
const CREATION_SECONDS = 1800;
