import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseShard, wasHeld } from '../../functions/failover-drill/choose-shard.ts';
import type { DrillResult } from '../../functions/failover-drill/schemas.ts';
import { RECORD_DAYS } from '../../functions/platform/ledger.ts';
import { aDrillResult, aShard, daysAgo, secondsFromNow } from '../builders/a-drill.ts';

const shards = ['0001', '0002', '0003'].map((id) => aShard(id));
const drill = (shardId: string, days: number, outcome = 'done'): DrillResult =>
  aDrillResult({ shardId, at: daysAgo(days), outcome });

describe('chooseShard', () => {
  it('takes a shard that was never drilled, the first of several', () => {
    expect(chooseShard(shards, [])).toEqual({ shardId: '0001', because: 'it was never drilled' });
    expect(chooseShard(shards, [drill('0001', 1)])).toMatchObject({ shardId: '0002' });
  });

  it('else the one whose last drill is the longest ago', () => {
    const drills = [drill('0001', 1), drill('0003', 2), drill('0002', 3), drill('0003', 200)];
    expect(chooseShard(shards, drills)).toEqual({
      shardId: '0002',
      because: `its last drill, on ${daysAgo(3)}, is the longest ago`,
    });
  });

  it.each(['refused', 'observed', 'rejected', 'cancelled'])('takes a drill that was %s for no turn', (outcome) => {
    expect(chooseShard(shards, [drill('0001', 1, outcome)])?.shardId).toBe('0001');
    expect(wasHeld(outcome)).toBe(false);
  });

  it.each(['done', 'failed', 'undone'])(
    'takes a drill that was %s for a turn, because it may have failed over',
    (outcome) => {
      expect(chooseShard(shards, [drill('0001', 1, outcome)])?.shardId).toBe('0002');
    },
  );

  it('knows the turns of which no record is kept any more', () => {
    const turns = new Map([
      ['0001', daysAgo(500)],
      ['0002', daysAgo(600)],
      ['0003', daysAgo(700)],
    ]);
    expect(chooseShard(shards, [], turns)).toEqual({
      shardId: '0003',
      because: `its last drill, on ${daysAgo(700)}, is the longest ago`,
    });
    // The newer of the two counts, whichever it is.
    expect(chooseShard(shards, [drill('0003', 300)], turns)?.shardId).toBe('0002');
    expect(chooseShard(shards, [drill('0003', 800), drill('0002', 900)], turns)?.shardId).toBe('0003');
    expect(chooseShard(shards, [], new Map([['0001', daysAgo(1)]]))?.shardId).toBe('0002');
  });

  it('leaves no shard of the largest cluster out, although records are kept for 400 days and a drill is held once a year', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 366 }), (count, everyDays) => {
        const all = Array.from({ length: count }, (_, index) => aShard(String(index + 1).padStart(4, '0')));
        const turns = new Map<string, string>();
        let held: readonly DrillResult[] = [];
        for (let turn = 0; turn < 3 * count; turn += 1) {
          const day = turn * everyDays;
          const at = secondsFromNow(day * 86_400);
          const kept = held.filter((each) => Date.parse(at) - Date.parse(each.at) < RECORD_DAYS * 86_400_000);
          const shardId = chooseShard(all, kept, turns)?.shardId ?? '';
          held = [aDrillResult({ shardId, at }), ...held];
          turns.set(shardId, at);
        }
        const drilled = Map.groupBy(held, ({ shardId }) => shardId);
        expect(all.map(({ id }) => drilled.get(id)?.length)).toEqual(all.map(() => 3));
      }),
    );
  });

  it('heeds no drill of a shard that is gone, and finds none in a cache without shards', () => {
    expect(chooseShard(shards, [drill('0009', 400)])?.shardId).toBe('0001');
    expect(chooseShard([], [drill('0001', 1)])).toBeUndefined();
  });

  it('never leaves a shard out: each has its turn before another one has its second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }), (count, rounds) => {
        const all = Array.from({ length: count }, (_, index) => aShard(String(index + 1).padStart(4, '0')));
        let drills: readonly DrillResult[] = [];
        for (let day = 0; day < count * rounds; day += 1) {
          const shardId = chooseShard(all, drills)?.shardId ?? '';
          drills = [drill(shardId, 1000 - day), ...drills];
        }
        const turns = Map.groupBy(drills, ({ shardId }) => shardId);
        expect([...turns.values()].map(({ length }) => length)).toEqual(all.map(() => rounds));
      }),
    );
  });
});
