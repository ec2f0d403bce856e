import * as z from 'zod';
import type { CacheSeen } from '../platform/caches.ts';
import type { GracePeriod, OperationRecord } from '../platform/ledger.ts';
import { type IsoTime, secondsAfter } from '../platform/units.ts';
import { ROTATION_WORKFLOW } from './rotation-history.ts';

/**
 * Who changed a token last. `ours`: an operation of ours left it so. `perhaps-ours`: one of ours was interrupted that may have
 * ordered it; making the current one the only one settles that. `somebody-else`: beside the current one another may be valid that is
 * in no secret.
 */
export type Changer = 'ours' | 'perhaps-ours' | 'somebody-else';

/** What a rotation leaves in its figures when it knows how it left the token. */
const Figures = z.looseObject({ tokenChangedAt: z.string().optional().catch(undefined) });

/** The token that a cache was created with is as old as itself; ElastiCache may tell the two a moment apart. */
const SAME_TIME_SECONDS = 60;
/** What an operation had ordered goes on without it when it is stopped: for as long as the workflow would have waited for it. */
const APPLIED_SECONDS = 3600;
/** A rotation that somebody else has disturbed vouches for nothing. */
const DISTURBED = 'TokenChangedElsewhere';

/**
 * ElastiCache tells only when a token was last changed, and nobody how many are valid. So only the very time is taken for ours that
 * one of ours has seen at its end, and that of the cache's own creation.
 *
 * @param operations of the cache, in any order
 * @param graceOf    the grace period of each rotation among them that has one: in it we order nothing
 */
export const whoChanged = (
  { tokenChangedAt, createdAt }: Pick<CacheSeen, 'tokenChangedAt' | 'createdAt'>,
  operations: readonly OperationRecord[],
  graceOf: ReadonlyMap<string, GracePeriod>,
): Changer => {
  if (tokenChangedAt === undefined) return 'somebody-else';
  const isWithin = (from: IsoTime, to: IsoTime | undefined) =>
    Date.parse(from) <= Date.parse(tokenChangedAt) &&
    (to === undefined || Date.parse(tokenChangedAt) <= Date.parse(to));
  if (createdAt !== undefined && isWithin(createdAt, secondsAfter(createdAt, SAME_TIME_SECONDS))) return 'ours';

  const whoseWas = (record: OperationRecord): Changer => {
    const { operationId, workflow, startedAt, closedAt, outcome, reason, fencing } = record;
    // Who never had the lock has ordered nothing.
    if (fencing === undefined) return 'somebody-else';
    if (workflow === 'create-cache') {
      // One that gave the cache another size, for hours perhaps, vouches for no token.
      if (!ordersToken(record)) return 'somebody-else';
      // It is done only when what it ordered is: what comes later somebody else has ordered, however young the cache is.
      if (outcome === 'done') return isWithin(startedAt, closedAt) ? 'ours' : 'somebody-else';
      return isWithin(startedAt, closedAt && secondsAfter(closedAt, APPLIED_SECONDS))
        ? 'perhaps-ours'
        : 'somebody-else';
    }
    if (workflow !== ROTATION_WORKFLOW) return 'somebody-else';
    const left = Figures.parse(record.figures ?? {}).tokenChangedAt;
    if (left !== undefined) return Date.parse(left) === Date.parse(tokenChangedAt) ? 'ours' : 'somebody-else';
    if (reason === DISTURBED) return 'somebody-else';
    const until = closedAt && secondsAfter(closedAt, APPLIED_SECONDS);
    const grace = graceOf.get(operationId);
    if (!grace) return isWithin(startedAt, until) ? 'perhaps-ours' : 'somebody-else';
    const atItsBeginning = isWithin(startedAt, grace.since);
    return atItsBeginning || isWithin(grace.endsAt, until) ? 'perhaps-ours' : 'somebody-else';
  };
  const all = operations.map(whoseWas);
  return all.find((one) => one === 'ours') ?? all.find((one) => one === 'perhaps-ours') ?? 'somebody-else';
};

/** Whether what was decided has a call with a token in it, which stands there as a reference. */
const ordersToken = ({ decision }: OperationRecord): boolean =>
  (decision?.calls ?? []).some(({ parameters = {} }) => 'AuthToken' in parameters);
