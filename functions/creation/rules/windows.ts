import { overlap, parseDailyWindow, parseWeeklyWindow } from '../../platform/windows.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** Both windows are at least 60 minutes (CreateReplicationGroup). */
const SHORTEST_MINUTES = 60;
/** A maintenance window is at most a day; a longer one is surely a slip of the pen. */
const LONGEST_MINUTES = 24 * 60;

/** `hh:mm-hh:mm`, UTC, at least an hour. */
export const snapshotWindowRule: SpecRule = ({ snapshotWindow }) => {
  if (snapshotWindow === undefined) return [];
  const window = parseDailyWindow(snapshotWindow);
  return faultsOf(
    'snapshotWindow',
    snapshotWindow,
    {
      broken: !window,
      rule: 'snapshotWindow is hh:mm-hh:mm in UTC.',
      remedy: 'Write for example 03:00-04:00.',
    },
    {
      broken: window !== undefined && window.lengthMinutes < SHORTEST_MINUTES,
      rule: `snapshotWindow lasts at least ${SHORTEST_MINUTES} minutes.`,
      remedy: `This one lasts ${window?.lengthMinutes} minutes: make it longer.`,
    },
  );
};

/** `ddd:hh:mm-ddd:hh:mm`, UTC, at least an hour. */
export const maintenanceWindowRule: SpecRule = ({ preferredMaintenanceWindow }) => {
  if (preferredMaintenanceWindow === undefined) return [];
  const window = parseWeeklyWindow(preferredMaintenanceWindow);
  return faultsOf(
    'preferredMaintenanceWindow',
    preferredMaintenanceWindow,
    {
      broken: !window,
      rule: 'preferredMaintenanceWindow is ddd:hh:mm-ddd:hh:mm in UTC.',
      remedy: 'Write for example sun:05:00-sun:06:00.',
    },
    {
      broken: window !== undefined && window.lengthMinutes < SHORTEST_MINUTES,
      rule: `preferredMaintenanceWindow lasts at least ${SHORTEST_MINUTES} minutes.`,
      remedy: `This one lasts ${window?.lengthMinutes} minutes: make it longer.`,
    },
    {
      broken: window !== undefined && window.lengthMinutes > LONGEST_MINUTES,
      rule: 'preferredMaintenanceWindow lasts at most 24 hours.',
      remedy: 'Check the days and their order.',
    },
  );
};

/** The two windows must not share a minute (ElastiCache guide, "Scheduling automatic backups"). */
export const windowsApartRule: SpecRule = ({ snapshotWindow, preferredMaintenanceWindow }) => {
  const daily = parseDailyWindow(snapshotWindow ?? '');
  const weekly = parseWeeklyWindow(preferredMaintenanceWindow ?? '');
  return faultsOf('preferredMaintenanceWindow', preferredMaintenanceWindow, {
    broken: daily !== undefined && weekly !== undefined && overlap(daily, weekly),
    rule: 'The snapshot window and the maintenance window do not overlap.',
    remedy: `Move one of them: snapshots are taken ${snapshotWindow} every day.`,
  });
};
