import { describe, expect, it } from 'vitest';
import { liftWhenHealed, quarantineUnderWay } from '../../functions/failover-drill/drill-under-way.ts';
import { NotReady } from '../../functions/platform/operator-actions.ts';
import { NOW } from '../builders/a-drill.ts';
import { HEALED } from '../builders/a-drill-story.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const key = { region: 'us-east-1', cacheId: 'orders' };
const drill = { operationId: 'drill-1', shardId: '0001' };
const UNDER_WAY = quarantineUnderWay(drill, NOW);

describe('liftWhenHealed', () => {
  const leftBy = async (quarantine: typeof UNDER_WAY, verifying: Promise<typeof HEALED>) => {
    const ledger = inMemoryLedger();
    await ledger.quarantine(key, quarantine);
    const ended = await liftWhenHealed(verifying, ledger, key, drill).catch((error: unknown) => error);
    return [ended, await ledger.quarantineOf(key)];
  };

  it('lifts the quarantine of the drill when the cache has healed', async () => {
    expect(await leftBy(UNDER_WAY, Promise.resolve(HEALED))).toEqual([HEALED, undefined]);
  });

  it('lifts nothing as long as it has not', async () => {
    const missing = new NotReady('A replica is missing.');
    expect(await leftBy(UNDER_WAY, Promise.reject(missing))).toEqual([missing, UNDER_WAY]);
  });

  it('leaves that of another drill, and its own for a graver reason', async () => {
    for (const other of [
      { ...UNDER_WAY, operationId: 'drill-0' },
      { ...UNDER_WAY, reason: 'DidNotHeal' },
    ]) {
      expect(await leftBy(other, Promise.resolve(HEALED))).toEqual([HEALED, other]);
    }
  });

  it('does not say that it healed when it cannot lift it: that is done again', async () => {
    const liftQuarantine = () => Promise.reject(new Error('No answer.'));
    await expect(liftWhenHealed(Promise.resolve(HEALED), { liftQuarantine }, key, drill)).rejects.toThrow('No answer.');
  });
});
