import type { ProbeLane, ProbeLog } from '../../functions/failover-drill/probe-log.ts';

/** One attempt of a lane. Left out: answered after 1 ms as it should be. */
export interface Attempt {
  readonly atMs: number;
  readonly tookMs?: number;
  /** The kind of its failure. */
  readonly fails?: string;
  /** What was written, or found. */
  readonly number?: number;
}

export type LaneTraits = Partial<Pick<ProbeLane, 'client' | 'does' | 'shard' | 'shardId'>> & {
  readonly attempts: readonly Attempt[];
};

/** Attempts every 25 ms from one moment to before another one, all alike. Numbers grow by one with each. */
export const attempts = (fromMs: number, toMs: number, like: Omit<Attempt, 'atMs'> = {}): readonly Attempt[] =>
  Array.from({ length: Math.ceil((toMs - fromMs) / 25) }, (_, index) => ({ atMs: fromMs + 25 * index, ...like }));

/** A log in which exactly this happened. Left out: nothing was lost, and it ends after the last attempt. */
export const aProbeLog = (lanes: readonly LaneTraits[], changes: Partial<ProbeLog> = {}): ProbeLog => {
  const kinds = new Set(lanes.flatMap((lane) => lane.attempts.flatMap(({ fails }) => fails ?? [])));
  const outcomes = ['ok', ...kinds];
  const laneOf = ({
    client = 'cluster',
    does = 'write',
    shard = 'tested',
    shardId = '0001',
    attempts: some,
  }: LaneTraits): ProbeLane => ({
    client,
    does,
    shard,
    shardId,
    sentAtMs: some.map(({ atMs }) => atMs),
    tookMs: some.map(({ tookMs = 1 }) => tookMs),
    outcome: some.map(({ fails }) => (fails === undefined ? 0 : outcomes.indexOf(fails))),
    number: some.map(({ number, fails }, index) => number ?? (does === 'read' && fails !== undefined ? -1 : index + 1)),
  });
  const all = lanes.map(laneOf);
  const writers = all.filter(({ does }) => does === 'write');
  return {
    operationId: 'drill-1',
    cacheId: 'orders',
    shardId: '0001',
    startedAt: '2026-11-21T07:00:00.000Z',
    clock: [
      [0, Date.parse('2026-11-21T07:00:00.000Z')],
      [1000, Date.parse('2026-11-21T07:00:01.000Z')],
    ],
    outcomes,
    lanes: all,
    kept: writers.map(({ client, shard }) => ({ client, shard, lostNumbers: [] })),
    lastedMs: Math.max(0, ...all.flatMap(({ sentAtMs }) => sentAtMs)) + 25,
    endedBecause: 'drill-ended',
    ...changes,
  };
};
