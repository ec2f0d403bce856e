import { describe, expect, it } from 'vitest';
import { gracePeriodBegun } from '../../events/grace-period-begun.ts';
import { lockFence } from '../../functions/platform/fence.ts';
import { beginGracePeriod } from '../../functions/token-rotation/begin-grace-period.ts';
import { BeginGraceInput } from '../../functions/token-rotation/schemas.ts';
import { NOW, secondsFromNow } from '../builders/a-drill.ts';
import { inMemoryBus } from '../builders/in-memory-bus.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const key = { region: 'us-east-1', cacheId: 'orders' };
const DAY = 86_400;

const aWorld = async ({ deafFor = 0 } = {}) => {
  const ledger = inMemoryLedger();
  const bus = inMemoryBus({ deafFor });
  const fencing = await ledger.lock(key, 'rotation-1', NOW, secondsFromNow(3600));
  const begin = (overrides: object = {}) => {
    const input = BeginGraceInput.parse({
      operationId: 'rotation-1',
      cacheId: 'orders',
      what: 'the AUTH token of orders',
      versionId: 'version-new',
      endsAt: secondsFromNow(DAY),
      fencing,
      now: NOW,
      ...overrides,
    });
    return beginGracePeriod(input, { ledger, bus, region: key.region, fence: lockFence(ledger, key, input) });
  };
  return { ledger, bus, begin };
};

describe('beginGracePeriod', () => {
  it('writes its end, says it, and gives the lock back', async () => {
    const { ledger, bus, begin } = await aWorld();
    const grace = { versionId: 'version-new', since: NOW, endsAt: secondsFromNow(DAY) };
    expect(await begin()).toEqual(grace);
    expect(await ledger.graceOf('rotation-1')).toEqual(grace);
    expect(await ledger.holder(key)).toBeUndefined();
    expect(bus.said).toEqual([
      {
        detailType: 'GracePeriodBegun',
        detail: {
          operationId: 'rotation-1',
          ...key,
          what: 'the AUTH token of orders',
          summary: `A new one is the current one: the AUTH token of orders. Who comes with the old one is let in until ${grace.endsAt}.`,
          since: NOW,
          endsAt: grace.endsAt,
        },
      },
    ]);
    expect(gracePeriodBegun.schema.shape.detail.parse(bus.said[0]?.detail)).toEqual(bus.said[0]?.detail);
  });

  it('keeps the first beginning when it is repeated, also after the end was moved and the lock given back', async () => {
    const { ledger, begin } = await aWorld();
    await begin();
    await ledger.extendGrace('rotation-1', { endsAt: secondsFromNow(2 * DAY), extendedBy: 'bob' });
    const again = await begin({ now: secondsFromNow(60), endsAt: secondsFromNow(DAY + 60) });
    expect(again).toMatchObject({ since: NOW, endsAt: secondsFromNow(2 * DAY), extendedBy: 'bob' });
  });

  it('begins anew for another version', async () => {
    const { begin } = await aWorld();
    await begin();
    const second = { versionId: 'version-newer', now: secondsFromNow(DAY), endsAt: secondsFromNow(2 * DAY) };
    expect(await begin(second)).toMatchObject({ since: secondsFromNow(DAY), endsAt: secondsFromNow(2 * DAY) });
  });

  it('keeps the lock until it was said', async () => {
    const { ledger, bus, begin } = await aWorld({ deafFor: 1 });
    await expect(begin()).rejects.toThrow();
    expect((await ledger.holder(key))?.operationId).toBe('rotation-1');
    await begin({ now: secondsFromNow(60) });
    expect(bus.said).toMatchObject([{ detail: { since: NOW } }]);
    expect(await ledger.holder(key)).toBeUndefined();
  });

  it('leaves the lock to whoever has it by now', async () => {
    const { ledger, begin } = await aWorld();
    await begin();
    await ledger.lock(key, 'scale-1', secondsFromNow(60), secondsFromNow(3600));
    await begin();
    expect((await ledger.holder(key))?.operationId).toBe('scale-1');
  });

  it('begins nothing with a number that is not the lock’s', async () => {
    const { ledger, begin } = await aWorld();
    await expect(begin({ fencing: 99 })).rejects.toMatchObject({ name: 'LockLost' });
    expect(await ledger.graceOf('rotation-1')).toBeUndefined();
  });
});
