import type { z } from 'zod';
import { driftFound } from '../../events/drift-found.ts';
import type { Bus } from '../platform/bus.ts';
import type { Ledger } from '../platform/ledger.ts';
import { driftIn } from './drift.ts';
import type { CheckDriftInput, CheckDriftOutput, CreationPlan, CreationRequest } from './schemas.ts';

interface Tools {
  readonly region: string;
  readonly ledger: Pick<Ledger, 'specOf' | 'holder'>;
  /** Looks at the account, and plans. */
  readonly plan: (request: CreationRequest) => Promise<CreationPlan>;
  readonly bus: Bus;
}

/**
 * Looks whether one cache is as its kept specification says, and says on the bus where it is not. Changes nothing. While an
 * operation works on the cache nothing is judged: it is neither as it was specified nor as it will be.
 */
export const lookForDrift = async (
  { operationId, cacheId, now, lastLook }: z.output<typeof CheckDriftInput>,
  { region, ledger, plan, bus }: Tools,
): Promise<CheckDriftOutput> => {
  const key = { region, cacheId };
  // A lease that ran out holds nobody.
  const isHeld = async () => Date.parse((await ledger.holder(key))?.leaseUntil ?? now) > Date.parse(now);
  // Deleted, or let go of, since the list was made.
  if (!(await ledger.specOf(key))) return { cacheId, checked: true, drifted: false, fields: [] };
  const unjudged = { cacheId, checked: false, drifted: false, fields: [] };
  if (await isHeld()) return unjudged;
  const planned = await plan({ spec: { cacheId }, initiative: 'own' });
  // It may have begun while we looked.
  if (await isHeld()) return unjudged;
  const { output, found } = driftIn(planned, { checkId: operationId, at: now, lastLook });
  if (found) await bus.say({ detailType: driftFound.detailType, detail: { ...found, region } });
  return output;
};
