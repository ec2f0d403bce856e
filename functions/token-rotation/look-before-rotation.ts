import type { z } from 'zod';
import type { CacheEvents } from '../platform/cache-events.ts';
import { type VpcEyes, vpcSeen } from '../platform/cache-vpc.ts';
import type { Caches } from '../platform/caches.ts';
import type { GracePeriod, Ledger, OperationRecord } from '../platform/ledger.ts';
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
import { rotationUnderWay } from './under-way.ts';
import { whoChanged } from './who-changed.ts';

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
/** Looks at everything that a plan for a rotation depends on, but the nodes. Changes nothing, and reads no token. */
export const lookBeforeRotation = async (
  { operationId, request, tried, retired = false, now }: z.output<typeof PlanRotationInput>,
  eyes: Eyes,
): Promise<RotationSeen> => {
  const nothing: RotationSeen = { observedAt: now, changedBy: 'somebody-else', tried };
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
    userId === undefined
      ? eyes.secrets.find(tokenSecretName(cacheId))
      : eyes.secrets.find(userSecretName(cacheId, userId), 'with dates'),
    eyes.ledger.operations({ ...key, limit: OPERATIONS_READ }),
    eyes.events.of(cacheId, secondsAfter(now, -FAILOVER_SECONDS)),
    vpcSeen(cache, eyes),
    otherHolder(key, now, looker),
    otherQuestion({ cacheId, workflow: ROTATION_WORKFLOW }, now, looker),
  ]);
  // Before this one plans it has ordered nothing, unless it has just retired the others.
  const others = operations.filter((record) => record.operationId !== operationId);
  const ofIt = operations.filter((record) => isOf(record, userId));
  const rotations = ofIt.filter((record) => record.operationId !== operationId);
  const graces = await gracesOf(operations, eyes.ledger);
  return {
    ...nothing,
    cache,
    user,
    secret,
    holder,
    asked,
    underWay: await rotationUnderWay(rotations, now, eyes.ledger),
    changedBy: retired ? 'ours' : whoChanged(cache, others, graces),
    graceEndsAt: endOfGrace(ofIt, secret?.currentVersionId, graces),
    last: lastWorkAmong(rotations),
    failover: failoverUnderWay(events),
    vpc,
  };
};

/** So many rotations of a cache are asked for their grace periods: the newest one is what counts, and most were refused or observed. */
const GRACES_READ = 20;

const gracesOf = async (
  operations: readonly OperationRecord[],
  ledger: Pick<Ledger, 'graceOf'>,
): Promise<ReadonlyMap<string, GracePeriod>> => {
  const begun = operations.filter(({ workflow, fencing }) => workflow === ROTATION_WORKFLOW && fencing !== undefined);
  const graces = await Promise.all(
    begun
      .slice(0, GRACES_READ)
      .map(async ({ operationId }) => [operationId, await ledger.graceOf(operationId)] as const),
  );
  return new Map(graces.flatMap(([operationId, grace]) => (grace ? [[operationId, grace]] : [])));
};

/** Until when the old token was promised to be valid, when the current one became so: somebody may have asked for more time. */
const endOfGrace = (
  rotations: readonly OperationRecord[],
  currentVersionId: string | undefined,
  graces: ReadonlyMap<string, GracePeriod>,
): string | undefined =>
  rotations
    .flatMap(({ operationId }) => graces.get(operationId) ?? [])
    .filter(({ versionId }) => versionId === currentVersionId)
    .map(({ endsAt }) => endsAt)
    .sort()
    .at(-1);
