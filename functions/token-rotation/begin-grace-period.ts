import type { z } from 'zod';
import { type GracePeriodBegun, gracePeriodBegun } from '../../events/grace-period-begun.ts';
import type { Bus } from '../platform/bus.ts';
import type { Fence } from '../platform/fence.ts';
import type { Ledger } from '../platform/ledger.ts';
import type { BeginGraceInput, Grace } from './schemas.ts';

interface Tools {
  readonly ledger: Pick<Ledger, 'beginGrace' | 'unlock' | 'holder'>;
  readonly bus: Bus;
  readonly fence: Fence;
  readonly region: string;
}

/**
 * Begins the time in which both tokens are valid: writes it into the ledger, says it on the bus, and gives the cache's lock back,
 * since a day in which nothing else may be done to a cache would be too long. Safe to repeat, also when the lock is given back.
 */
export const beginGracePeriod = async (
  { operationId, cacheId, what, versionId, endsAt, fencing, now }: z.output<typeof BeginGraceInput>,
  { ledger, bus, fence, region }: Tools,
): Promise<Grace> => {
  const key = { region, cacheId };
  const isOurs = (await ledger.holder(key))?.operationId === operationId;
  if (isOurs) await fence();
  const grace = await ledger.beginGrace(operationId, { versionId, since: now, endsAt });
  const summary = `A new one is the current one: ${what}. Who comes with the old one is let in until ${grace.endsAt}.`;
  const { since } = grace;
  const detail: GracePeriodBegun = { operationId, cacheId, region, what, summary, since, endsAt: grace.endsAt };
  await bus.say({ detailType: gracePeriodBegun.detailType, detail });
  if (isOurs) await ledger.unlock(key, operationId, fencing);
  return grace;
};
