import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, Opening } from '../../functions/platform/ledger.ts';

const key = { region: 'us-east-1', cacheId: 'orders' };
const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 7, minute)).toISOString();

const anOpening = (overrides: Partial<Opening> = {}): Opening => ({
  ...key,
  operationId: 'operation-1',
  workflow: 'create-cache',
  requestedBy: 'alice@example.com',
  startedAt: at(0),
  summary: 'Create orders.',
  ...overrides,
});
const closing = { outcome: 'done', reason: 'Created', summary: 'Created orders.', closedAt: at(12) };

/** What every ledger promises. Runs against the in-memory twin and against DynamoDB. */
export const describeLedger = (name: string, makeLedger: () => Promise<Ledger> | Ledger): void => {
  describe(`the ledger, ${name}`, () => {
    let ledger: Ledger;
    beforeEach(async () => {
      ledger = await makeLedger();
    });

    it('gives the lock to one operation and names it to the next', async () => {
      expect(await ledger.lock(key, 'operation-1', at(0), at(30))).toBe(1);
      await expect(ledger.lock(key, 'operation-2', at(1), at(31))).rejects.toMatchObject({
        name: 'CacheLocked',
        message: expect.stringContaining('operation-1'),
      });
    });

    it('gives the same number to the same operation again, also after its lease ran out', async () => {
      await ledger.lock(key, 'operation-1', at(0), at(30));
      expect(await ledger.lock(key, 'operation-1', at(5), at(35))).toBe(1);
      expect(await ledger.lock(key, 'operation-1', at(50), at(59))).toBe(1);
    });

    it('lets a lease that ran out be taken over, with a higher number', async () => {
      await ledger.lock(key, 'operation-1', at(0), at(30));
      expect(await ledger.lock(key, 'operation-2', at(31), at(59))).toBe(2);
      expect(await ledger.unlock(key, 'operation-1', 1)).toBe(false);
      expect(await ledger.holder(key)).toMatchObject({ operationId: 'operation-2', fencing: 2 });
    });

    it('compares times, not their texts', async () => {
      await ledger.lock(key, 'operation-1', '2026-11-21T07:00:00Z', '2026-11-21T07:30:00Z');
      await expect(
        ledger.lock(key, 'operation-2', '2026-11-21T07:29:59.999Z', '2026-11-21T08:00:00Z'),
      ).rejects.toMatchObject({ name: 'CacheLocked' });
      expect(await ledger.lock(key, 'operation-2', '2026-11-21T07:30:00.001Z', '2026-11-21T08:00:00Z')).toBe(2);
    });

    it('never counts backwards, whoever had the lock before', async () => {
      for (let round = 1; round <= 4; round += 1) {
        expect(await ledger.lock(key, `operation-${round}`, at(round), at(30))).toBe(round);
        expect(await ledger.unlock(key, `operation-${round}`, round)).toBe(true);
        expect(await ledger.holder(key)).toBeUndefined();
      }
    });

    it('does not release a lock by a wrong number', async () => {
      await ledger.lock(key, 'operation-1', at(0), at(30));
      expect(await ledger.unlock(key, 'operation-1', 7)).toBe(false);
      expect(await ledger.holder(key)).toMatchObject({ operationId: 'operation-1' });
    });

    it('keeps the locks of different caches and Regions apart', async () => {
      await ledger.lock(key, 'operation-1', at(0), at(30));
      expect(await ledger.lock({ ...key, region: 'eu-west-1' }, 'operation-2', at(0), at(30))).toBe(1);
      expect(await ledger.lock({ ...key, cacheId: 'sessions' }, 'operation-3', at(0), at(30))).toBe(1);
    });

    it('gives the lock to exactly one of many that ask at once', async () => {
      const asked = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => ledger.lock(key, `operation-${index}`, at(0), at(30))),
      );
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('keeps the first beginning of an operation that begins twice', async () => {
      await ledger.open(anOpening({ fencing: 1 }));
      await ledger.open(anOpening({ startedAt: at(5), summary: 'Create orders, again.', fencing: 1 }));
      expect(await ledger.record('operation-1')).toMatchObject({
        startedAt: at(0),
        summary: 'Create orders, again.',
        fencing: 1,
      });
    });

    it('keeps the first end', async () => {
      await ledger.open(anOpening());
      expect(await ledger.close(anOpening(), closing)).toBe(true);
      expect(await ledger.close(anOpening(), { ...closing, outcome: 'failed', reason: 'Abandoned' })).toBe(false);
      await ledger.open(anOpening({ summary: 'A late beginning.' }));
      expect(await ledger.record('operation-1')).toMatchObject({ ...closing, startedAt: at(0) });
    });

    it('records an operation that ends without having begun', async () => {
      await ledger.close(anOpening({ startedAt: at(12) }), {
        ...closing,
        outcome: 'refused',
        answeredBy: 'bob@example.com',
        evidence: { a: [1] },
      });
      expect(await ledger.record('operation-1')).toMatchObject({
        outcome: 'refused',
        answeredBy: 'bob@example.com',
        evidence: { a: [1] },
        requestedBy: 'alice@example.com',
      });
    });

    it('notes when the end was said', async () => {
      await ledger.close(anOpening(), closing);
      await ledger.published('operation-1', at(13));
      await ledger.published('operation-1', at(14));
      expect(await ledger.record('operation-1')).toMatchObject({ publishedAt: at(13) });
    });

    it('keeps the newest specification of a cache until it is forgotten', async () => {
      const remembered = { spec: { cacheId: 'orders', numNodeGroups: 3 }, operationId: 'operation-1', at: at(10) };
      expect(await ledger.specOf(key)).toBeUndefined();
      await ledger.remember(key, remembered);
      await ledger.remember(key, { ...remembered, spec: { cacheId: 'orders', numNodeGroups: 9 }, at: at(5) });
      expect(await ledger.specOf(key)).toMatchObject({ spec: { numNodeGroups: 3 }, operationId: 'operation-1' });
      await ledger.remember(key, { spec: { cacheId: 'orders' }, operationId: 'operation-2', at: at(11) });
      expect(await ledger.specOf(key)).toMatchObject({ spec: { cacheId: 'orders' }, operationId: 'operation-2' });
      expect(await ledger.specOf({ ...key, region: 'us-west-2' })).toBeUndefined();
      await ledger.remember({ ...key, region: 'us-west-2' }, remembered);
      await ledger.remember({ ...key, cacheId: 'sessions' }, remembered);
      expect((await ledger.specifiedCaches('us-east-1')).toSorted()).toEqual(['orders', 'sessions']);
      await ledger.forget({ ...key, cacheId: 'sessions' });
      expect(await ledger.specifiedCaches('us-east-1')).toEqual(['orders']);
      await ledger.forget(key);
      await ledger.forget(key);
      expect(await ledger.specOf(key)).toBeUndefined();
    });

    it('knows nothing of an operation that never was', async () => {
      expect(await ledger.record('operation-9')).toBeUndefined();
      expect(await ledger.holder(key)).toBeUndefined();
    });
  });
};
