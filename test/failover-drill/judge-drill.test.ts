import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { evidenceKeys } from '../../functions/failover-drill/evidence-keys.ts';
import { judgeDrill } from '../../functions/failover-drill/judge-drill.ts';
import { ProbeLog } from '../../functions/failover-drill/probe-log.ts';
import { JudgeInput, Verdict } from '../../functions/failover-drill/schemas.ts';
import type { TimelineView } from '../../functions/failover-drill/timeline/timeline-view.ts';
import { aDrillRecord, daysAgo, NOW, secondsFromNow } from '../builders/a-drill.ts';
import { aProbeLog, attempts } from '../builders/a-probe-log.ts';
import { inMemoryLedger } from '../builders/in-memory-ledger.ts';
import { inMemoryObjects } from '../builders/in-memory-objects.ts';

const INPUT = JudgeInput.parse({
  operationId: 'drill-1',
  cacheId: 'orders',
  shardId: '0001',
  targetSeconds: 60,
  marks: [{ at: secondsFromNow(5), says: 'Test Failover API called for node group 0001' }],
  orderedAt: NOW,
  now: secondsFromNow(600),
});
const KEYS = evidenceKeys(INPUT);

/** A log in which writes fail for so many milliseconds in the middle of thirty seconds. */
const aLog = (outageMs: number): ProbeLog =>
  ProbeLog.parse(
    aProbeLog([
      {
        attempts: [
          ...attempts(0, 10_000),
          ...attempts(10_000, 10_000 + outageMs, { fails: 'closed' }),
          ...attempts(10_000 + outageMs, 30_000),
        ],
      },
      { does: 'read', attempts: attempts(0, 30_000) },
    ]),
  );

/** A bucket with the prober’s log, and a ledger with earlier drills. */
const aWorld = async (log?: Uint8Array | ProbeLog) => {
  const objects = inMemoryObjects();
  const packed = log instanceof Uint8Array ? log : log && gzipSync(JSON.stringify(log));
  if (packed) await objects.put(KEYS.log, packed, 'application/json', 'gzip');
  const ledger = inMemoryLedger();
  const views: TimelineView[] = [];
  const held = async (...records: readonly Parameters<typeof aDrillRecord>[0][]) => {
    for (const record of records) {
      const made = aDrillRecord(record);
      await ledger.close(made, {
        outcome: 'done',
        reason: 'DrillPassed',
        summary: 'Drill passed.',
        closedAt: made.startedAt,
        figures: made.figures,
      });
    }
  };
  const judge = async () =>
    Verdict.parse(
      await judgeDrill(INPUT, {
        objects,
        ledger,
        region: 'us-east-1',
        bucket: 'evidence',
        async draw(view) {
          views.push(view);
          return { svg: '<svg/>', png: new Uint8Array([137, 80, 78, 71]) };
        },
      }),
    );
  return { objects, held, judge, views };
};

