import { type ProbeLog, placeInLog } from '../probe-log.ts';
import type { Focus } from './focus.ts';
import { sayLength, sayMoment } from './say-length.ts';
import type { TimelineView } from './timeline-view.ts';

/** What the picture leaves out, and what makes its figures incomplete: nothing is cut silently. */
export const notesOf = ({ log, marks, orderedAt }: TimelineView, focus: Focus): string[] => [
  ...cutNote(log, focus),
  ...marks
    .map(({ at, says }) => ({ atMs: placeInLog(log, at), says }))
    .filter(({ atMs }) => atMs < focus.fromMs || atMs > focus.toMs)
    .toSorted((one, other) => one.atMs - other.atMs)
    .map(({ atMs, says }) => `Not in the picture, ${sayMoment(atMs - focus.zeroMs)}: ${says}`),
  ...(orderedAt === undefined ? ['No failover was ordered while this was recorded.'] : []),
  ...(log.endedBecause === 'drill-ended' ? ['The drill ended before it told the prober to stop.'] : []),
  ...(log.endedBecause === 'time-limit'
    ? [`The prober reached its time limit after ${sayLength(log.lastedMs)}: nobody saw what came later.`]
    : []),
];

/** How much of the log is not shown, in milliseconds. */
export const cutOf = (log: ProbeLog, { fromMs, toMs }: Focus) => ({
  beforeMs: Math.max(0, fromMs),
  afterMs: Math.max(0, log.lastedMs - toMs),
});

const cutNote = (log: ProbeLog, focus: Focus): string[] => {
  const { beforeMs, afterMs } = cutOf(log, focus);
  if (beforeMs === 0 && afterMs === 0) return [];
  const parts = [
    ...(beforeMs > 0 ? [`${sayLength(beforeMs)} before it (${sayFailures(log, 0, focus.fromMs)})`] : []),
    ...(afterMs > 0
      ? [`${sayLength(afterMs)} after it (${sayFailures(log, focus.toMs, Number.POSITIVE_INFINITY)})`]
      : []),
  ];
  const shownMs = log.lastedMs - beforeMs - afterMs;
  return [`Shown are ${sayLength(shownMs)} of ${sayLength(log.lastedMs)}. Left out: ${parts.join(' and ')}.`];
};

/** How many attempts failed that were sent in this part of the log, by client. */
const sayFailures = ({ lanes }: ProbeLog, fromMs: number, toMs: number): string => {
  const byClient = new Map<string, number>();
  for (const { client, shard, sentAtMs, outcome } of lanes) {
    const who = shard === 'control' ? 'control shard' : client;
    const failures = sentAtMs.filter((ms, attempt) => ms >= fromMs && ms < toMs && outcome[attempt] !== 0).length;
    if (failures > 0) byClient.set(who, (byClient.get(who) ?? 0) + failures);
  }
  if (byClient.size === 0) return 'no attempt failed';
  return `failed attempts: ${[...byClient].map(([who, failures]) => `${who} ${failures}`).join(', ')}`;
};
