import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY_MINUTES,
  isInside,
  overlap,
  parseDailyWindow,
  parseWeeklyWindow,
  WEEK_MINUTES,
} from '../../functions/platform/windows.ts';

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const weekTime = (minute: number) => `${DAYS[Math.floor(minute / DAY_MINUTES)]}:${clock(minute % DAY_MINUTES)}`;
const minuteOf = (period: number) => fc.integer({ min: 0, max: period - 1 });

describe('windows', () => {
  it('reads what ElastiCache writes', () => {
    expect(parseDailyWindow('03:00-05:00')).toEqual({ startMinute: 180, lengthMinutes: 120 });
    expect(parseDailyWindow('23:30-00:30')).toEqual({ startMinute: 1410, lengthMinutes: 60 });
    expect(parseWeeklyWindow('sun:23:30-mon:00:30')).toEqual({ startMinute: WEEK_MINUTES - 30, lengthMinutes: 60 });
  });

  it.each(['', '3:00-4:00', '25:00-26:00', '03:60-04:00', '03:00', '03:00-03:00', 'x03:00-04:00'])(
    'does not take %j for a daily window',
    (text) => expect(parseDailyWindow(text)).toBeUndefined(),
  );
  it.each(['', '03:00-04:00', 'sun:25:00-mon:01:00', 'day:03:00-day:04:00', 'sun:03:00-04:00'])(
    'does not take %j for a weekly window',
    (text) => expect(parseWeeklyWindow(text)).toBeUndefined(),
  );

  it('finds an overlap exactly when there is a minute in both', () => {
    fc.assert(
      fc.property(
        minuteOf(DAY_MINUTES),
        minuteOf(DAY_MINUTES),
        minuteOf(WEEK_MINUTES),
        fc.integer({ min: 1, max: DAY_MINUTES }),
        (from, to, start, length) => {
          fc.pre(from !== to);
          const daily = parseDailyWindow(`${clock(from)}-${clock(to)}`);
          const weekly = parseWeeklyWindow(`${weekTime(start)}-${weekTime((start + length) % WEEK_MINUTES)}`);
          if (!daily || !weekly) throw new Error('These windows are well written.');
          const minutes = Array.from({ length: weekly.lengthMinutes }, (_, index) => weekly.startMinute + index);
          const shared = minutes.some(
            (minute) => (minute - daily.startMinute + 2 * WEEK_MINUTES) % DAY_MINUTES < daily.lengthMinutes,
          );
          expect(overlap(daily, weekly)).toBe(shared);
        },
      ),
    );
  });

  it('holds no time when it cannot be read', () => {
    expect(isInside('nonsense', '2026-11-21T07:00:00Z')).toBe(false);
    expect(isInside('sat:00:00-sun:00:00', 'not a time')).toBe(false);
    expect(isInside('sat:00:00-sun:00:00', '2026-11-21T07:00:00Z')).toBe(true);
  });
});
