import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueBecause } from '../../functions/failover-drill/due.ts';
import { findDue } from '../../functions/failover-drill/find-due.ts';
import { ListDueOutput } from '../../functions/failover-drill/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { modesFor } from '../../functions/platform/fleet.ts';
import type { OperationQuery, OperationRecord, Question } from '../../functions/platform/ledger.ts';
import { AccountPolicy, FailoverDrillPolicy } from '../../functions/platform/policy.ts';
import {
  aDrillableCache,
  aDrillRecord,
  aDrillResult,
  aShard,
  daysAgo,
  NOW,
  secondsFromNow,
} from '../builders/a-drill.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';

const EVERY_DAYS = 90;
const POLICY = FailoverDrillPolicy.parse({ everyDays: EVERY_DAYS });

describe('dueBecause', () => {
  const because = (seen: Partial<Parameters<typeof dueBecause>[0]>) =>
    dueBecause({ observedAt: NOW, drills: [], ...seen }, EVERY_DAYS);
  const last = (days: number, outcome = 'done') => ({ drills: [aDrillResult({ at: daysAgo(days), outcome })] });

  it('is due when nothing was ever rehearsed, whatever was refused', () => {
    expect(because({})).toBe('no failover of it was ever rehearsed and measured');
    expect(because(last(1, 'refused'))).toBe('no failover of it was ever rehearsed and measured');
  });

  it('is due from the day on which its last drill is so old', () => {
    expect(because(last(89.99))).toBeUndefined();
    expect(because(last(90))).toBe('its last measured drill was 90 days ago');
    expect(because(last(200.7))).toBe('its last measured drill was 200 days ago');
  });

  it('counts only a drill that was measured: who knows nothing by it has nothing by it', () => {
    const unmeasured = aDrillResult({
      at: daysAgo(8),
      outcome: 'failed',
      reason: 'NotMeasured',
      writeOutageMs: undefined,
    });
    const measured = (days: number) => aDrillResult({ at: daysAgo(days) });
    expect(because({ drills: [unmeasured] })).toBe('no failover of it was ever rehearsed and measured');
    expect(because({ drills: [unmeasured, measured(50)] })).toBeUndefined();
    expect(because({ drills: [unmeasured, measured(95)] })).toBe('its last measured drill was 95 days ago');
    expect(because({ drills: [aDrillResult({ at: daysAgo(8), outcome: 'failed', writeOutageMs: 'not-over' })] })).toBe(
      undefined,
    );
  });

  it('is due after a major change, and only after it', () => {
    const change = (days: number) => ({ lastMajorChange: { at: daysAgo(days), what: 'another node type' } });
    expect(because({ ...last(10), ...change(3) })).toBe(
      `it was changed since its last measured drill (another node type, ${daysAgo(3)})`,
    );
    expect(because({ ...last(10), ...change(20) })).toBeUndefined();
    expect(because({ ...last(10), ...change(10) })).toBeUndefined();
  });
});

const fleetOf = (...caches: readonly Partial<CacheSeen>[]) => ({
  unknown: [],
  managed: caches.map((cache) => ({
    cache: aDrillableCache(cache),
    ...modesFor({}, AccountPolicy.parse({}), 'autopilot:managed'),
  })),
});
const due = async (
  caches: readonly Partial<CacheSeen>[],
  operations: readonly OperationRecord[] = [],
  now = NOW,
  questions: readonly Question[] = [],
): Promise<ListDueOutput['due']> =>
  ListDueOutput.parse(
    await findDue(fleetOf(...caches), now, POLICY, {
      region: 'us-east-1',
      ledger: { operations: async () => operations, openQuestions: async () => questions },
    }),
  ).due;

