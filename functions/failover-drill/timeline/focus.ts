import { placeInLog } from '../probe-log.ts';
import { targetMsOf } from './target.ts';
import type { TimelineView } from './timeline-view.ts';

/** The part of the log that is shown, in milliseconds of the log. */
export interface Focus {
  readonly fromMs: number;
  readonly toMs: number;
  /** The zero of the time axis. */
  readonly zeroMs: number;
  /** What lies between two ticks of the time axis; both ends are at a tick. */
  readonly tickMs: number;
}

const BEFORE_ORDER_MS = 5000;
/** So much is shown after the order, and of an outage that does not end: enough to see whether anything comes back. */
const UNFINISHED_MS = 10_000;
const AFTERWARDS_MS = 3000;
const TICKS = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000] as const;
const MOST_TICKS = 12;

/**
 * Which seconds to show: from shortly before the order until shortly after the last client's recovery. What follows is
 * mostly quiet, and in a log of many minutes an outage of a second would be a line as thin as a hair.
 */
export const focusOf = (view: TimelineView): Focus => {
  const { log, measurement, orderedAt, marks } = view;
  const zeroMs = orderedAt === undefined ? 0 : placeInLog(log, orderedAt);
  const outages = measurement.clients.flatMap((felt) => {
    // All outages of the client, not only the longest; late answers have only that.
    const { outageFromMs, outageToMs, outagesFromMs: fromMs = outageFromMs } = felt;
    if (fromMs === undefined || outageFromMs === undefined) return [];
    const overMs = Math.max(outageToMs ?? outageFromMs + UNFINISHED_MS, felt.outagesToMs ?? 0);
    return [{ fromMs: Math.min(fromMs, outageFromMs), overMs }];
  });
  const ordered = orderedAt === undefined ? [] : [{ fromMs: zeroMs, overMs: zeroMs + UNFINISHED_MS }];
  const interesting = [...ordered, ...outages];
  if (interesting.length === 0) return onTicks(0, log.lastedMs, zeroMs);

  const fromMs = Math.max(0, Math.min(...interesting.map((each) => each.fromMs)) - BEFORE_ORDER_MS);
  const overMs = Math.max(...interesting.map((each) => each.overMs));
  // What is nearly in the picture comes in: the target, or an event a little later than the last recovery.
  const targetMs = targetMsOf(view);
  const nearby = [...marks.map(({ at }) => placeInLog(log, at)), ...(targetMs === undefined ? [] : [targetMs])].filter(
    (ms) => ms - fromMs < 2 * (overMs - fromMs) || (ms === targetMs && measurement.writeUnavailableMs === 'not-over'),
  );
  const reachMs = Math.max(overMs, ...nearby);

  const toMs = reachMs + Math.max(AFTERWARDS_MS, 0.1 * (reachMs - fromMs));
  // A cut has to be worth its note.
  const isShort = (restMs: number) => restMs < Math.max(2000, 0.2 * (toMs - fromMs));
  return onTicks(isShort(fromMs) ? 0 : fromMs, isShort(log.lastedMs - toMs) ? log.lastedMs : toMs, zeroMs);
};

const onTicks = (fromMs: number, toMs: number, zeroMs: number): Focus => {
  const lengthMs = Math.max(1000, toMs - fromMs);
  const tickMs = TICKS.find((tick) => lengthMs / tick <= MOST_TICKS) ?? 600_000;
  return {
    fromMs: zeroMs + Math.floor((fromMs - zeroMs) / tickMs) * tickMs,
    toMs: zeroMs + Math.ceil((fromMs + lengthMs - zeroMs) / tickMs) * tickMs,
    zeroMs,
    tickMs,
  };
};
