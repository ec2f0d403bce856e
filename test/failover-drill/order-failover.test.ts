import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderFailover } from '../../functions/failover-drill/order-failover.ts';
import { OrderFailoverInput, OrderFailoverOutput } from '../../functions/failover-drill/schemas.ts';
import { lockFence } from '../../functions/platform/fence.ts';
import { WaitUntilAvailable } from '../../functions/platform/operator-actions.ts';
import { OrderUncertain } from '../../functions/platform/was-refused.ts';
import { NOW, secondsFromNow } from '../builders/a-drill.ts';
import { type InMemoryFailovers, inMemoryFailovers } from '../builders/in-memory-failovers.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const REGION = 'us-east-1';
const key = { region: REGION, cacheId: 'orders' };
const busy = new WaitUntilAvailable('Another failover of it is under way.');
const lost = new OrderUncertain('No answer.');

/** The ledger in which drill-1 has the lock of the cache, and what it needs to order the failover. */
const aWorld = async (failovers: InMemoryFailovers = inMemoryFailovers()) => {
  const ledger = inMemoryLedger();
  const fencing = await ledger.lock(key, 'drill-1', NOW, secondsFromNow(3600));
  const order = async (seconds = 0, operationId = 'drill-1') => {
    const now = secondsFromNow(seconds);
    const input = OrderFailoverInput.parse({ operationId, cacheId: 'orders', shardId: '0001', fencing, now });
    const fence = lockFence(ledger, key, input);
    return OrderFailoverOutput.parse(await orderFailover(input, { ledger, failovers, fence, region: REGION }));
  };
  const places = async () => [...(await ledger.failoversSince(REGION, secondsFromNow(-86_400))).keys()];
  return { ledger, failovers, order, places };
};