describe('findDue', () => {
  it('lists each cache that is due, with the name of its drill of the hour', async () => {
    const because = 'no failover of it was ever rehearsed and measured';
    const listed = await due([{ cacheId: 'orders' }, { cacheId: 'carts' }]);
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual({ cacheId: 'orders', operationId: 'drill-orders-2026112107', because });
    expect(listed).toContainEqual({ cacheId: 'carts', operationId: 'drill-carts-2026112107', because });
  });

  it('lists ten at most, and leaves none behind for ever', async () => {
    const caches = Array.from({ length: 40 }, (_, index) => ({ cacheId: `cache-${index}` }));
    const listed = new Set<string>();
    for (let hour = 0; hour < 24; hour += 1) {
      const some = await due(caches, [], new Date(Date.UTC(2026, 10, 21, hour)).toISOString());
      expect(some).toHaveLength(10);
      for (const { cacheId } of some) listed.add(cacheId);
    }
    expect(listed.size).toBe(40);
  });

  it('passes on how many may be started', async () => {
    const memory = { region: 'us-east-1', ledger: inMemoryLedger() };
    for (const startedPerLook of [1, 3]) {
      expect(await findDue(fleetOf(), NOW, { ...POLICY, startedPerLook }, memory)).toEqual({ due: [], startedPerLook });
    }
  });

  it('asks for the operations of each cache by itself', async () => {
    const asked: [string, number][] = [];
    const operations = async ({ region, cacheId = '', limit }: OperationQuery) => {
      expect(region).toBe('us-east-1');
      asked.push([cacheId, limit]);
      return cacheId === 'carts' ? [aDrillRecord({ cacheId })] : [];
    };
    const listed = await findDue(fleetOf({ cacheId: 'orders' }, { cacheId: 'carts' }), NOW, POLICY, {
      region: 'us-east-1',
      ledger: { operations, openQuestions: async () => [] },
    });
    expect(listed.due.map(({ cacheId }) => cacheId)).toEqual(['orders']);
    expect(asked).toEqual([
      ['orders', 100],
      ['carts', 100],
    ]);
  });

  it('never lists what could not fail over at all', async () => {
    expect(
      await due([
        { kind: 'cluster', engine: 'memcached' },
        { shards: [aShard('0001', { nodeCount: 1 }), aShard('0002', { nodeCount: 1 })] },
        { shards: [] },
      ]),
    ).toEqual([]);
    expect(await due([{ shards: [aShard('0001', { nodeCount: 1 }), aShard('0002')] }])).toHaveLength(1);
  });

  it.each(['observed', 'rejected', 'failed', undefined])(
    'does not ask again within a week when the last time ended as %s',
    async (outcome) => {
      const asked = (days: number) => [aDrillRecord({ outcome, figures: {}, startedAt: daysAgo(days) })];
      expect(await due([{}], asked(6.49))).toEqual([]);
      expect(await due([{}], asked(6.5))).toHaveLength(1);
    },
  );

  it('asks again soon for a drill that was refused, as by another operation on the cache', async () => {
    const refused = aDrillRecord({ outcome: 'refused', figures: {}, startedAt: daysAgo(1) });
    expect(await due([{}], [refused])).toHaveLength(1);
  });

  it('does not ask again, in the next hour or after midnight, while a question about a drill of the cache waits', async () => {
    const ledger = inMemoryLedger();
    const [asked] = await due([{}], [], NOW);
    for (let index = 0; index < 120; index += 1) {
      const question = { cacheId: `other-${index}`, workflow: 'failover-drill', operationId: `drill-${index}` };
      await ledger.ask({
        ...question,
        taskToken: 't',
        question: '?',
        figures: {},
        answerBefore: secondsFromNow(90_000),
      });
    }
    await ledger.ask({
      operationId: asked?.operationId ?? '',
      cacheId: 'orders',
      workflow: 'failover-drill',
      taskToken: 't',
      question: 'Shall it?',
      figures: {},
      answerBefore: secondsFromNow(86_400),
    });
    const open = (now: string) => ledger.openQuestions(now, Number.POSITIVE_INFINITY);
    for (const seconds of [3600, 17 * 3600 + 60, 86_399]) {
      const now = secondsFromNow(seconds);
      const found = await findDue(fleetOf({}, { cacheId: 'carts' }), now, POLICY, {
        region: 'us-east-1',
        ledger,
      });
      expect(found.due.map(({ cacheId }) => cacheId)).toEqual(['carts']);
      expect(await due([{}], [], now, await open(now))).toEqual([]);
    }
    expect(await due([{}], [], secondsFromNow(86_401), await open(secondsFromNow(86_401)))).toHaveLength(1);
  });

  it('is not kept from asking by a question about something else', async () => {
    const question = { operationId: 'create-1', cacheId: 'orders', question: '?', figures: {}, answerBefore: NOW };
    expect(await due([{}], [], NOW, [{ ...question, workflow: 'create-cache' }])).toHaveLength(1);
    expect(await due([{}], [], NOW, [{ ...question, cacheId: 'carts', workflow: 'failover-drill' }])).toHaveLength(1);
  });

  it('asks again after a week for a drill that was held and not measured', async () => {
    const unmeasured = (days: number) =>
      aDrillRecord({
        outcome: 'failed',
        reason: 'NotMeasured',
        figures: { shardId: '0001' },
        startedAt: daysAgo(days),
      });
    expect(await due([{}], [unmeasured(6.49)])).toEqual([]);
    expect(await due([{}], [unmeasured(6.5)])).toHaveLength(1);
  });

  it('is not kept from asking by other work on the cache', async () => {
    expect(await due([{}], [aDrillRecord({ workflow: 'create-cache', startedAt: daysAgo(1) })])).toHaveLength(1);
  });

  it('knows by the ledger what was drilled, and what was changed since', async () => {
    const drilled = aDrillRecord({ startedAt: daysAgo(30) });
    expect(await due([{}], [drilled])).toEqual([]);
    const calls = [{ service: 'elasticache', operation: 'IncreaseReplicaCount' }];
    const changed = aDrillRecord({
      workflow: 'create-cache',
      closedAt: daysAgo(2),
      decision: { action: 'change', mode: 'act', reason: 'Changed', summary: 'More.', calls },
    });
    expect((await due([{}], [changed, drilled]))[0]?.because).toContain('more replicas');
  });

  it('gives a drill the same name for an hour and another in the next, so that one that was refused is asked for again, which Step Functions takes for an execution’s', () => {
    const id = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,39}$/);
    const minute = fc.integer({ min: 0, max: 59 });
    return fc.assert(
      fc.asyncProperty(id, minute, minute, async (cacheId, one, other) => {
        const at = (minutes: number) => new Date(Date.UTC(2026, 10, 21, 23, minutes)).toISOString();
        const names = await Promise.all(
          [at(one), at(other), '2026-11-22T00:00:00.000Z'].map(
            async (now) => (await due([{ cacheId }], [], now))[0]?.operationId,
          ),
        );
        expect(names[0]).toBe(names[1]);
        expect(names[0]).not.toBe(names[2]);
        expect(names[0]).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
        expect(names[0]).toContain(cacheId);
      }),
    );
  });

  it('keeps the name short enough for the longest id that we take from anybody', async () => {
    const [drill] = await due([{ cacheId: 'x'.repeat(100) }]);
    expect(drill?.operationId.length).toBeLessThanOrEqual(80);
  });
});
