import type { z } from 'zod';
import type { Failovers } from '../platform/failovers.ts';
import type { Fence } from '../platform/fence.ts';
import type { Ledger } from '../platform/ledger.ts';
import { OrderUncertain } from '../platform/was-refused.ts';
import { liftUnderWay, quarantineUnderWay } from './drill-under-way.ts';
import { DAY_SECONDS, FAILOVERS_PER_DAY } from './pre-flight.ts';
import type { OrderFailoverInput, OrderFailoverOutput } from './schemas.ts';

interface Tools {
  readonly ledger: Pick<
    Ledger,
    'takeFailoverPlace' | 'giveFailoverPlaceBack' | 'takeTurn' | 'giveTurnBack' | 'quarantine' | 'liftQuarantine'
  >;
  readonly failovers: Failovers;
  readonly fence: Fence;
  readonly region: string;
}

/**
 * Orders the failover at most once, however often it is called: the place in the day's allowance is taken first, and whoever
 * finds that it had it before does not order again, because the earlier order may have been carried out. Only an order that
 * ElastiCache has surely refused may be given anew. From before the order on the cache is in quarantine, which ends when it is
 * verified that it healed.
 *
 * @throws what `Failovers.test` throws for an order that was refused, WaitForFailoverAllowance, LockLost
 */
export const orderFailover = async (
  { operationId, cacheId, shardId, now }: z.output<typeof OrderFailoverInput>,
  { ledger, failovers, fence, region }: Tools,
): Promise<OrderFailoverOutput> => {
  await fence();
  const allowance = { region, limit: FAILOVERS_PER_DAY, withinSeconds: DAY_SECONDS };
  const { hadBefore, since: at } = await ledger.takeFailoverPlace(allowance, operationId, now);
  const key = { region, cacheId };
  const underWay = quarantineUnderWay({ operationId, shardId }, at);
  if (hadBefore) {
    await ledger.quarantine(key, underWay);
    return { ordered: 'perhaps', at };
  }
  let takeTurnBack = async () => {};
  try {
    await ledger.quarantine(key, underWay);
    const before = await ledger.takeTurn(key, shardId, at);
    takeTurnBack = () => ledger.giveTurnBack(key, shardId, before);
    await failovers.test(cacheId, shardId);
    return { ordered: 'yes', at };
  } catch (error) {
    if (error instanceof OrderUncertain) return { ordered: 'perhaps', at };
    // What cannot be taken back stays as if it was ordered, which is the careful way; what was refused is told all the same.
    await Promise.allSettled([
      ledger.giveFailoverPlaceBack(region, operationId),
      takeTurnBack(),
      liftUnderWay(ledger, key, { operationId }, now),
    ]);
    throw error;
  }
};
