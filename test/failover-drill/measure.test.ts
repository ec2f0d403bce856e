import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HUNG_MS, LASTING_MS, measure } from '../../functions/failover-drill/measure.ts';
import { Measurement } from '../../functions/failover-drill/measurement.ts';
import { ProbeLog } from '../../functions/failover-drill/probe-log.ts';
import { type Attempt, aProbeLog, attempts, type LaneTraits } from '../builders/a-probe-log.ts';

const well = (fromMs = 0, toMs = 1000) => attempts(fromMs, toMs);
/** Well, then an outage of so long, then well for longer than what lasts. */
const outage = (ms: number, fails = 'refused'): readonly Attempt[] => [
  ...well(),
  ...attempts(1000, 1000 + ms, { fails }),
  ...well(1000 + ms, 1000 + ms + 2 * LASTING_MS),
];
const feltOf = (some: readonly Attempt[], changes: Partial<ProbeLog> = {}, lane: Partial<LaneTraits> = {}) => {
  const [felt] = measure(aProbeLog([{ ...lane, attempts: some }], changes)).clients;
  if (!felt) throw new Error('Nobody felt anything.');
  return felt;
};

describe('an outage', () => {
  it('is none without a failure', () => {
    expect(feltOf(well())).toMatchObject({ outageMs: 0, failures: 0, errors: {}, attempts: 40 });
    expect(feltOf(well())).not.toHaveProperty('outageFromMs');
  });

  it('lasts from the moment the first failure was sent to the answer of the first success', () => {
    expect(feltOf(outage(2000))).toMatchObject({ outageMs: 2001, outageFromMs: 1000, outageToMs: 3001, failures: 80 });
  });

  it('is not over before a success has lasted', () => {
    const failed = [...well(), { atMs: 1000, fails: 'closed' }];
    expect(feltOf(failed)).toMatchObject({ outageMs: 'not-over', outageFromMs: 1000 });
    const back = [...failed, ...well(1025, 2000)];
    expect(feltOf(back, { lastedMs: 1026 + LASTING_MS - 1 }).outageMs).toBe('not-over');
    expect(feltOf(back, { lastedMs: 1026 + LASTING_MS }).outageMs).toBe(26);
  });

  it('goes on while what seemed over fails again', () => {
    const flapping = [
      ...outage(100).filter(({ atMs }) => atMs < 3000),
      ...attempts(3000, 3200, { fails: 'closed' }),
      ...well(3200, 10_000),
    ];
    expect(feltOf(flapping)).toMatchObject({ outageMs: 2201, errors: { refused: 4, closed: 8 } });
  });

  it('is another one when a success has lasted before: they are counted and added up, and the longest is known', () => {
    const thrice = [
      ...well(),
      { atMs: 1000, fails: 'closed' },
      ...well(1025, 8000),
      ...attempts(8000, 8500, { fails: 'closed' }),
      ...well(8500, 15_000),
      { atMs: 15_000, fails: 'closed' },
      ...well(15_025, 22_000),
    ];
    expect(feltOf(thrice)).toMatchObject({
      outageMs: 501,
      outageFromMs: 8000,
      outages: 3,
      unavailableMs: 26 + 501 + 26,
      outagesFromMs: 1000,
      outagesToMs: 15_026,
    });
  });

  it.each<[string, number, number]>([
    ['two of 50 s with 6 s between', 50_000, 6000],
    ['two of 1 s with a minute between', 1000, 60_000],
  ])('is counted with all others: %s', (_, downMs, upMs) => {
    const second = 1000 + downMs + upMs;
    const twice = [
      ...well(),
      ...attempts(1000, 1000 + downMs, { fails: 'closed' }),
      ...well(1000 + downMs, second),
      ...attempts(second, second + downMs, { fails: 'closed' }),
      ...well(second + downMs, second + downMs + 10_000),
    ];
    const measured = measure(aProbeLog([{ attempts: twice }, { client: 'plain', attempts: outage(downMs) }]));
    expect(measured).toMatchObject({
      writeOutageMs: downMs + 1,
      writeOutages: 2,
      writeUnavailableMs: 2 * downMs + 2,
      writeUnavailableSeenMs: 2 * downMs + 2,
      readOutages: 0,
      readUnavailableMs: 0,
    });
  });

  it('that is not over makes the sum unknown, and counts until the end of the log in what was seen of it', () => {
    const open = [...outage(2000), ...attempts(20_000, 25_000, { fails: 'closed' })];
    expect(feltOf(open, { lastedMs: 26_000 })).toMatchObject({
      outageMs: 'not-over',
      outageFromMs: 20_000,
      outages: 2,
      unavailableMs: 'not-over',
      unavailableSeenMs: 2001 + 6000,
      outagesFromMs: 1000,
    });
    expect(feltOf(open, { lastedMs: 26_000 })).not.toHaveProperty('outagesToMs');
  });

  it('of late answers only is in the sum and in no number, and nothing is counted twice', () => {
    const late = [...outage(500), { atMs: 13_000, tookMs: 150 }, ...well(13_200, 20_000)];
    expect(feltOf(late)).toMatchObject({ outages: 1, unavailableMs: 501 + 201 });
    expect(feltOf([...well(), { atMs: 1000, tookMs: 150 }, ...well(1200, 9000)])).toMatchObject({
      outages: 0,
      unavailableMs: 201,
    });
    const within = [
      ...well(),
      { atMs: 1000, fails: 'closed' },
      ...well(1025, 2000),
      { atMs: 2000, tookMs: 150 },
      ...well(2175, 3000),
      { atMs: 3000, fails: 'closed' },
      ...well(3025, 12_000),
    ];
    expect(feltOf(within)).toMatchObject({ outages: 1, outageMs: 2026, unavailableMs: 2026 });
  });

  it('begins with a failure that became known late, such as a timeout', () => {
    const silent = [...well(), ...attempts(1000, 1500, { fails: 'timeout', tookMs: 1000 }), ...well(1500, 9000)];
    expect(feltOf(silent)).toMatchObject({ outageMs: 501 });
  });

  it('is seen when everything hangs and is answered in the end', () => {
    const hung = Array.from({ length: 12 }, (_, index) => ({ atMs: 1000 + 25 * index, tookMs: 300 - 25 * index }));
    const felt = feltOf([...well(), ...hung, ...well(1300, 9000)]);
    expect(felt).toMatchObject({ outageMs: 300, failures: 8, errors: { hung: 8 } });
    expect(felt.longestGapMs).toBe(1300 - 976);
  });

  it('is neither prolonged nor left open by a moment in which answers came late', () => {
    const hung = { atMs: 4000, tookMs: 150 };
    const back = [...outage(500).filter(({ atMs }) => atMs < 4000), hung, ...well(4025, 12_000)];
    expect(feltOf(back)).toMatchObject({ outageMs: 501, errors: { refused: 20, hung: 1 } });
    const late = [...outage(500), { atMs: 20_000, tookMs: 150 }];
    expect(feltOf(late, { lastedMs: 20_200 }).outageMs).toBe(501);
    expect(feltOf([...well(), { atMs: 1000, tookMs: 150 }], { lastedMs: 1200 })).toMatchObject({ outageMs: 150 });
  });

  it('is not over as long as what fails besides has not stopped failing', () => {
    const both = [...well(), { atMs: 1000, tookMs: 150 }, { atMs: 1025, fails: 'closed' }, ...well(1050, 2000)];
    expect(feltOf(both, { lastedMs: 2000 })).toMatchObject({ outageMs: 'not-over', outageFromMs: 1000 });
  });

  it('is none while answers are only slow', () => {
    const slow = attempts(1000, 2000, { tookMs: HUNG_MS });
    expect(feltOf([...well(), ...slow, ...well(2000, 9000)])).toMatchObject({ outageMs: 0, longestGapMs: 124 });
  });

  it('is none when only the prober was held up', () => {
    const late = [...well(), { atMs: 1000, tookMs: 400 }, ...well(1400, 9000)];
    expect(feltOf(late).errors).toEqual({ hung: 1 });
    expect(feltOf(late, { stalls: [[995, 1399]] })).toMatchObject({ outageMs: 0, longestGapMs: 424 });
  });

  it('ends with the earliest answer, although what had been stuck is answered later', () => {
    const stuck = [...well(), { atMs: 1000, fails: 'closed' }, { atMs: 1025, tookMs: 90 }, ...well(1050, 9000)];
    expect(feltOf(stuck).outageMs).toBe(51);
  });

  it('is as long as it was, however long', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (steps) => {
        expect(feltOf(outage(25 * steps)).outageMs).toBe(25 * steps + 1);
      }),
      { numRuns: 50 },
    );
  });

  it('is never shorter than the time without an answer says, give or take one attempt', () => {
    const patterns = fc.array(fc.boolean(), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(patterns, (pattern) => {
        const some = pattern.map((fails, index) => ({ atMs: 25 * index, ...(fails ? { fails: 'closed' } : {}) }));
        const { outageMs, longestGapMs, failures } = feltOf(some, { lastedMs: 25 * pattern.length });
        if (failures === 0) expect(outageMs).toBe(0);
        else if (outageMs !== 'not-over') expect(outageMs).toBeGreaterThanOrEqual(longestGapMs - 50);
      }),
    );
  });
});