describe('judgeDrill', () => {
  it('measures the log, judges it, and keeps the picture beside it', async () => {
    const { objects, judge, views } = await aWorld(aLog(2000));
    const verdict = await judge();
    expect(verdict).toMatchObject({
      passed: true,
      reason: 'DrillPassed',
      measurement: { writeOutageMs: 2001, readOutageMs: 0 },
      trend: [],
      trendSays: 'It is the first measured drill of this cache.',
      pictures: {
        svg: 's3://evidence/drills/orders/drill-1/timeline.svg',
        png: 's3://evidence/drills/orders/drill-1/timeline.png',
      },
    });
    expect(verdict.summary).toContain('Writes to shard 0001 of orders failed for 2.00 s');
    expect(objects.kept.get(KEYS.svg)).toMatchObject({ contentType: 'image/svg+xml' });
    expect(objects.kept.get(KEYS.png)).toMatchObject({
      contentType: 'image/png',
      body: new Uint8Array([137, 80, 78, 71]),
    });
    expect(views[0]).toMatchObject({
      verdict: { outcome: 'passed', says: verdict.summary },
      targetSeconds: 60,
      orderedAt: NOW,
      marks: INPUT.marks,
      past: [],
    });
  });

  it('does not pass what took too long, and draws it as failed', async () => {
    const { judge, views } = await aWorld(
      aProbeLog([{ attempts: [...attempts(0, 1000), ...attempts(1000, 5000, { fails: 'closed' })] }]),
    );
    expect(await judge()).toMatchObject({ passed: false, reason: 'OutageNotOver' });
    expect(views[0]?.verdict.outcome).toBe('failed');
  });

  it('has measured nothing without a log, and draws nothing', async () => {
    const { objects, held, judge } = await aWorld();
    await held({ operationId: 'drill-0' });
    const verdict = await judge();
    expect(verdict).toMatchObject({
      passed: false,
      reason: 'NotMeasured',
      trendSays: 'The one drill before took 2.00 s.',
    });
    expect(verdict).not.toHaveProperty('measurement');
    expect(verdict).not.toHaveProperty('pictures');
    expect(objects.kept.size).toBe(0);
  });

  it('tells no figures of a log that does not show the failover, and draws it as unclear', async () => {
    const { judge, views } = await aWorld(aLog(0));
    const verdict = await judge();
    expect(verdict).toMatchObject({ passed: false, reason: 'NotMeasured', pictures: {} });
    expect(verdict).not.toHaveProperty('measurement');
    expect(views[0]?.verdict.outcome).toBe('unclear');
  });

  it.each<[string, Uint8Array]>([
    ['is not packed', new TextEncoder().encode('{"lanes": []}')],
    ['is cut off', gzipSync(JSON.stringify(aLog(0))).subarray(0, 200)],
    ['is no JSON', gzipSync('<html>')],
    ['is something else', gzipSync('{"lanes": []}')],
    ['has a word that we do not know', gzipSync(JSON.stringify({ ...aLog(0), version: 2 }))],
    ['is empty', new Uint8Array()],
  ])('refuses a log that %s', async (_, packed) => {
    const { objects, judge } = await aWorld(packed);
    await expect(judge()).rejects.toMatchObject({
      name: 'FixInput',
      message: expect.stringContaining(`the probe log ${KEYS.log}`),
    });
    expect([...objects.kept.keys()]).toEqual([KEYS.log]);
  });

  it('says the same when it is asked again, also after its own end was written', async () => {
    const { objects, held, judge } = await aWorld(aLog(2000));
    await held({ operationId: 'drill-0' });
    const first = await judge();
    const kept = [...objects.kept.keys()];
    await held({ operationId: 'drill-1', startedAt: NOW, figures: { shardId: '0001', writeOutageMs: 2001 } });
    expect(await judge()).toEqual(first);
    expect([...objects.kept.keys()]).toEqual(kept);
    expect(first.trend.map(({ operationId }) => operationId)).toEqual(['drill-0']);
  });

  it('compares with the last twelve drills of this cache that were measured, newest first', async () => {
    const { held, judge, views } = await aWorld(aLog(2000));
    await held(
      ...Array.from({ length: 14 }, (_, index) => ({ operationId: `drill-a${index}`, startedAt: daysAgo(20 - index) })),
      { operationId: 'drill-b', startedAt: daysAgo(2), figures: { shardId: '0002' } },
      { operationId: 'drill-c', startedAt: daysAgo(1), cacheId: 'carts' },
      { operationId: 'drill-d', startedAt: daysAgo(1), region: 'eu-west-1' },
    );
    const { trend, trendSays } = await judge();
    expect(trend.map(({ operationId }) => operationId)).toEqual(
      Array.from({ length: 12 }, (_, index) => `drill-a${13 - index}`),
    );
    expect(trendSays).toBe('12 drills before took 2.00 s at the median: this one was about the same.');
    // The picture reads from left to right.
    expect(views[0]?.past?.map(({ at }) => at)).toEqual(trend.map(({ at }) => at).toReversed());
  });
});