describe('orderFailover', () => {
  it('orders once, and says since when', async () => {
    const { failovers, order, places } = await aWorld();
    expect(await order(5)).toEqual({ ordered: 'yes', at: secondsFromNow(5) });
    expect(failovers.ordered).toEqual(['orders/0001']);
    expect(await places()).toEqual(['drill-1']);
  });

  it('never orders a second time: that there was an order is known, and what came of it is not', async () => {
    const { failovers, order } = await aWorld();
    await order(5);
    expect(await order(60)).toEqual({ ordered: 'perhaps', at: secondsFromNow(5) });
    expect(failovers.ordered).toHaveLength(1);
  });

  it('does not know whether an order whose answer was lost was carried out, and never repeats it', async () => {
    const { failovers, order, places } = await aWorld(inMemoryFailovers(lost));
    expect(await order(5)).toEqual({ ordered: 'perhaps', at: secondsFromNow(5) });
    expect(await order(60)).toEqual({ ordered: 'perhaps', at: secondsFromNow(5) });
    expect(failovers.ordered).toHaveLength(1);
    expect(await places()).toEqual(['drill-1']);
  });

  it('does not order when an earlier attempt was killed between taking the place and ordering', async () => {
    const { ledger, failovers, order } = await aWorld();
    await ledger.takeFailoverPlace({ region: REGION, limit: 15, withinSeconds: 86_400 }, 'drill-1', secondsFromNow(1));
    expect(await order(5)).toEqual({ ordered: 'perhaps', at: secondsFromNow(1) });
    expect(failovers.ordered).toEqual([]);
  });

  it('gives the place back for an order that was refused, which may be given anew', async () => {
    const { failovers, order, places } = await aWorld(inMemoryFailovers(busy, busy));
    await expect(order(5)).rejects.toBe(busy);
    await expect(order(30)).rejects.toBe(busy);
    expect(await places()).toEqual([]);
    expect(await order(60)).toEqual({ ordered: 'yes', at: secondsFromNow(60) });
    expect(failovers.ordered).toHaveLength(3);
  });

  it('says what was refused, and orders nothing any more, when it does not know whether it could give the place back', async () => {
    const { ledger, failovers, order } = await aWorld(inMemoryFailovers(busy));
    ledger.giveFailoverPlaceBack = () => Promise.reject(new Error('The ledger does not answer.'));
    await expect(order(5)).rejects.toBe(busy);
    expect(await ledger.quarantineOf(key)).toBeUndefined();
    expect(await order(30)).toEqual({ ordered: 'perhaps', at: secondsFromNow(5) });
    expect(failovers.ordered).toHaveLength(1);
  });

  it('leaves the cache in quarantine from before the order, so that nothing that ends the drill can forget it', async () => {
    const quarantineOf = async (...answers: readonly Error[]) => {
      const world = await aWorld(inMemoryFailovers(...answers));
      const seen: unknown[] = [];
      const { test } = world.failovers;
      world.failovers.test = async (...shard) => {
        seen.push(await world.ledger.quarantineOf(key));
        return test(...shard);
      };
      await world.order(5).catch(() => undefined);
      return [...seen, await world.ledger.quarantineOf(key)];
    };
    const underWay = {
      operationId: 'drill-1',
      reason: 'DrillUnderWay',
      summary:
        'It ordered a failover of shard 0001, and nobody has verified since that the cache healed: it is still under way, or ended before that.',
      since: secondsFromNow(5),
    };
    expect(await quarantineOf()).toEqual([underWay, underWay]);
    expect(await quarantineOf(lost)).toEqual([underWay, underWay]);
    expect(await quarantineOf(busy)).toEqual([underWay, undefined]);
  });

  it('leaves it there also when an earlier attempt was killed before it, and leaves that of another as it is', async () => {
    const { ledger, order } = await aWorld();
    await ledger.takeFailoverPlace({ region: REGION, limit: 15, withinSeconds: 86_400 }, 'drill-1', secondsFromNow(1));
    expect(await order(5)).toMatchObject({ ordered: 'perhaps' });
    expect(await ledger.quarantineOf(key)).toMatchObject({ operationId: 'drill-1' });

    const other = await aWorld(inMemoryFailovers(busy));
    const theirs = { operationId: 'drill-0', reason: 'DidNotHeal', summary: 'It did not.', since: NOW };
    await other.ledger.quarantine(key, theirs);
    await expect(other.order(5)).rejects.toBe(busy);
    expect(await other.ledger.quarantineOf(key)).toEqual(theirs);
  });

  it('orders nothing without the quarantine, and gives the place back', async () => {
    const { ledger, failovers, order, places } = await aWorld();
    const { quarantine } = ledger;
    ledger.quarantine = () => Promise.reject(new Error('The ledger does not answer.'));
    await expect(order(5)).rejects.toThrow('The ledger does not answer.');
    expect(failovers.ordered).toEqual([]);
    expect(await places()).toEqual([]);
    ledger.quarantine = quarantine;
    expect(await order(6)).toMatchObject({ ordered: 'yes' });
  });

  it('notes the turn of the shard before it orders, and takes it back when it was surely refused', async () => {
    const { ledger, order } = await aWorld(inMemoryFailovers(busy, lost));
    const { takeTurn } = ledger;
    const taken: unknown[] = [];
    ledger.takeTurn = (...turn) => {
      taken.push(turn);
      return takeTurn(...turn);
    };
    await ledger.takeTurn(key, '0001', secondsFromNow(-86_400));
    await expect(order(5)).rejects.toBe(busy);
    expect(await ledger.turnsOf(key)).toEqual(new Map([['0001', secondsFromNow(-86_400)]]));
    expect(await order(6)).toMatchObject({ ordered: 'perhaps' });
    expect(await ledger.turnsOf(key)).toEqual(new Map([['0001', secondsFromNow(6)]]));
    expect(await order(60)).toMatchObject({ ordered: 'perhaps' });
    expect(taken).toHaveLength(3);
  });

  it('does nothing without the lock', async () => {
    const { ledger, failovers, order, places } = await aWorld();
    await ledger.lock(key, 'create-1', secondsFromNow(3601), secondsFromNow(7200));
    await expect(order(3602)).rejects.toMatchObject({ name: 'LockLost', message: expect.stringContaining('create-1') });
    expect(failovers.ordered).toEqual([]);
    expect(await places()).toEqual([]);
    expect(await ledger.quarantineOf(key)).toBeUndefined();
  });

  it('orders no sixteenth within a day, and says when the next is possible', async () => {
    const { ledger, failovers, order } = await aWorld();
    for (let hour = 0; hour < 15; hour += 1) {
      const allowance = { region: REGION, limit: 15, withinSeconds: 86_400 };
      await ledger.takeFailoverPlace(allowance, `other-${hour}`, secondsFromNow((hour - 15) * 3600));
    }
    await expect(order(0)).rejects.toMatchObject({
      name: 'WaitForFailoverAllowance',
      message: expect.stringContaining(secondsFromNow(9 * 3600)),
    });
    expect(failovers.ordered).toEqual([]);
    expect(await ledger.quarantineOf(key)).toBeUndefined();
    expect(await order(9 * 3600)).toMatchObject({ ordered: 'yes' });
  });

  it('never orders again after an order that may have been carried out, whatever happens in between', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('yes' as const, busy, lost), { maxLength: 6 }),
        fc.integer({ min: 1, max: 10 }),
        async (answers, attempts) => {
          const { failovers, order } = await aWorld(inMemoryFailovers(...answers));
          for (let attempt = 0; attempt < attempts; attempt += 1) await order(attempt).catch(() => undefined);
          const given = failovers.ordered.map((_, index) => answers[index] ?? 'yes');
          expect(given.slice(0, -1).every((answer) => answer === busy)).toBe(true);
        },
      ),
    ));

  it('lets two attempts at once order once', async () => {
    const { failovers, order } = await aWorld();
    const both = await Promise.all([order(1), order(1)]);
    expect(both.map(({ ordered }) => ordered).sort()).toEqual(['perhaps', 'yes']);
    expect(failovers.ordered).toHaveLength(1);
  });
});