describe('the control shard', () => {
  const control = (client: 'cluster' | 'plain', some: readonly Attempt[]): LaneTraits => ({
    client,
    shard: 'control',
    shardId: '0002',
    attempts: some,
  });
  const twice = [...outage(300), ...attempts(20_000, 20_400, { fails: 'closed' }), ...well(20_400, 30_000)];

  it('failed for as long as for the client that was worst off, in all', () => {
    const lanes = [{ attempts: outage(500) }, control('cluster', outage(600)), control('plain', twice)];
    expect(measure(aProbeLog(lanes))).toMatchObject({
      controlShardId: '0002',
      controlOutageMs: 601,
      controlFailedMs: 301 + 401,
    });
  });

  it('did not fail in moments in which it only answered late', () => {
    const late = [...well(), { atMs: 1000, tookMs: 150 }, ...well(1150, 9000)];
    expect(measure(aProbeLog([{ attempts: outage(500) }, control('plain', late)]))).toMatchObject({
      controlOutageMs: 151,
      controlFailedMs: 0,
    });
  });

  it('had not come back when nothing that lasts was seen', () => {
    const open = [...well(), ...attempts(1000, 2000, { fails: 'closed' })];
    const measured = measure(
      aProbeLog([{ attempts: outage(500) }, control('cluster', well()), control('plain', open)]),
    );
    expect(measured).toMatchObject({ controlOutageMs: 'not-over', controlFailedMs: 'not-over' });
  });

  it('is left out of the figures when there is none', () => {
    expect(measure(aProbeLog([{ attempts: outage(500) }]))).not.toHaveProperty('controlFailedMs');
  });
});

