import { invalidCombination, invalidValue } from './faults.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const MINUTES_PER_DAY = 24 * 60;
const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY;
/** Both windows last at least an hour (API reference, CreateReplicationGroup). */
const LEAST_MINUTES = 60;

/** A stretch of time that comes again after `periodMinutes`. */
export interface Window {
  readonly startMinute: number;
  readonly lengthMinutes: number;
  readonly periodMinutes: number;
}

const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';
const DAILY = new RegExp(`^${TIME}-${TIME}$`);
const WEEKLY = new RegExp(`^(${DAYS.join('|')}):${TIME}-(${DAYS.join('|')}):${TIME}$`, 'i');

const minuteOfDay = (hour = '', minute = '') => Number(hour) * 60 + Number(minute);
const minuteOfWeek = (day = '', hour?: string, minute?: string) =>
  (DAYS as readonly string[]).indexOf(day.toLowerCase()) * MINUTES_PER_DAY + minuteOfDay(hour, minute);

const windowBetween = (start: number, end: number, periodMinutes: number): Window => ({
  startMinute: start,
  lengthMinutes: (end - start + periodMinutes) % periodMinutes,
  periodMinutes,
});

/** `03:00-05:00`, UTC. @throws ServiceError InvalidParameterValue */
export const parseSnapshotWindow = (text: string): Window => {
  const [, fromHour, fromMinute, toHour, toMinute] = DAILY.exec(text) ?? [];
  if (toMinute === undefined) {
    throw invalidValue(`Invalid snapshot window "${text}". The form is hh24:mi-hh24:mi, in UTC.`);
  }
  const window = windowBetween(minuteOfDay(fromHour, fromMinute), minuteOfDay(toHour, toMinute), MINUTES_PER_DAY);
  if (window.lengthMinutes < LEAST_MINUTES) throw invalidValue('Snapshot window must be at least 60 minutes.');
  return window;
};

/** `sun:05:00-sun:06:00`, UTC. @throws ServiceError InvalidParameterValue */
export const parseMaintenanceWindow = (text: string): Window => {
  const [, fromDay, fromHour, fromMinute, toDay, toHour, toMinute] = WEEKLY.exec(text) ?? [];
  if (toMinute === undefined) {
    throw invalidValue(`Invalid maintenance window "${text}". The form is ddd:hh24:mi-ddd:hh24:mi, in UTC.`);
  }
  const start = minuteOfWeek(fromDay, fromHour, fromMinute);
  const window = windowBetween(start, minuteOfWeek(toDay, toHour, toMinute), MINUTES_PER_WEEK);
  if (window.lengthMinutes < LEAST_MINUTES) throw invalidValue('Maintenance window must be at least 60 minutes.');
  return window;
};

const minutesUntil = (from: number, to: number, period: number) => (((to - from) % period) + period) % period;

/** Whether two windows ever share a minute. */
export const overlap = (left: Window, right: Window): boolean => {
  const period = Math.min(left.periodMinutes, right.periodMinutes);
  return (
    minutesUntil(left.startMinute, right.startMinute, period) < left.lengthMinutes ||
    minutesUntil(right.startMinute, left.startMinute, period) < right.lengthMinutes
  );
};

/** @throws ServiceError for a window of the wrong form, and InvalidParameterCombination when the two overlap */
export const checkWindows = (snapshotWindow: string, maintenanceWindow: string): void => {
  if (overlap(parseSnapshotWindow(snapshotWindow), parseMaintenanceWindow(maintenanceWindow))) {
    throw invalidCombination(
      `The snapshot window ${snapshotWindow} and the maintenance window ${maintenanceWindow} must not overlap.`,
    );
  }
};

/** 1970-01-01 was a Thursday: minutes from Monday 00:00 to it. */
const EPOCH_MINUTE = 3 * MINUTES_PER_DAY;

/** Milliseconds from `nowMs` until the window opens; 0 inside it. */
export const msUntilOpen = (window: Window, nowMs: number): number => {
  const exactMinute = nowMs / 60_000 + EPOCH_MINUTE;
  const sinceStart = minutesUntil(window.startMinute, exactMinute, window.periodMinutes);
  return sinceStart < window.lengthMinutes ? 0 : (window.periodMinutes - sinceStart) * 60_000;
};

/** AWS picks a random hour in a Region's quiet block of eight; here the id picks it, so that runs can be compared. */
export const defaultWindows = (cacheId: string): { snapshotWindow: string; maintenanceWindow: string } => {
  const seed = [...cacheId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 10_007, 7);
  const hour = (value: number) => String(value).padStart(2, '0');
  const snapshotHour = 3 + (seed % 4);
  const day = DAYS[seed % DAYS.length];
  return {
    snapshotWindow: `${hour(snapshotHour)}:00-${hour(snapshotHour + 1)}:00`,
    maintenanceWindow: `${day}:${hour(snapshotHour + 4)}:00-${day}:${hour(snapshotHour + 5)}:00`,
  };
};
