import type { Measurement } from './measurement.ts';
import type { DrillResult, Verdict } from './schemas.ts';
import { sayLength } from './timeline/say-length.ts';

type Judged = Pick<Verdict, 'passed' | 'reason' | 'summary'>;
type Outage = Measurement['writeUnavailableMs'];

/**
 * What another shard may notice of a failover that is not its own: a name that is resolved anew, a connection that breaks. More
 * is an outage of the cluster, the network or the prober.
 */
const OTHER_SHARD_MS = 1000;

/**
 * Judges a drill by its figures: passed only if writes failed for less than the target, all outages together, writes and reads
 * were seen to last again, and another shard hardly noticed. What was not measured is never passed, and lost acknowledged writes are always said.
 *
 * @param what the shard and its cache, for the sentence
 */
export const verdictOf = (measurement: Measurement | undefined, what: string, targetSeconds: number): Judged => {
  const notMeasured = (because: string): Judged => ({
    passed: false,
    reason: 'NotMeasured',
    summary: `How long clients noticed that ${what} failed over is not known: ${because}.`,
  });
  if (!measurement) return notMeasured('the prober left no log');
  // Whoever stays where the primary was fails with it: a log without a failure ended, or began, at another time.
  if (!measurement.clients.some(({ shard, failures }) => shard === 'tested' && failures > 0)) {
    return notMeasured('none of the prober’s clients noticed anything while it looked');
  }
  const { writeUnavailableMs, writeOutages, readUnavailableMs, readOutages } = measurement;
  const writes =
    writeUnavailableMs === 'not-over'
      ? 'had not come to last again when the drill ended'
      : `failed for ${inAll(writeUnavailableMs, writeOutages)}`;
  const reads =
    readUnavailableMs === 'not-over'
      ? 'still failed now and then when the drill ended'
      : `failed for ${inAll(readUnavailableMs, readOutages)}`;
  const summary = `Writes to ${what} ${writes} (the target is ${targetSeconds} s), reads ${reads}; ${lostIn(measurement)}, ${measurement.staleReads} stale reads.${otherShard(measurement)}`;
  if (writeUnavailableMs === 'not-over' || readUnavailableMs === 'not-over')
    return { passed: false, reason: 'OutageNotOver', summary };
  if (wasFelt(measurement)) return { passed: false, reason: 'OtherShardFelt', summary };
  const passed = writeUnavailableMs < targetSeconds * 1000;
  return { passed, reason: passed ? 'DrillPassed' : 'OutageTooLong', summary };
};

/** Whether another shard was out, too, or lost what it had acknowledged. */
const wasFelt = ({ controlFailedMs = 0, controlLostWrites = 0 }: Measurement): boolean =>
  controlFailedMs === 'not-over' ||
  controlFailedMs > OTHER_SHARD_MS ||
  (controlLostWrites !== 'unknown' && controlLostWrites > 0);

/** Whatever another shard noticed, as a sentence; empty when it noticed nothing. */
const otherShard = ({ controlShardId, controlOutageMs, controlFailedMs, controlLostWrites }: Measurement): string => {
  const parts: string[] = [];
  if (controlFailedMs === 'not-over') parts.push('had not come to last again when the drill ended');
  else if (controlFailedMs) parts.push(`failed for ${sayLength(controlFailedMs)}`);
  else if (controlOutageMs) parts.push(`answered late for ${sayLength(Number(controlOutageMs))}`);
  if (controlLostWrites === 'unknown') parts.push('may have lost acknowledged writes: how many is not known');
  else if (controlLostWrites)
    parts.push(
      `lost ${controlLostWrites === 1 ? 'one acknowledged write' : `${controlLostWrites} acknowledged writes`}`,
    );
  return parts.length === 0 ? '' : ` Shard ${controlShardId}, which was not let fail over, ${parts.join(' and ')}.`;
};

const inAll = (ms: number, outages: number): string =>
  outages > 1 ? `${sayLength(ms)} in all, in ${outages} outages` : sayLength(ms);

const lostIn = ({ lostAcknowledgedWrites: lost }: Measurement): string => {
  if (lost === 'unknown') return 'how many acknowledged writes were lost is not known';
  return lost === 1 ? 'one acknowledged write was lost' : `${lost === 0 ? 'no' : lost} acknowledged writes were lost`;
};

/** For how long writes of an earlier drill failed, all outages together. */
export const pastOutage = ({ writeOutageMs, writeUnavailableMs = writeOutageMs }: DrillResult): Outage | undefined =>
  writeUnavailableMs;

/** How this drill compares with the earlier ones of the cache that were measured, each by all its outages together. */
export const trendIn = (unavailableMs: Outage | undefined, earlier: readonly DrillResult[]): string => {
  const known = earlier.map(pastOutage).filter((ms) => typeof ms === 'number');
  if (known.length === 0) return 'It is the first measured drill of this cache.';
  const sorted = [...known].sort((one, other) => one - other);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const before = `${known.length === 1 ? 'The one drill' : `${known.length} drills`} before took ${sayLength(middle)}${known.length === 1 ? '' : ' at the median'}`;
  if (typeof unavailableMs !== 'number') return `${before}.`;
  const times = unavailableMs === middle ? 1 : unavailableMs / middle;
  if (times > 1.5)
    return `${before}: this one was slower, ${Number.isFinite(times) ? `${times.toFixed(1)} times as long` : sayLength(unavailableMs)}.`;
  return `${before}: this one was ${times < 1 / 1.5 ? 'faster' : 'about the same'}.`;
};
