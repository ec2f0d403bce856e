import { beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, type Opening, standingOf } from '../../functions/platform/ledger.ts';
import { WaitForFailoverAllowance } from '../../functions/platform/operator-actions.ts';
import { secondsAfter } from '../../functions/platform/units.ts';

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

    it('lists operations newest first, of all caches or of one, and no more than asked', async () => {
      for (const minute of [3, 1, 2]) {
        await ledger.open(anOpening({ operationId: `operation-${minute}`, startedAt: at(minute) }));
      }
      await ledger.close(anOpening({ operationId: 'operation-4', cacheId: 'sessions', startedAt: at(4) }), closing);
      await ledger.open(anOpening({ operationId: 'operation-5', region: 'us-west-2', startedAt: at(5) }));
      // Begins without milliseconds: times are compared, not their texts.
      await ledger.open(anOpening({ operationId: 'operation-0', startedAt: '2026-11-21T07:00:00Z' }));
      const listed = async (cacheId: string | undefined, limit: number) =>
        (await ledger.operations({ region: 'us-east-1', cacheId, limit })).map(({ operationId }) => operationId);

      expect(await listed(undefined, 9)).toEqual([4, 3, 2, 1, 0].map((each) => `operation-${each}`));
      expect(await listed(undefined, 2)).toEqual(['operation-4', 'operation-3']);
      expect(await listed('orders', 9)).toEqual([3, 2, 1, 0].map((each) => `operation-${each}`));
      expect(await listed('sessions', 9)).toEqual(['operation-4']);
      expect(await listed('nobody', 9)).toEqual([]);
    });

    it('lists more operations than one page holds', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => `operation-${String(index).padStart(2, '0')}`);
      await Promise.all(ids.map((operationId, index) => ledger.open(anOpening({ operationId, startedAt: at(index) }))));
      const listed = await ledger.operations({ region: 'us-east-1', limit: 55 });
      expect(listed.map(({ operationId }) => operationId)).toEqual(ids.toReversed().slice(0, 55));
    });

    it('keeps what was decided, from the beginning or from the end', async () => {
      const decision = {
        action: 'create',
        mode: 'act',
        reason: 'NewCache',
        summary: 'Create orders.',
        differences: [{ field: 'numNodeGroups', wanted: 3, found: 2 }],
        calls: [{ service: 'elasticache', operation: 'CreateReplicationGroup', parameters: { A: [1] } }],
        doubts: ['The price is not known.'],
      };
      await ledger.open(anOpening({ decision }));
      expect((await ledger.record('operation-1'))?.decision).toEqual(decision);
      await ledger.close(anOpening(), closing);
      expect((await ledger.record('operation-1'))?.decision).toEqual(decision);
      await ledger.close(anOpening({ operationId: 'operation-2' }), { ...closing, decision });
      expect((await ledger.record('operation-2'))?.decision).toEqual(decision);
    });

    const asked = (operationId: string, answerBefore: string, taskToken = `token-of-${operationId}`) =>
      ledger.ask({ operationId, cacheId: 'orders', taskToken, question: 'Shall it?', figures: {}, answerBefore });
    const openAt = async (now: string, limit = 9) =>
      (await ledger.openQuestions(now, limit)).map(({ operationId }) => operationId);
    const yes = { approved: true, answeredBy: 'bob@example.com', answeredAt: at(2) };

    it('lists the questions that wait, newest first, without those that are answered or over', async () => {
      await asked('operation-1', at(10));
      await asked('operation-2', at(20));
      await asked('operation-3', at(30));
      expect(await openAt(at(0))).toEqual(['operation-3', 'operation-2', 'operation-1']);
      expect(await openAt(at(0), 1)).toEqual(['operation-3']);
      expect(await openAt(at(10))).toEqual(['operation-3', 'operation-2']);
      await ledger.answered('operation-3', 'token-of-operation-3', yes);
      expect(await openAt(at(10))).toEqual(['operation-2']);
    });

    it('tells an answered question from an open and an expired one', async () => {
      await asked('operation-1', at(10));
      const standing = async (now: string) => {
        const question = await ledger.question('operation-1');
        return question && standingOf(question, now);
      };
      expect(await standing(at(9))).toBe('open');
      expect(await standing(at(10))).toBe('expired');
      await ledger.answered('operation-1', 'token-of-operation-1', yes);
      expect(await standing(at(50))).toBe('answered');
      expect(await ledger.question('operation-1')).toMatchObject({ answer: yes });
      expect(await ledger.question('operation-9')).toBeUndefined();
    });

    it('shows no token with a question', async () => {
      await asked('operation-1', at(10));
      const shown = JSON.stringify([await ledger.question('operation-1'), await ledger.openQuestions(at(0), 9)]);
      expect(shown).toContain('Shall it?');
      expect(shown).not.toContain('token-of');
    });

    it('counts the first answer, and none to a question that was asked anew', async () => {
      await asked('operation-1', at(10));
      await ledger.answered('operation-1', 'token-of-operation-1', yes);
      await ledger.answered('operation-1', 'token-of-operation-1', { ...yes, approved: false });
      expect(await ledger.question('operation-1')).toMatchObject({ answer: { approved: true } });
      await asked('operation-1', at(10), 'a-new-token');
      await ledger.answered('operation-1', 'token-of-operation-1', yes);
      expect(await openAt(at(0))).toEqual(['operation-1']);
      await ledger.answered('operation-9', 'token-of-operation-9', yes);
      expect(await ledger.question('operation-9')).toBeUndefined();
    });

    it('lists only one workflow’s operations when asked for them', async () => {
      await ledger.open(anOpening({ operationId: 'operation-1', workflow: 'create-cache' }));
      await ledger.open(anOpening({ operationId: 'operation-2', workflow: 'failover-drill' }));
      const idsOf = async (query: { cacheId?: string; workflow?: string }) =>
        (await ledger.operations({ region: key.region, limit: 9, ...query })).map(({ operationId }) => operationId);
      expect(await idsOf({ workflow: 'failover-drill' })).toEqual(['operation-2']);
      expect(await idsOf({ workflow: 'failover-drill', cacheId: key.cacheId })).toEqual(['operation-2']);
      expect(await idsOf({ workflow: 'failover-drill', cacheId: 'another' })).toEqual([]);
    });

    it('keeps a cache in quarantine, for its first reason, until a person clears it', async () => {
      const first = { operationId: 'operation-1', reason: 'DidNotHeal', summary: 'It did not heal.', since: at(1) };
      expect(await ledger.quarantineOf(key)).toBeUndefined();
      expect(await ledger.clearQuarantine(key, { clearedBy: 'bob', at: at(1) })).toBe(false);
      await ledger.quarantine(key, first);
      await ledger.quarantine(key, { ...first, operationId: 'operation-2', since: at(2) });
      expect(await ledger.quarantineOf(key)).toMatchObject({ operationId: 'operation-1', reason: 'DidNotHeal' });
      expect(await ledger.clearQuarantine(key, { clearedBy: 'bob', at: at(3) })).toBe(true);
      expect(await ledger.quarantineOf(key)).toBeUndefined();
      expect(await ledger.clearQuarantine(key, { clearedBy: 'bob', at: at(3) })).toBe(false);
      await ledger.quarantine(key, { ...first, operationId: 'operation-3', since: at(4) });
      expect(await ledger.quarantineOf(key)).toMatchObject({ operationId: 'operation-3' });
    });

    it('lets an operation write a graver reason over its own quarantine, and nobody else', async () => {
      const own = { operationId: 'operation-1', reason: 'DrillUnderWay', summary: 'It was ordered.', since: at(1) };
      await ledger.quarantine(key, own);
      await ledger.quarantine(key, { ...own, operationId: 'operation-2', reason: 'DidNotHeal' });
      expect(await ledger.quarantineOf(key)).toEqual(own);
      await ledger.quarantine(key, { ...own, reason: 'DidNotHeal', since: at(2) });
      expect(await ledger.quarantineOf(key)).toEqual({ ...own, reason: 'DidNotHeal', since: at(2) });
    });

    it('lets an operation lift its own quarantine, as long as it has the same reason', async () => {
      const own = { operationId: 'operation-1', reason: 'DrillUnderWay', summary: 'It was ordered.', since: at(1) };
      expect(await ledger.liftQuarantine(key, own, at(2))).toBe(false);
      await ledger.quarantine(key, own);
      expect(await ledger.liftQuarantine(key, { ...own, operationId: 'operation-2' }, at(2))).toBe(false);
      expect(await ledger.liftQuarantine({ ...key, cacheId: 'sessions' }, own, at(2))).toBe(false);
      expect(await ledger.liftQuarantine(key, own, at(2))).toBe(true);
      expect(await ledger.quarantineOf(key)).toBeUndefined();
      expect(await ledger.liftQuarantine(key, own, at(2))).toBe(false);
      await ledger.quarantine(key, own);
      await ledger.quarantine(key, { ...own, reason: 'DidNotHeal' });
      expect(await ledger.liftQuarantine(key, own, at(2))).toBe(false);
      expect(await ledger.quarantineOf(key)).toMatchObject({ reason: 'DidNotHeal' });
    });

    const DAY_SECONDS = 86_400;
    const take = (operationId: string, now: string, limit = 2) =>
      ledger.takeFailoverPlace({ region: key.region, limit, withinSeconds: DAY_SECONDS }, operationId, now);

    it('gives an operation one place among the failovers of a day, and says when the next is free', async () => {
      expect(await take('operation-1', at(0))).toEqual({ hadBefore: false, since: at(0) });
      expect(await take('operation-1', at(1))).toEqual({ hadBefore: true, since: at(0) });
      expect(await take('operation-2', at(2))).toMatchObject({ hadBefore: false });
      const refused = await take('operation-3', at(3)).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(WaitForFailoverAllowance);
      expect((refused as Error).message).toContain(secondsAfter(at(0), DAY_SECONDS));
      expect([...(await ledger.failoversSince(key.region, at(1)))].map(([operationId]) => operationId)).toEqual([
        'operation-2',
      ]);
      expect(await take('operation-3', secondsAfter(at(0), DAY_SECONDS + 1))).toMatchObject({ hadBefore: false });
    });

    it('takes a place back that was not used, and counts each Region by itself', async () => {
      await take('operation-1', at(0), 1);
      await ledger.giveFailoverPlaceBack(key.region, 'operation-1');
      await ledger.giveFailoverPlaceBack(key.region, 'operation-1');
      expect(await take('operation-2', at(1), 1)).toMatchObject({ hadBefore: false });
      const elsewhere = { region: 'us-west-2', limit: 1, withinSeconds: DAY_SECONDS };
      expect(await ledger.takeFailoverPlace(elsewhere, 'operation-3', at(2))).toMatchObject({ hadBefore: false });
    });

    it('never gives the last place to two that ask at once', async () => {
      const asked = await Promise.allSettled(
        ['operation-1', 'operation-2', 'operation-3'].map((operationId) => take(operationId, at(0), 1)),
      );
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('keeps when each shard of a cache last had its turn, and takes one back that was none', async () => {
      expect(await ledger.turnsOf(key)).toEqual(new Map());
      expect(await ledger.takeTurn(key, '0001', at(1))).toBeUndefined();
      expect(await ledger.takeTurn(key, '0002', at(2))).toBeUndefined();
      expect(await ledger.takeTurn(key, '0001', at(3))).toBe(at(1));
      expect(await ledger.takeTurn({ ...key, cacheId: 'sessions' }, '0001', at(4))).toBeUndefined();
      expect(await ledger.turnsOf(key)).toEqual(
        new Map([
          ['0001', at(3)],
          ['0002', at(2)],
        ]),
      );
      await ledger.giveTurnBack(key, '0001', at(1));
      await ledger.giveTurnBack(key, '0002', undefined);
      await ledger.giveTurnBack(key, '0003', undefined);
      expect(await ledger.turnsOf(key)).toEqual(new Map([['0001', at(1)]]));
      await ledger.forget(key);
      expect(await ledger.turnsOf(key)).toEqual(new Map());
      expect((await ledger.turnsOf({ ...key, cacheId: 'sessions' })).size).toBe(1);
    });

    it('leaves the newest task token for whom it is meant', async () => {
      expect(await ledger.tokenLeft('operation-1', 'probe')).toBeUndefined();
      await ledger.leaveToken('operation-1', 'probe', 'token-1', at(0));
      await ledger.leaveToken('operation-1', 'probe', 'token-2', at(1));
      expect(await ledger.tokenLeft('operation-1', 'probe')).toBe('token-2');
      expect(await ledger.tokenLeft('operation-1', 'finish')).toBeUndefined();
      expect(await ledger.tokenLeft('operation-2', 'probe')).toBeUndefined();
    });

    it('keeps a grace period as it began, and moves its end only to a later time', async () => {
      const extendedBy = 'somebody';
      expect(await ledger.graceOf('operation-1')).toBeUndefined();
      expect(await ledger.extendGrace('operation-1', { endsAt: at(9), extendedBy })).toBeUndefined();
      const [versionId, next] = ['version-1', 'version-2'];
      const begun = await ledger.beginGrace('operation-1', { versionId, since: at(0), endsAt: at(5) });
      expect(begun).toMatchObject({ endsAt: at(5) });
      expect(await ledger.extendGrace('operation-1', { endsAt: at(4), extendedBy })).not.toHaveProperty('extendedBy');
      expect(await ledger.extendGrace('operation-1', { endsAt: at(8), extendedBy })).toMatchObject({ endsAt: at(8) });
      // A step that begins it again must not take the extension back.
      const again = await ledger.beginGrace('operation-1', { versionId, since: at(1), endsAt: at(6) });
      expect(again).toMatchObject({ since: at(0) });
      expect(await ledger.graceOf('operation-1')).toEqual({ versionId, since: at(0), endsAt: at(8), extendedBy });
      // The grace period of another token is another one.
      await ledger.beginGrace('operation-1', { versionId: next, since: at(2), endsAt: at(3) });
      expect(await ledger.graceOf('operation-1')).toEqual({ versionId: next, since: at(2), endsAt: at(3) });
    });

    it('knows nothing of an operation that never was', async () => {
      expect(await ledger.record('operation-9')).toBeUndefined();
      expect(await ledger.holder(key)).toBeUndefined();
    });
  });
};