describe('the figures of a drill', () => {
  it('take the sum of outages, and their number, of the client that was worst off', () => {
    const often = [0, 1, 2].flatMap((turn) => {
      const at = 1000 + turn * 10_000;
      return [...attempts(at, at + 500, { fails: 'closed' }), ...well(at + 500, at + 10_000)];
    });
    const lanes: readonly LaneTraits[] = [
      { client: 'cluster', attempts: [...well(), ...often] },
      { client: 'plain', attempts: outage(1600) },
      { client: 'naive', attempts: outage(9000) },
    ];
    expect(measure(aProbeLog(lanes))).toMatchObject({
      writeOutageMs: 1601,
      writeOutages: 1,
      writeUnavailableMs: 1601,
    });
    const longer = [lanes[0], { client: 'plain', attempts: outage(1400) }] as readonly LaneTraits[];
    expect(measure(aProbeLog(longer))).toMatchObject({
      writeOutageMs: 1401,
      writeOutages: 3,
      writeUnavailableMs: 1503,
    });
  });

  it('show as slow what was slow between the first outage and the end of the last one', () => {
    const some = [
      ...attempts(0, 1000, { tookMs: 1 }),
      ...attempts(1000, 3000, { fails: 'closed' }),
      ...attempts(3000, 10_000, { tookMs: 40 }),
      ...attempts(10_000, 10_500, { fails: 'closed' }),
      ...attempts(10_500, 20_000, { tookMs: 3 }),
    ];
    expect(feltOf(some).latency).toMatchObject({
      during: { p50Ms: 40, p99Ms: 40 },
      after: { p50Ms: 3, p99Ms: 3 },
    });
  });

  it('are the longer ones of the well-behaved clients, on the tested shard', () => {
    const measured = measure(
      aProbeLog([
        { client: 'cluster', attempts: outage(500) },
        { client: 'cluster', does: 'read', attempts: outage(100) },
        { client: 'plain', attempts: outage(700) },
        { client: 'plain', does: 'read', attempts: well(0, 12_000) },
        { client: 'naive', attempts: [...well(), ...attempts(1000, 9000, { fails: 'MOVED' })] },
        { client: 'cluster', shard: 'control', shardId: '0002', attempts: outage(50) },
      ]),
    );
    expect(measured).toMatchObject({ writeOutageMs: 701, readOutageMs: 101, controlOutageMs: 51 });
    expect(measured.clients).toHaveLength(6);
    expect(Measurement.parse(measured)).toEqual(measured);
  });

  it('do not end when one of them saw no end', () => {
    const open = [...well(), ...attempts(1000, 2000, { fails: 'closed' })];
    const measured = measure(
      aProbeLog([
        { client: 'cluster', attempts: outage(500) },
        { client: 'plain', attempts: open },
      ]),
    );
    expect(measured).toMatchObject({ writeOutageMs: 'not-over', readOutageMs: 0 });
    expect(measured).not.toHaveProperty('controlOutageMs');
  });

  it('show how fast it was before, during and after', () => {
    const some = [
      ...attempts(0, 1000, { tookMs: 1 }),
      ...attempts(1000, 1500, { fails: 'closed' }),
      ...attempts(1500, 9000, { tookMs: 3 }),
    ];
    const reads = [...attempts(0, 1000, { tookMs: 1 }), ...attempts(1000, 1500, { tookMs: 40 }), ...well(1600, 9000)];
    const { clients } = measure(
      aProbeLog([
        { client: 'cluster', attempts: some },
        { client: 'cluster', does: 'read', attempts: reads },
      ]),
    );
    expect(clients[0]?.latency).toEqual({
      before: { p50Ms: 1, p99Ms: 1 },
      during: { p50Ms: 3, p99Ms: 3 },
      after: { p50Ms: 3, p99Ms: 3 },
    });
    expect(clients[1]?.latency.during).toEqual({ p50Ms: 40, p99Ms: 40 });
    expect(feltOf(well()).latency).toEqual({ before: { p50Ms: 1, p99Ms: 1 } });
  });

  it('count the time after the last answer, too', () => {
    expect(feltOf(well(), { lastedMs: 5000 }).longestGapMs).toBe(5000 - 976);
  });
});

