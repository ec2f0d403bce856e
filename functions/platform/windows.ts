/** Minutes in a day and in a week: windows are counted in minutes from Monday 00:00 UTC. */
export const DAY_MINUTES = 24 * 60;
export const WEEK_MINUTES = 7 * DAY_MINUTES;

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** A stretch of the week or of each day. `start` is inside, `end` is not; it may run past the end of its period. */
export interface Window {
  /** Minutes from the start of the period (Monday 00:00 or midnight, UTC). */
  readonly startMinute: number;
  /** Length in minutes; always positive and at most one period. */
  readonly lengthMinutes: number;
}

/** `hh:mm-hh:mm`, every day, UTC: ElastiCache's snapshot window. Undefined when it is not one. */
export const parseDailyWindow = (text: string): Window | undefined => {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  return between(minuteOfDay(from), minuteOfDay(to), DAY_MINUTES);
};

/** `ddd:hh:mm-ddd:hh:mm`, every week, UTC: ElastiCache's maintenance window. Undefined when it is not one. */
export const parseWeeklyWindow = (text: string): Window | undefined => {
  const [, fromDay, from, toDay, to] = /^([a-z]{3}):(\d\d:\d\d)-([a-z]{3}):(\d\d:\d\d)$/.exec(text.toLowerCase()) ?? [];
  return between(minuteOfWeek(fromDay, from), minuteOfWeek(toDay, to), WEEK_MINUTES);
};

/** Whether a daily and a weekly window share a minute in any week. */
export const overlap = (daily: Window, weekly: Window): boolean => {
  // One day before and one after, since both windows may run past midnight or past Sunday.
  for (let day = -1; day <= 14; day += 1) {
    const start = day * DAY_MINUTES + daily.startMinute;
    const end = start + daily.lengthMinutes;
    if (start < weekly.startMinute + weekly.lengthMinutes && weekly.startMinute < end) return true;
  }
  return false;
};

/** Whether the time lies in the weekly window. A window that cannot be read holds no time at all. */
export const isInside = (weeklyWindow: string, now: string): boolean => {
  const window = parseWeeklyWindow(weeklyWindow);
  const at = new Date(now);
  if (!window || Number.isNaN(at.getTime())) return false;
  const minute = ((at.getUTCDay() + 6) % 7) * DAY_MINUTES + at.getUTCHours() * 60 + at.getUTCMinutes();
  return (minute - window.startMinute + WEEK_MINUTES) % WEEK_MINUTES < window.lengthMinutes;
};

const between = (start: number | undefined, end: number | undefined, period: number): Window | undefined => {
  if (start === undefined || end === undefined || start === end) return undefined;
  return { startMinute: start, lengthMinutes: (end - start + period) % period };
};

const minuteOfDay = (time: string | undefined): number | undefined => {
  const [hours = Number.NaN, minutes = Number.NaN] = (time ?? '').split(':').map(Number);
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
};

const minuteOfWeek = (day: string | undefined, time: string | undefined): number | undefined => {
  const minute = minuteOfDay(time);
  const index = DAYS.indexOf(day ?? '');
  return minute === undefined || index < 0 ? undefined : index * DAY_MINUTES + minute;
};
