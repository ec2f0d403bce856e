import { createHash } from 'node:crypto';
import type { CacheSeen } from '../platform/caches.ts';
import type { Fleet } from '../platform/fleet.ts';
import type { Ledger, OperationRecord } from '../platform/ledger.ts';
import { tokenSecretName, userSecretName } from '../platform/names.ts';
import type { TokenRotationPolicy } from '../platform/policy.ts';
import type { SecretSeen, Secrets } from '../platform/secrets.ts';
import type { Users } from '../platform/users.ts';
import { isInside } from '../platform/windows.ts';
import { dueBecause } from './due.ts';
import { isOf, lastWorkAmong, ROTATION_WORKFLOW, workOf } from './rotation-history.ts';
import type { ListDueOutput } from './schemas.ts';
import { rotationUnderWay } from './under-way.ts';

interface Memory {
  readonly region: string;
  readonly optInTag: string;
  readonly ledger: Pick<Ledger, 'operations' | 'openQuestions' | 'graceOf'>;
  readonly secrets: Pick<Secrets, 'find'>;
  readonly users: Pick<Users, 'inGroups'>;
}

type Due = ListDueOutput['due'][number] & {
  /** It was asked for lately and not possible. */
  readonly refusedLately: boolean;
};

/** How many operations of a cache are read for its last rotation. */
const OPERATIONS_READ = 200;
/** As many as one look may start. */
const MOST_AT_ONCE = 10;
const HOUR_MS = 3_600_000;
/**
 * Whoever was asked and has said no or nothing is not asked again every hour, nor is what had to be undone tried again every hour.
 * Half a day less than a week, so that a window of one hour a week is not missed by minutes.
 */
const ASK_AGAIN_AFTER_HOURS = 6.5 * 24;
const REFUSED_LATELY_HOURS = 24;

/** Which tokens and passwords of the caches that opted in are due for rotation and can be rotated, in the order of this hour. */
export const findDue = async (
  { managed }: Fleet,
  now: string,
  { everyDays, startedPerLook, windows }: TokenRotationPolicy,
  memory: Memory,
): Promise<ListDueOutput> => {
  if (windows.length > 0 && !windows.some((text) => isInside(text, now))) return { due: [], startedPerLook };
  const due: Due[] = [];
  const isAskedAbout = await cachesAskedAbout(now, memory.ledger);
  for (const { cache } of managed) {
    if (cache.kind === 'cluster' || isAskedAbout.has(cache.cacheId)) continue;
    due.push(...(await dueOf(cache, now, everyDays, memory)));
  }
  // What is not possible now must not keep the others waiting, and nobody is always the last.
  const turnOf = ({ cacheId, userId = '', refusedLately }: Due) =>
    `${refusedLately ? 1 : 0} ${hashOf(`${now.slice(0, 13)} ${cacheId} ${userId}`)}`;
  const inTurn = due.sort((one, other) => turnOf(one).localeCompare(turnOf(other)));
  // The second of a cache would only find it locked by the first.
  const oneEach = inTurn.filter(({ cacheId }, index) => inTurn.findIndex((one) => one.cacheId === cacheId) === index);
  return { due: oneEach.slice(0, MOST_AT_ONCE).map(({ refusedLately: _, ...listed }) => listed), startedPerLook };
};

/** What is due of one cache: its token, and its users' passwords. */
const dueOf = async (cache: CacheSeen, now: string, everyDays: number, memory: Memory): Promise<Due[]> => {
  const { cacheId, authToken, userGroupIds = [] } = cache;
  const userIds = userGroupIds.length > 0 ? await memory.users.inGroups(userGroupIds) : [];
  const targets = [...(authToken ? [undefined] : []), ...userIds];
  if (targets.length === 0) return [];
  const operations = await memory.ledger.operations({ region: memory.region, cacheId, limit: OPERATIONS_READ });
  const due: Due[] = [];
  for (const userId of targets) {
    const rotations = operations.filter((record) => isOf(record, userId));
    if (wasAskedLately(rotations, now) || (await rotationUnderWay(rotations, now, memory.ledger))) continue;
    const name = userId === undefined ? tokenSecretName(cacheId) : userSecretName(cacheId, userId);
    const secret = await memory.secrets.find(name, 'with dates');
    if (!secret || !isOurs(secret, memory.optInTag)) continue;
    const age = { observedAt: now, changedAt: changedAt(cache, userId, secret), last: lastWorkAmong(rotations) };
    const because = dueBecause(age, everyDays);
    if (because === undefined) continue;
    due.push({
      cacheId,
      ...(userId === undefined ? {} : { userId }),
      operationId: idOf(cacheId, userId, now),
      because,
      refusedLately: rotations.some(({ outcome, startedAt }) => {
        return outcome === 'refused' && hoursSince(startedAt, now) < REFUSED_LATELY_HOURS;
      }),
    });
  }
  return due;
};

/** Of what is not in a secret of ours nobody could read the present token, and its rotation would be refused at every look. */
const isOurs = ({ currentVersionId, deletionScheduled, tags }: SecretSeen, optInTag: string): boolean =>
  currentVersionId !== undefined && !deletionScheduled && tags?.[optInTag] === 'true';

/** ElastiCache tells when a token was changed, and nothing of a password: of that its secret has to tell. */
const changedAt = (cache: CacheSeen, userId: string | undefined, secret: SecretSeen): string | undefined =>
  (userId === undefined ? cache.tokenChangedAt : undefined) ?? secret.currentSince ?? secret.changedAt;

/** One that was refused has asked nobody; one that is done counts by the token's age. */
const wasAskedLately = (rotations: readonly OperationRecord[], now: string): boolean =>
  rotations.some(
    (record) =>
      !['refused', 'done'].includes(workOf(record) ?? '') && hoursSince(record.startedAt, now) < ASK_AGAIN_AFTER_HOURS,
  );

const hoursSince = (at: string, now: string): number => (Date.parse(now) - Date.parse(at)) / HOUR_MS;

/** A rotation that waits for a person may have no record yet, and two yeses would be two rotations. */
const cachesAskedAbout = async (now: string, ledger: Pick<Ledger, 'openQuestions'>): Promise<ReadonlySet<string>> => {
  const questions = await ledger.openQuestions(now, Number.POSITIVE_INFINITY);
  return new Set(questions.filter(({ workflow }) => workflow === ROTATION_WORKFLOW).map(({ cacheId }) => cacheId));
};

/** One an hour: asked for twice in it, it is one operation. Long names are cut, and told apart by their hash. */
const idOf = (cacheId: string, userId: string | undefined, now: string): string => {
  const hour = now.slice(0, 13).replaceAll(/[-T]/g, '');
  if (userId === undefined) return `rotate-${cacheId.slice(0, 60)}-${hour}`;
  return `rotate-${cacheId.slice(0, 28)}-${userId.slice(0, 20)}-${hashOf(`${cacheId} ${userId}`).slice(0, 8)}-${hour}`;
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