describe('lost acknowledged writes', () => {
  const lanes: readonly LaneTraits[] = [
    { client: 'cluster', attempts: well() },
    { client: 'plain', attempts: well() },
  ];

  it('are added up over the clients', () => {
    const measured = measure(
      aProbeLog(lanes, {
        kept: [
          { client: 'cluster', shard: 'tested', lostNumbers: [39, 40] },
          { client: 'plain', shard: 'tested', lostNumbers: [40] },
        ],
      }),
    );
    expect(measured.lostAcknowledgedWrites).toBe(3);
    expect(measured.clients.map(({ lostAcknowledgedWrites }) => lostAcknowledgedWrites)).toEqual([2, 1]);
  });

  it('are those of the control shard, too', () => {
    const measured = measure(
      aProbeLog([...lanes, { client: 'plain', shard: 'control', shardId: '0002', attempts: well() }], {
        kept: [
          { client: 'cluster', shard: 'tested', lostNumbers: [40] },
          { client: 'plain', shard: 'tested', lostNumbers: [] },
          { client: 'plain', shard: 'control', lostNumbers: [38, 39] },
        ],
      }),
    );
    expect(measured).toMatchObject({ lostAcknowledgedWrites: 3, controlLostWrites: 2 });
    const only = measure(aProbeLog(lanes, { kept: [{ client: 'plain', shard: 'control', lostNumbers: [] }] }));
    expect(only.lostAcknowledgedWrites).toBe('unknown');
  });

  it('are unknown, never 0, when one of them is unknown or nobody asked', () => {
    const kept = [
      { client: 'cluster', shard: 'tested', lostNumbers: [] },
      { client: 'plain', shard: 'tested', lostNumbers: 'unknown' },
    ] as const;
    expect(
      measure(
        aProbeLog(lanes, {
          kept: kept.map((one) => ({ ...one, lostNumbers: one.lostNumbers === 'unknown' ? 'unknown' : [] })),
        }),
      ).lostAcknowledgedWrites,
    ).toBe('unknown');
    expect(measure(aProbeLog(lanes, { kept: [] })).lostAcknowledgedWrites).toBe('unknown');
  });
});

