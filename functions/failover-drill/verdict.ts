import type { Measurement } from './measurement.ts';
import type { DrillResult, Verdict } from './schemas.ts';
import { sayLength } from './timeline/say-length.ts';

type Judged = Pick<Verdict, 'passed' | 'reason' | 'summary'>;
type Outage = Measurement['writeOutageMs'];

/**
 * Judges a drill by its figures: passed only if writes were seen to last again within the target, and reads at all. What was not
 * measured is never passed, and lost acknowledged writes are always said.
 *
 * @param what the shard and its cache, for the sentence
 */
export const verdictOf = (measurement: Measurement | undefined, what: string, targetSeconds: number): Judged => {
  const notMeasured = (because: string): Judged => ({
    passed: false,
    reason: 'NotMeasured',
    summary: `${what} failed over, and how long its clients noticed is not known: ${because}.`,
  });
  if (!measurement) return notMeasured('the prober left no log');
  // Whoever stays where the primary was fails with it: a log without a failure ended, or began, at another time.
  if (!measurement.clients.some(({ shard, failures }) => shard === 'tested' && failures > 0)) {
    return notMeasured('none of the prober’s clients noticed anything while it looked');
  }
  const { writeOutageMs, readOutageMs } = measurement;
  const figures = `${outage('Writes to', what, writeOutageMs)} (the target is ${targetSeconds} s), ${readOutageMs === 'not-over' ? 'reads still failed now and then when the drill ended' : `reads failed for ${sayLength(readOutageMs)}`}; ${lostIn(measurement)}, ${measurement.staleReads} stale reads.`;
  if (writeOutageMs === 'not-over' || readOutageMs === 'not-over')
    return { passed: false, reason: 'OutageNotOver', summary: figures };
  const passed = writeOutageMs < targetSeconds * 1000;
  return { passed, reason: passed ? 'DrillPassed' : 'OutageTooLong', summary: figures };
};

const outage = (verb: string, what: string, ms: Outage): string =>
  ms === 'not-over'
    ? `${verb} ${what} had not come to last again when the drill ended`
    : `${verb} ${what} failed for ${sayLength(ms)}`;

const lostIn = ({ lostAcknowledgedWrites: lost }: Measurement): string => {
  if (lost === 'unknown') return 'how many acknowledged writes were lost is not known';
  return lost === 1 ? 'one acknowledged write was lost' : `${lost === 0 ? 'no' : lost} acknowledged writes were lost`;
};

/** How this drill compares with the earlier ones of the cache that were measured. */
export const trendIn = (writeOutageMs: Outage | undefined, earlier: readonly DrillResult[]): string => {
  const known = earlier.flatMap(({ writeOutageMs: ms }) => (typeof ms === 'number' ? [ms] : []));
  if (known.length === 0) return 'It is the first measured drill of this cache.';
  const sorted = [...known].sort((one, other) => one - other);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const before = `${known.length === 1 ? 'The one drill' : `${known.length} drills`} before took ${sayLength(middle)}${known.length === 1 ? '' : ' at the median'}`;
  if (typeof writeOutageMs !== 'number') return `${before}.`;
  const times = writeOutageMs === middle ? 1 : writeOutageMs / middle;
  if (times > 1.5)
    return `${before}: this one was slower, ${Number.isFinite(times) ? `${times.toFixed(1)} times as long` : sayLength(writeOutageMs)}.`;
  return `${before}: this one was ${times < 1 / 1.5 ? 'faster' : 'about the same'}.`;
};
