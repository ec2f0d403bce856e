import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Felt, Measurement } from '../../functions/failover-drill/measurement.ts';
import type { DrillResult } from '../../functions/failover-drill/schemas.ts';
import { trendIn, verdictOf } from '../../functions/failover-drill/verdict.ts';
import { aDrillResult } from '../builders/a-drill.ts';
import { aFelt, aMeasurement } from '../builders/a-measurement.ts';

const judge = (changes: Partial<Measurement>, targetSeconds = 60) =>
  verdictOf(aMeasurement(changes), 'shard 0001 of orders', targetSeconds);

describe('verdictOf', () => {
  it('passes what took writes again within the target, with all its figures', () => {
    expect(judge({ writeOutageMs: 8400, readOutageMs: 350 })).toEqual({
      passed: true,
      reason: 'DrillPassed',
      summary:
        'Writes to shard 0001 of orders failed for 8.40 s (the target is 60 s), reads failed for 0.35 s; no acknowledged writes were lost, 0 stale reads.',
    });
  });

  it.each<[number | 'not-over', number, string]>([
    [59_999, 60, 'DrillPassed'],
    [60_000, 60, 'OutageTooLong'],
    [60_001, 60, 'OutageTooLong'],
    [999, 1, 'DrillPassed'],
    [1000, 1, 'OutageTooLong'],
    ['not-over', 600, 'OutageNotOver'],
  ])('judges %s ms by a target of %i s as %s', (writeOutageMs, targetSeconds, reason) => {
    expect(judge({ writeOutageMs }, targetSeconds)).toMatchObject({ reason, passed: reason === 'DrillPassed' });
  });

  it('passes nothing whose reads had not come back, however short its writes were out', () => {
    expect(judge({ writeOutageMs: 400, readOutageMs: 'not-over' })).toMatchObject({
      passed: false,
      reason: 'OutageNotOver',
    });
  });

  it('counts every outage, and says how many there were', () => {
    const twice = { writeOutages: 2, writeOutageMs: 50_001, writeUnavailableMs: 100_002 };
    expect(judge(twice)).toEqual({
      passed: false,
      reason: 'OutageTooLong',
      summary:
        'Writes to shard 0001 of orders failed for 1 min 40 s in all, in 2 outages (the target is 60 s), reads failed for 1.00 s; no acknowledged writes were lost, 0 stale reads.',
    });
    expect(judge({ ...twice, writeUnavailableMs: 59_999, readOutages: 3, readUnavailableMs: 2500 }).summary).toContain(
      'failed for 1 min 0 s in all, in 2 outages (the target is 60 s), reads failed for 2.50 s in all, in 3 outages;',
    );
    expect(judge({ ...twice, writeUnavailableMs: 59_999 }).passed).toBe(true);
  });

  it('says what did not end', () => {
    const { summary } = judge({ writeOutageMs: 'not-over', readOutageMs: 'not-over' });
    expect(summary).toBe(
      'Writes to shard 0001 of orders had not come to last again when the drill ended (the target is 60 s), reads still failed now and then when the drill ended; no acknowledged writes were lost, 0 stale reads.',
    );
  });

  it.each<[Measurement['lostAcknowledgedWrites'], string]>([
    [0, 'no acknowledged writes were lost'],
    [1, 'one acknowledged write was lost'],
    [17, '17 acknowledged writes were lost'],
    ['unknown', 'how many acknowledged writes were lost is not known'],
  ])('never hides lost writes: %s', (lostAcknowledgedWrites, says) => {
    for (const writeOutageMs of [100, 100_000, 'not-over'] as const) {
      expect(judge({ lostAcknowledgedWrites, writeOutageMs, staleReads: 3 }).summary).toContain(
        `; ${says}, 3 stale reads.`,
      );
    }
  });

  describe('of another shard that was not to notice anything', () => {
    const other = (changes: Partial<Measurement>) =>
      judge({ controlShardId: '0002', controlOutageMs: 0, controlFailedMs: 0, controlLostWrites: 0, ...changes });
    const says = (sentence: string) => expect.stringMatching(new RegExp(`stale reads\\. ${sentence}$`)) as string;

    it('says nothing when it noticed nothing', () => {
      expect(other({})).toMatchObject({ passed: true, summary: expect.stringMatching(/stale reads\.$/) as string });
    });

    it.each<[Partial<Measurement>, string, string]>([
      [{ controlOutageMs: 1000, controlFailedMs: 1000 }, 'DrillPassed', 'failed for 1.00 s\\.'],
      [{ controlOutageMs: 1001, controlFailedMs: 1001 }, 'OtherShardFelt', 'failed for 1.00 s\\.'],
      [{ controlOutageMs: 600, controlFailedMs: 1200 }, 'OtherShardFelt', 'failed for 1.20 s\\.'],
      [{ controlOutageMs: 5000 }, 'DrillPassed', 'answered late for 5.00 s\\.'],
      [
        { controlOutageMs: 'not-over', controlFailedMs: 'not-over' },
        'OtherShardFelt',
        'had not come to last again when the drill ended\\.',
      ],
      [{ controlLostWrites: 1 }, 'OtherShardFelt', 'lost one acknowledged write\\.'],
      [
        { controlOutageMs: 200, controlFailedMs: 200, controlLostWrites: 2 },
        'OtherShardFelt',
        'failed for 0.20 s and lost 2 acknowledged writes\\.',
      ],
      [{ controlLostWrites: 'unknown' }, 'DrillPassed', 'may have lost acknowledged writes: how many is not known\\.'],
    ])('takes %j for %s', (changes, reason, sentence) => {
      expect(other(changes)).toMatchObject({
        passed: reason === 'DrillPassed',
        reason,
        summary: says(`Shard 0002, which was not let fail over, ${sentence}`),
      });
    });

    it('is graver than an outage that took long, and not than one that is not over', () => {
      const out = { controlOutageMs: 9000, controlFailedMs: 9000 };
      expect(other({ ...out, writeOutageMs: 90_000 })).toMatchObject({ reason: 'OtherShardFelt' });
      expect(other({ ...out, writeOutageMs: 'not-over' })).toMatchObject({
        reason: 'OutageNotOver',
        summary: says('Shard 0002, which was not let fail over, failed for 9.00 s\\.'),
      });
    });
  });

  it('never passes what was not measured', () => {
    expect(verdictOf(undefined, 'shard 0001 of orders', 60)).toEqual({
      passed: false,
      reason: 'NotMeasured',
      summary: 'How long clients noticed that shard 0001 of orders failed over is not known: the prober left no log.',
    });
  });

  it.each<[string, Felt[]]>([
    ['nobody tried', []],
    ['nobody noticed', [aFelt({ failures: 0 }), aFelt({ client: 'naive', failures: 0 })]],
    ['only the other shard had trouble', [aFelt({ failures: 0 }), aFelt({ shard: 'control', failures: 3 })]],
  ])('takes a log in which %s for one that does not show the failover', (_, clients) => {
    expect(judge({ writeOutageMs: 0, readOutageMs: 0, clients })).toEqual({
      passed: false,
      reason: 'NotMeasured',
      summary:
        'How long clients noticed that shard 0001 of orders failed over is not known: none of the prober’s clients noticed anything while it looked.',
    });
  });

  it('passes what only a client that stays where it was has noticed', () => {
    const clients = [aFelt({ failures: 0 }), aFelt({ client: 'naive', failures: 40 })];
    expect(judge({ writeOutageMs: 0, clients })).toMatchObject({ passed: true, reason: 'DrillPassed' });
  });

  it('never passes a longer outage than it fails', () => {
    const ms = fc.double({ min: 0, max: 700_000, noNaN: true });
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: 1, max: 600 }), (one, other, targetSeconds) => {
        const [shorter, longer] = [Math.min(one, other), Math.max(one, other)];
        const passes = (writeOutageMs: number) => judge({ writeOutageMs }, targetSeconds).passed;
        expect(passes(longer) && !passes(shorter)).toBe(false);
        expect(passes(longer)).toBe(longer < targetSeconds * 1000);
      }),
    );
  });
});

