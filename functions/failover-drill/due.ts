import { wasHeld } from './choose-shard.ts';
import type { DrillSeen } from './observation.ts';

/** Why a drill is due, as part of a sentence; undefined when none is. */
export const dueBecause = (
  { observedAt, drills, lastMajorChange }: Pick<DrillSeen, 'observedAt' | 'drills' | 'lastMajorChange'>,
  everyDays: number,
): string | undefined => {
  const last = drills.find(({ outcome }) => wasHeld(outcome));
  if (!last) return 'no failover of it was ever rehearsed';
  if (lastMajorChange && Date.parse(lastMajorChange.at) > Date.parse(last.at)) {
    return `it was changed since its last drill (${lastMajorChange.what}, ${lastMajorChange.at})`;
  }
  const days = (Date.parse(observedAt) - Date.parse(last.at)) / 86_400_000;
  return days >= everyDays ? `its last drill was ${Math.floor(days)} days ago` : undefined;
};
