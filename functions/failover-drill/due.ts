import { wasHeld } from './choose-shard.ts';
import type { DrillSeen } from './observation.ts';

/**
 * Whoever was asked, and has said no or nothing, is not asked again every hour; nor is a drill held again every hour that could not
 * be measured. A drill that was refused has asked nobody. Half a day less than a week, so that a window of one hour a week is not
 * missed by minutes.
 */
const ASK_AGAIN_AFTER_DAYS = 6.5;
const DAY_MS = 86_400_000;

export const wasLately = (at: string, now: string): boolean =>
  Date.parse(now) - Date.parse(at) < ASK_AGAIN_AFTER_DAYS * DAY_MS;

/** Why a drill is due, as part of a sentence; undefined when none is. One that was not measured says nothing of its failover. */
export const dueBecause = (
  { observedAt, drills, lastMajorChange }: Pick<DrillSeen, 'observedAt' | 'drills' | 'lastMajorChange'>,
  everyDays: number,
): string | undefined => {
  const last = drills.find(({ outcome, writeOutageMs }) => wasHeld(outcome) && writeOutageMs !== undefined);
  if (!last) return 'no failover of it was ever rehearsed and measured';
  if (lastMajorChange && Date.parse(lastMajorChange.at) > Date.parse(last.at)) {
    return `it was changed since its last measured drill (${lastMajorChange.what}, ${lastMajorChange.at})`;
  }
  const days = (Date.parse(observedAt) - Date.parse(last.at)) / DAY_MS;
  return days >= everyDays ? `its last measured drill was ${Math.floor(days)} days ago` : undefined;
};

/** Whether a failover of it was ordered within the week, measured or not, reported or not. */
export const wasDrilledLately = ({ observedAt, drills, turns }: DrillSeen): boolean =>
  [...drills.filter(({ outcome }) => wasHeld(outcome)).map(({ at }) => at), ...turns.values()].some((at) =>
    wasLately(at, observedAt),
  );