describe('trendIn', () => {
  const took = (...outages: readonly (number | 'not-over' | undefined)[]): DrillResult[] =>
    outages.map((writeOutageMs) => {
      const { writeOutageMs: _, ...drill } = aDrillResult();
      return writeOutageMs === undefined ? drill : { ...drill, writeOutageMs };
    });

  it.each<[string, number | 'not-over' | undefined, DrillResult[], string]>([
    ['is the first', 1000, [], 'It is the first measured drill of this cache.'],
    [
      'is the first that was measured',
      1000,
      took('not-over', undefined),
      'It is the first measured drill of this cache.',
    ],
    ['took as long', 2000, took(2000), 'The one drill before took 2.00 s: this one was about the same.'],
    ['took half as long again', 3000, took(2000), 'The one drill before took 2.00 s: this one was about the same.'],
    ['took longer', 3001, took(2000), 'The one drill before took 2.00 s: this one was slower, 1.5 times as long.'],
    [
      'took much longer',
      30_000,
      took(2000, 1000, 'not-over', 3000),
      '3 drills before took 2.00 s at the median: this one was slower, 15.0 times as long.',
    ],
    ['was quicker', 1000, took(2000, 4000), '2 drills before took 2.00 s at the median: this one was faster.'],
    ['took anything after nothing', 500, took(0), 'The one drill before took 0.00 s: this one was slower, 0.50 s.'],
    ['was not over', 'not-over', took(2000), 'The one drill before took 2.00 s.'],
    ['was not measured', undefined, took(2000, 4000, 3000), '3 drills before took 3.00 s at the median.'],
  ])('compares one that %s', (_, now, earlier, says) => expect(trendIn(now, earlier)).toBe(says));

  it('compares all outages of a drill together', () => {
    const flapping = aDrillResult({ writeOutageMs: 500, writeUnavailableMs: 2000 });
    expect(trendIn(2000, [flapping])).toBe('The one drill before took 2.00 s: this one was about the same.');
  });

  it('does not care in which order they were held', () => {
    const outages = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(outages, fc.integer({ min: 0, max: 60_000 }), (before, now) => {
        expect(trendIn(now, took(...before))).toBe(trendIn(now, took(...before.toReversed())));
      }),
    );
  });

  it('says nothing was slower when nothing was lost by it', () => {
    expect(trendIn(0, took(0, 0))).toBe('2 drills before took 0.00 s at the median: this one was about the same.');
  });
});
