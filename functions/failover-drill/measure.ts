import type { Felt, Measurement } from './measurement.ts';
import type { Kept, ProbeLane, ProbeLog } from './probe-log.ts';

/**
 * A success that is followed by a failure within this was none: engines and endpoints flap while they fail over, and an
 * application that breaks again after a moment is not back. Five seconds are longer than the flapping of a switch that
 * works (a name, a topology and a connection settle within one or two), and short beside the minutes that count.
 */
export const LASTING_MS = 5000;

/**
 * An answer that took longer than this is counted as a failure, `hung`: a cache whose commands usually take less than a
 * millisecond does not serve while it makes everybody wait a hundred times as long, and an engine that stops in the middle
 * and then answers everything within the deadline would otherwise have had no outage at all. Time in which the prober
 * itself was held up does not count.
 */
export const HUNG_MS = 100;

export interface MeasureOptions {
  readonly lastingMs?: number;
  readonly hungMs?: number;
}

/** The kind of failure of what was answered, and much too late. */
const HUNG = 'hung';

/** One attempt: index into the lane's columns. */
interface Seen {
  readonly lane: ProbeLane;
  /** The kind of its failure; undefined for a success. */
  readonly failures: readonly (string | undefined)[];
  readonly outages: Outages;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** When one client could not do its work on one shard. */
interface Outages {
  /** In their order. */
  readonly over: readonly Span[];
  /** The last one, when nothing that lasts was seen behind it. */
  readonly open?: Pick<Span, 'fromMs'> | undefined;
  /** Moments in which everything was answered, only late; some of them lie within an outage. */
  readonly late: readonly Span[];
}

type Length = Felt['outageMs'];

/** The figures of a drill. Pure: the same log always gives the same ones. */
export const measure = (log: ProbeLog, options: MeasureOptions = {}): Measurement => {
  const { lastingMs = LASTING_MS, hungMs = HUNG_MS } = options;
  const lanes = log.lanes.map((lane): Seen => {
    const failures = lane.sentAtMs.map((_, row) => failureOf(log, lane, row, hungMs));
    return { lane, failures, outages: outagesOf(lane, failures, log.lastedMs, lastingMs) };
  });
  const wellBehaved = lanes.filter(({ lane }) => lane.shard === 'tested' && lane.client !== 'naive');
  const phases = phasesOf(wellBehaved, log.lastedMs);
  const clients = lanes.map((seen) => feltBy(seen, log, phases));

  const ofShard = (shard: Felt['shard']) => clients.filter((felt) => felt.shard === shard);
  const well = ofShard('tested').filter(({ client }) => client !== 'naive');
  const writes = worstOf(well.filter(({ does }) => does === 'write'));
  const reads = worstOf(well.filter(({ does }) => does === 'read'));
  const lostOn = (shard: Felt['shard']) =>
    lostInAll(log.kept.filter((kept) => kept.shard === shard).map(({ lostNumbers }) => lostNumbers));
  const control = controlFigures(
    lanes.filter(({ lane }) => lane.shard === 'control'),
    ofShard('control'),
    lostOn('control'),
  );
  return {
    writeOutageMs: writes.outageMs,
    writeOutages: writes.outages,
    writeUnavailableMs: writes.unavailableMs,
    writeUnavailableSeenMs: writes.unavailableSeenMs,
    readOutageMs: reads.outageMs,
    readOutages: reads.outages,
    readUnavailableMs: reads.unavailableMs,
    readUnavailableSeenMs: reads.unavailableSeenMs,
    longestGapMs: Math.max(0, ...well.map((felt) => felt.longestGapMs)),
    lostAcknowledgedWrites: added(lostOn('tested'), control.controlLostWrites ?? 0),
    staleReads: well.reduce((sum, { staleReads = 0 }) => sum + staleReads, 0),
    ...control,
    clients,
  };
};

const longest = (lengths: readonly Length[]): Length =>
  lengths.includes('not-over') ? 'not-over' : Math.max(0, ...lengths.filter((ms) => ms !== 'not-over'));

/** The longest outage of all, and how often and how long in all the one was out who was out for longest. */
const worstOf = (clients: readonly Felt[]) => {
  const sizeOf = ({ unavailableMs }: Felt) => (unavailableMs === 'not-over' ? Number.POSITIVE_INFINITY : unavailableMs);
  const [worst] = clients.toSorted((one, other) => sizeOf(other) - sizeOf(one) || other.outages - one.outages);
  return {
    outageMs: longest(clients.map(({ outageMs }) => outageMs)),
    outages: worst?.outages ?? 0,
    unavailableMs: worst?.unavailableMs ?? 0,
    unavailableSeenMs: Math.max(0, ...clients.map(({ unavailableSeenMs }) => unavailableSeenMs)),
  };
};

/** What the other shard noticed; nothing when there is none. */
const controlFigures = (
  seen: readonly Seen[],
  clients: readonly Felt[],
  controlLostWrites: Lost,
): Pick<Measurement, 'controlShardId' | 'controlOutageMs' | 'controlFailedMs' | 'controlLostWrites'> => {
  const [first] = seen;
  if (!first) return {};
  return {
    controlShardId: first.lane.shardId,
    controlOutageMs: longest(clients.map(({ outageMs }) => outageMs)),
    controlFailedMs: longest(seen.map(({ outages: { over, open } }) => (open ? 'not-over' : lengthOfAll(over)))),
    controlLostWrites,
  };
};

type Lost = Measurement['lostAcknowledgedWrites'];

const added = (one: Lost, other: Lost): Lost => (one === 'unknown' || other === 'unknown' ? 'unknown' : one + other);

/** Nobody's word that nothing was lost is worth anything while one of them is not known. */
const lostInAll = (lost: readonly Kept['lostNumbers'][]): Lost =>
  lost.length === 0
    ? 'unknown'
    : lost.map((numbers) => (numbers === 'unknown' ? numbers : numbers.length)).reduce(added);

const failureOf = (log: ProbeLog, lane: ProbeLane, row: number, hungMs: number): string | undefined => {
  const outcome = lane.outcome[row] ?? 0;
  if (outcome !== 0) return log.outcomes[outcome] ?? 'other';
  const sentAtMs = lane.sentAtMs[row] ?? 0;
  const tookMs = lane.tookMs[row] ?? 0;
  if (tookMs <= hungMs) return undefined;
  const heldUpMs = (log.stalls ?? []).reduce(
    (sum, [fromMs, toMs]) => sum + Math.max(0, Math.min(toMs, sentAtMs + tookMs) - Math.max(fromMs, sentAtMs)),
    0,
  );
  return tookMs - heldUpMs > hungMs ? HUNG : undefined;
};

const answeredAt = ({ sentAtMs, tookMs }: ProbeLane, row: number): number => (sentAtMs[row] ?? 0) + (tookMs[row] ?? 0);

/** Attempts that failed one after the other, with no success between them. */
interface Stretch {
  readonly fromMs: number;
  /** When the first success behind it was answered; undefined when none was. */
  readonly backMs: number | undefined;
  /** All of them were answered, only much too late. */
  readonly onlyHung: boolean;
  /** When the last of them was answered, refused or given up. */
  readonly untilMs: number;
}

const stretchesOf = (lane: ProbeLane, failures: readonly (string | undefined)[]): Stretch[] => {
  const stretches: Stretch[] = [];
  let isFailing = false;
  for (const [row, failure] of failures.entries()) {
    const last = stretches.at(-1);
    const atMs = answeredAt(lane, row);
    if (failure === undefined) {
      // The earliest answer: what was sent first may be answered last, on a connection that had been stuck.
      if (last) stretches[stretches.length - 1] = { ...last, backMs: Math.min(last.backMs ?? atMs, atMs) };
    } else if (last && isFailing) {
      const onlyHung = last.onlyHung && failure === HUNG;
      stretches[stretches.length - 1] = { ...last, onlyHung, untilMs: Math.max(last.untilMs, atMs) };
    } else {
      const fromMs = lane.sentAtMs[row] ?? 0;
      stretches.push({ fromMs, backMs: undefined, onlyHung: failure === HUNG, untilMs: atMs });
    }
    isFailing = failure !== undefined;
  }
  return stretches;
};

/**
 * All outages. One begins with a failure and ends when the first success behind its last failure is answered; it is over when
 * nothing that was sent in the following `lastingMs` fails. A failure after that is another outage. The last one is not over
 * when the log ends before that is known. A moment in which everything was answered, only late, is apart from them: it has passed
 * when it is answered, and neither prolongs an outage nor leaves it open.
 */
const outagesOf = (
  lane: ProbeLane,
  failures: readonly (string | undefined)[],
  lastedMs: number,
  lastingMs: number,
): Outages => {
  const over: Span[] = [];
  const late: Span[] = [];
  let open: Pick<Stretch, 'fromMs' | 'backMs'> | undefined;
  for (const { fromMs, backMs, onlyHung, untilMs } of stretchesOf(lane, failures)) {
    if (onlyHung) {
      late.push({ fromMs, toMs: backMs ?? untilMs });
      continue;
    }
    if (open?.backMs !== undefined && fromMs > open.backMs + lastingMs) {
      over.push({ fromMs: open.fromMs, toMs: open.backMs });
      open = undefined;
    }
    open = { fromMs: open?.fromMs ?? fromMs, backMs };
  }
  if (!open) return { over, late };
  if (open.backMs === undefined || open.backMs + lastingMs > lastedMs) return { over, late, open };
  return { over: [...over, { fromMs: open.fromMs, toMs: open.backMs }], late };
};

const lengthOf = ({ fromMs, toMs }: Span): number => toMs - fromMs;

/** How long it is within one of the spans, or more of them. */
const lengthOfAll = (spans: readonly Span[]): number => {
  let coveredToMs = Number.NEGATIVE_INFINITY;
  let sumMs = 0;
  for (const { fromMs, toMs } of spans.toSorted((one, other) => one.fromMs - other.fromMs)) {
    sumMs += Math.max(0, toMs - Math.max(fromMs, coveredToMs));
    coveredToMs = Math.max(coveredToMs, toMs);
  }
  return sumMs;
};

/** The figures of one client's outages. */
const feltOutages = (
  { over, open, late }: Outages,
  lastedMs: number,
): Pick<Felt, 'outageMs' | 'outageFromMs' | 'outageToMs' | 'outages' | 'outagesFromMs' | 'outagesToMs'> &
  Pick<Felt, 'unavailableMs' | 'unavailableSeenMs'> => {
  const closed = [...over, ...late];
  const [first] = [...over, ...(open ? [open] : [])];
  const last = open ? undefined : over.at(-1);
  const numbers = {
    outages: over.length + (open ? 1 : 0),
    ...(first ? { outagesFromMs: first.fromMs } : {}),
    ...(last ? { outagesToMs: last.toMs } : {}),
  };
  if (open) {
    const untilEnd = { fromMs: open.fromMs, toMs: Math.max(open.fromMs, lastedMs) };
    const unavailableSeenMs = lengthOfAll([...closed, untilEnd]);
    return {
      ...numbers,
      outageMs: 'not-over',
      outageFromMs: open.fromMs,
      unavailableMs: 'not-over',
      unavailableSeenMs,
    };
  }
  const unavailableMs = lengthOfAll(closed);
  const [longestOne] = closed.toSorted((one, other) => lengthOf(other) - lengthOf(one));
  return {
    ...numbers,
    outageMs: longestOne ? lengthOf(longestOne) : 0,
    ...(longestOne ? { outageFromMs: longestOne.fromMs, outageToMs: longestOne.toMs } : {}),
    unavailableMs,
    unavailableSeenMs: unavailableMs,
  };
};

interface Phases {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * From the earliest to the latest moment of what the well-behaved clients felt: the same for all, to be compared. Late answers
 * count only for whom nothing failed.
 */
const phasesOf = (wellBehaved: readonly Seen[], lastedMs: number): Phases => {
  const spans = wellBehaved.flatMap(({ outages: { over, open, late } }) => {
    const failed = open ? [...over, { fromMs: open.fromMs, toMs: lastedMs }] : over;
    return failed.length > 0 ? failed : late;
  });
  return {
    fromMs: Math.min(Number.POSITIVE_INFINITY, ...spans.map(({ fromMs }) => fromMs)),
    toMs: Math.max(0, ...spans.map(({ toMs }) => toMs)),
  };
};

const feltBy = ({ lane, failures, outages }: Seen, log: ProbeLog, { fromMs, toMs }: Phases): Felt => {
  const errors: Record<string, number> = {};
  for (const failure of failures) if (failure !== undefined) errors[failure] = (errors[failure] ?? 0) + 1;
  const answered = lane.sentAtMs.flatMap((sentAtMs, row) =>
    lane.outcome[row] === 0 ? [{ sentAtMs, tookMs: lane.tookMs[row] ?? 0 }] : [],
  );
  const within = (isIn: (sentAtMs: number) => boolean) =>
    latencyOf(answered.filter(({ sentAtMs }) => isIn(sentAtMs)).map(({ tookMs }) => tookMs));
  const latency = {
    before: within((sentAtMs) => sentAtMs < fromMs),
    during: within((sentAtMs) => sentAtMs >= fromMs && sentAtMs <= toMs),
    after: within((sentAtMs) => sentAtMs > toMs && sentAtMs >= fromMs),
  };
  const kept = log.kept.find(({ client, shard }) => client === lane.client && shard === lane.shard);
  return {
    client: lane.client,
    does: lane.does,
    shard: lane.shard,
    attempts: failures.length,
    failures: failures.filter((failure) => failure !== undefined).length,
    errors,
    ...feltOutages(outages, log.lastedMs),
    longestGapMs: longestGap(lane, log.lastedMs),
    latency: Object.fromEntries(Object.entries(latency).filter(([, value]) => value !== undefined)),
    ...(lane.does === 'write' ? { lostAcknowledgedWrites: kept ? lostInAll([kept.lostNumbers]) : 'unknown' } : {}),
    ...(lane.does === 'read' ? { staleReads: staleReads(lane, log) } : {}),
  };
};

/** Between two answers, also from the first attempt to the first answer and from the last answer to the log's end. */
const longestGap = (lane: ProbeLane, lastedMs: number): number => {
  const answers = lane.sentAtMs
    .flatMap((_, row) => (lane.outcome[row] === 0 ? [answeredAt(lane, row)] : []))
    .sort((one, other) => one - other);
  const [firstSentMs] = lane.sentAtMs;
  if (firstSentMs === undefined) return lastedMs;
  const moments = [firstSentMs, ...answers, Math.max(lastedMs, answers.at(-1) ?? 0)];
  return moments.reduce((longest, moment, index) => Math.max(longest, moment - (moments[index - 1] ?? moment)), 0);
};

/** By the nearest rank. */
const latencyOf = (tookMs: readonly number[]): Felt['latency']['before'] => {
  if (tookMs.length === 0) return undefined;
  const sorted = tookMs.toSorted((one, other) => one - other);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50Ms: rank(0.5), p99Ms: rank(0.99) };
};

/**
 * Reads that were answered with less than what had been acknowledged to the same client before they were sent. What counts
 * is a number that was acknowledged before a higher one: a write that had been stuck, and was acknowledged behind it or
 * never, may have been appended behind it, too, and its number says nothing about what the reader missed. Who misses only what
 * was lost in the end was answered as truly as possible: a lost write is counted once, not with each read until the end.
 */
const staleReads = (reads: ProbeLane, log: ProbeLog): number => {
  const writes = log.lanes.find(
    ({ client, shard, does }) => client === reads.client && shard === reads.shard && does === 'write',
  );
  if (!writes) return 0;
  const { lostNumbers = [] } =
    log.kept.find(({ client, shard }) => client === reads.client && shard === reads.shard) ?? {};
  const lost = new Set(lostNumbers === 'unknown' ? [] : lostNumbers);
  const answered = writes.sentAtMs
    .map((_, row) => ({ row, atMs: answeredAt(writes, row), number: writes.number[row] ?? 0 }))
    .filter(({ row }) => writes.outcome[row] === 0)
    .sort((one, other) => one.atMs - other.atMs);
  const acknowledgedAt = new Map(answered.map(({ atMs, number }) => [number, atMs]));
  const acknowledged = answered.filter(({ number }) => !lost.has(number));
  let known = 0;
  let highest = -1;
  let stale = 0;
  for (const [row, sentAtMs] of reads.sentAtMs.entries()) {
    for (; (acknowledged[known]?.atMs ?? Number.POSITIVE_INFINITY) < sentAtMs; known += 1) {
      highest = Math.max(highest, acknowledged[known]?.number ?? -1);
    }
    const found = reads.number[row] ?? -1;
    if (reads.outcome[row] !== 0 || found >= highest) continue;
    // Nothing at all is less than anything; a number that was never acknowledged is from the end of time.
    const foundAtMs = found < 0 ? Number.NEGATIVE_INFINITY : (acknowledgedAt.get(found) ?? Number.POSITIVE_INFINITY);
    const isBehind = acknowledged.slice(0, known).findLast(({ atMs, number }) => number > found || atMs <= foundAtMs);
    if (isBehind && isBehind.atMs > foundAtMs) stale += 1;
  }
  return stale;
};