describe('stale reads', () => {
  const staleOf = (writes: readonly Attempt[], reads: readonly Attempt[]) =>
    measure(
      aProbeLog([
        { client: 'plain', attempts: writes },
        { client: 'plain', does: 'read', attempts: reads },
      ]),
    ).staleReads;
  const written = [
    { atMs: 0, number: 1 },
    { atMs: 25, number: 2 },
    { atMs: 50, number: 3 },
  ];

  it('found less than what had been acknowledged before', () => {
    expect(staleOf(written, [{ atMs: 60, number: 2 }])).toBe(1);
    expect(staleOf(written, [{ atMs: 60, number: 3 }])).toBe(0);
  });

  it('are none when the acknowledgement came after the read was sent', () => {
    expect(staleOf(written, [{ atMs: 50.5, number: 2 }])).toBe(0);
  });

  it('are those, too, that found nothing at all', () => {
    expect(staleOf(written, [{ atMs: 60, number: -1 }])).toBe(1);
    expect(staleOf(written, [{ atMs: 60, fails: 'timeout' }])).toBe(0);
  });

  it('are those of the well-behaved clients: one that stays where it was reads old values for ever', () => {
    const lanes = (['cluster', 'plain', 'naive'] as const).flatMap((client): LaneTraits[] => [
      { client, attempts: written },
      { client, does: 'read', attempts: [{ atMs: 60, number: 2 }] },
    ]);
    const measured = measure(aProbeLog(lanes));
    expect(measured.staleReads).toBe(2);
    expect(measured.clients.flatMap(({ staleReads }) => staleReads ?? [])).toEqual([1, 1, 1]);
  });

  it('are none where nothing is missing but writes that were lost: those are counted as such', () => {
    const lanes: readonly LaneTraits[] = [
      { client: 'plain', attempts: written },
      {
        client: 'plain',
        does: 'read',
        attempts: [
          { atMs: 60, number: 2 },
          { atMs: 85, number: 1 },
          { atMs: 110, number: -1 },
        ],
      },
    ];
    const staleWithout = (lostNumbers: number[] | 'unknown') =>
      measure(aProbeLog(lanes, { kept: [{ client: 'plain', shard: 'tested', lostNumbers }] })).staleReads;
    expect(staleWithout([])).toBe(3);
    expect(staleWithout([3])).toBe(2);
    expect(staleWithout([2, 3])).toBe(1);
    expect(staleWithout([1, 2, 3])).toBe(0);
    // Nobody knows what was lost: then it may have been there.
    expect(staleWithout('unknown')).toBe(3);
    // Another client's losses explain nothing.
    const other = { client: 'cluster', shard: 'tested', lostNumbers: [3] } as const;
    expect(measure(aProbeLog(lanes, { kept: [{ ...other, lostNumbers: [3] }] })).staleReads).toBe(3);
  });

  it('are none where a write that had been stuck came in behind newer ones', () => {
    const stuck = [
      { atMs: 0, number: 1 },
      { atMs: 25, number: 2, tookMs: 60 },
      { atMs: 50, number: 3 },
    ];
    expect(staleOf(stuck, [{ atMs: 100, number: 2 }])).toBe(0);
    expect(staleOf([...stuck, { atMs: 110, number: 4 }], [{ atMs: 120, number: 2 }])).toBe(1);
    const given = [
      { atMs: 0, number: 1 },
      { atMs: 25, number: 2, fails: 'timeout' },
      { atMs: 50, number: 3 },
    ];
    expect(staleOf(given, [{ atMs: 100, number: 2 }])).toBe(0);
  });
});

it('takes a log as it is in its file', () => {
  const log = aProbeLog([{ attempts: outage(500) }], { stalls: [[1, 2]] });
  expect(measure(ProbeLog.parse(JSON.parse(JSON.stringify(log))))).toEqual(measure(log));
});
