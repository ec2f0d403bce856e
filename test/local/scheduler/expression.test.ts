import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readExpression } from '../../../local/services/scheduler/expression.ts';
import { InvalidExpression } from '../../../local/services/scheduler/invalid-expression.ts';

const ms = (text: string) => Date.parse(text);
/** The next due times after a moment; a rate begins at that moment too. */
const dueAfter = (after: string, expression: string, count: number, timeZone = 'UTC'): string[] => {
  const timing = readExpression(expression, timeZone);
  const due: string[] = [];
  for (let from = ms(after); due.length < count; ) {
    const next = timing.nextAfter(from, ms(after));
    if (next === undefined) break;
    due.push(new Date(next).toISOString().replace(':00.000Z', 'Z'));
    from = next;
  }
  return due;
};
const SATURDAY = '2026-11-21T07:00:00Z';

describe('rate', () => {
  test('is due when it begins and after each full period', () => {
    const timing = readExpression('rate(5 minutes)', 'UTC');
    const anchor = ms(SATURDAY);
    const minutesAfter = (after: number) => ((timing.nextAfter(after, anchor) ?? 0) - anchor) / 60_000;
    expect([anchor - 1, anchor, anchor + 299_999, anchor + 300_000].map(minutesAfter)).toEqual([0, 5, 5, 10]);
    expect(minutesAfter(anchor - 86_400_000)).toBe(0);
  });

  test('never is due again at the same moment, wherever in a millisecond it begins', () => {
    const beginning = fc.double({ min: ms('2026-01-01'), max: ms('2030-01-01'), noNaN: true });
    fc.assert(
      fc.property(beginning, fc.integer({ min: 1, max: 90 }), (anchor, minutes) => {
        const { nextAfter } = readExpression(`rate(${minutes} minutes)`, 'UTC');
        let due = anchor;
        for (let period = 0; period < 200; period += 1) {
          const next = nextAfter(due, anchor) ?? 0;
          expect(next - due).toBeCloseTo(minutes * 60_000, 0);
          due = next;
        }
      }),
    );
  });

  test('takes a day for 24 hours, also when clocks change', () => {
    expect(dueAfter('2026-10-24T10:00:00Z', 'rate(1 day)', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T10:00Z',
      '2026-10-26T10:00Z',
    ]);
  });
});

describe('at', () => {
  test('is due once, by the clock of its time zone', () => {
    expect(dueAfter(SATURDAY, 'at(2026-11-21T10:30:00)', 2)).toEqual(['2026-11-21T10:30Z']);
    expect(dueAfter(SATURDAY, 'at(2026-11-21T10:30:00)', 2, 'Europe/Berlin')).toEqual(['2026-11-21T09:30Z']);
    expect(dueAfter(SATURDAY, 'at(2026-11-21T06:59:00)', 2)).toEqual([]);
  });
});

describe('cron', () => {
  const first = (expression: string, count = 3) => dueAfter(SATURDAY, expression, count);

  test.each([
    ['cron(0 10 * * ? *)', ['2026-11-21T10:00Z', '2026-11-22T10:00Z', '2026-11-23T10:00Z']],
    ['cron(0 18 ? * MON-FRI *)', ['2026-11-23T18:00Z', '2026-11-24T18:00Z', '2026-11-25T18:00Z']],
    ['cron(0 18 ? * 2-6 *)', ['2026-11-23T18:00Z', '2026-11-24T18:00Z', '2026-11-25T18:00Z']],
    ['cron(0/20 7 * * ? *)', ['2026-11-21T07:20Z', '2026-11-21T07:40Z', '2026-11-22T07:00Z']],
    ['cron(5 8-12/2 ? * 1,7 *)', ['2026-11-21T08:05Z', '2026-11-21T10:05Z', '2026-11-21T12:05Z']],
    ['cron(15 12 1 JAN,JUL ? 2027-2028)', ['2027-01-01T12:15Z', '2027-07-01T12:15Z', '2028-01-01T12:15Z']],
    ['cron(0 10 L * ? *)', ['2026-11-30T10:00Z', '2026-12-31T10:00Z', '2027-01-31T10:00Z']],
    // The first of August 2026 is a Saturday, and a nearest weekday stays in its month.
    ['cron(0 10 1W 8,11 ? 2026-2027)', ['2027-08-02T10:00Z', '2027-11-01T10:00Z']],
    ['cron(0 10 15W 5 ? *)', ['2027-05-14T10:00Z', '2028-05-15T10:00Z', '2029-05-15T10:00Z']],
    ['cron(0 10 ? * 6L *)', ['2026-11-27T10:00Z', '2026-12-25T10:00Z', '2027-01-29T10:00Z']],
    ['cron(0 10 ? * L *)', ['2026-11-21T10:00Z', '2026-11-28T10:00Z', '2026-12-05T10:00Z']],
    ['cron(0 10 ? * 3#2 *)', ['2026-12-08T10:00Z', '2027-01-12T10:00Z', '2027-02-09T10:00Z']],
    ['cron(0 0 29 2 ? *)', ['2028-02-29T00:00Z', '2032-02-29T00:00Z', '2036-02-29T00:00Z']],
    ['cron(0 0 30 2 ? *)', []],
    ['cron(0 0 1 1 ? 2025)', []],
  ])('%s', (expression, expected) => {
    expect(first(expression)).toEqual(expected);
  });

  test('skips a time that is not, and does not repeat one that comes twice', () => {
    const inBerlin = (after: string, expression: string) => dueAfter(after, expression, 3, 'Europe/Berlin');
    expect(inBerlin('2027-03-27T00:00:00Z', 'cron(30 2 * * ? *)')).toEqual([
      '2027-03-27T01:30Z',
      '2027-03-29T00:30Z',
      '2027-03-30T00:30Z',
    ]);
    expect(inBerlin('2026-10-24T12:00:00Z', 'cron(30 2 * * ? *)')).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
      '2026-10-27T01:30Z',
    ]);
    expect(inBerlin('2026-10-25T00:20:00Z', 'cron(0/30 * * * ? *)')).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T02:00Z',
      '2026-10-25T02:30Z',
    ]);
    // Begun within the hour that comes twice.
    expect(inBerlin('2026-10-25T01:10:00Z', 'cron(0/30 * * * ? *)')[0]).toBe('2026-10-25T02:00Z');
  });

  test('agrees with looking at every minute of the calendar', () => {
    const list = (least: number, most: number) =>
      fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 3 });
    const arbitrary = fc.record({
      minutes: list(0, 59),
      hours: list(0, 23),
      day: fc.oneof(
        fc.record({ ofMonth: list(1, 31) }),
        fc.record({ ofWeek: list(1, 7) }),
        fc.record({ nearest: fc.integer({ min: 1, max: 31 }) }),
        fc.record({ lastWeekday: fc.integer({ min: 1, max: 7 }) }),
        fc.record({ nth: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 })) }),
      ),
      after: fc.integer({ min: ms('2026-01-01T00:00:00Z'), max: ms('2030-01-01T00:00:00Z') }),
    });
    type Case = typeof arbitrary extends fc.Arbitrary<infer T> ? T : never;
    const lastDayOf = (day: Date) => new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
    const weekdayOf = (day: Date, date: number) =>
      new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), date)).getUTCDay();
    /** The working day nearest to a date, in the same month. */
    const nearestWorkday = (day: Date, date: number) => {
      const weekday = weekdayOf(day, date);
      if (weekday === 6) return date > 1 ? date - 1 : date + 2;
      if (weekday === 0) return date < lastDayOf(day) ? date + 1 : date - 2;
      return date;
    };
    const fits = (wanted: Case['day'], day: Date): boolean => {
      const [date, weekday] = [day.getUTCDate(), day.getUTCDay() + 1];
      if ('ofMonth' in wanted) return wanted.ofMonth.includes(date);
      if ('ofWeek' in wanted) return wanted.ofWeek.includes(weekday);
      if ('nearest' in wanted) return wanted.nearest <= lastDayOf(day) && nearestWorkday(day, wanted.nearest) === date;
      if ('lastWeekday' in wanted) return weekday === wanted.lastWeekday && date + 7 > lastDayOf(day);
      return weekday === wanted.nth[0] && Math.ceil(date / 7) === wanted.nth[1];
    };
    const fieldsOf = (wanted: Case['day']): [string, string] => {
      if ('ofMonth' in wanted) return [wanted.ofMonth.join(','), '?'];
      if ('ofWeek' in wanted) return ['?', wanted.ofWeek.join(',')];
      if ('nearest' in wanted) return [`${wanted.nearest}W`, '?'];
      if ('lastWeekday' in wanted) return ['?', `${wanted.lastWeekday}L`];
      return ['?', wanted.nth.join('#')];
    };
    const byLooking = ({ minutes, hours, day, after }: Case): number | undefined => {
      const DAY = 86_400_000;
      for (let midnight = Math.floor(after / DAY) * DAY; midnight < after + 400 * DAY; midnight += DAY) {
        if (!fits(day, new Date(midnight))) continue;
        const times = hours.flatMap((hour) => minutes.map((minute) => midnight + (hour * 60 + minute) * 60_000));
        const due = times.filter((time) => time > after);
        if (due.length > 0) return Math.min(...due);
      }
      return undefined;
    };
    fc.assert(
      fc.property(arbitrary, (one) => {
        const [ofMonth, ofWeek] = fieldsOf(one.day);
        const expression = `cron(${one.minutes.join(',')} ${one.hours.join(',')} ${ofMonth} * ${ofWeek} *)`;
        expect(readExpression(expression, 'UTC').nextAfter(one.after, 0)).toBe(byLooking(one));
      }),
    );
  });
});

describe('an expression is refused', () => {
  test.each([
    'cron(0 10 * * *)',
    'cron(0 10 * * * *)',
    'cron(0 10 ? * ? *)',
    'cron(0 10 1 * MON *)',
    'cron(60 10 * * ? *)',
    'cron(0 24 * * ? *)',
    'cron(0 10 0 * ? *)',
    'cron(0 10 32W * ? *)',
    'cron(0 10 ? * 0 *)',
    'cron(0 10 ? * 8L *)',
    'cron(0 10 ? * 3#6 *)',
    'cron(0 10 ? * 3#1,6#3 *)',
    'cron(0 10 ? * mon *)',
    'cron(0 10 ? * FRI-MON *)',
    'cron(0/0 10 * * ? *)',
    'cron(0 10 * * ? 1969)',
    'cron(0 10 LW * ? *)',
    'cron(0 10 L-3 * ? *)',
    'cron(0 10 1,L * ? *)',
    'cron(*,5 10 * * ? *)',
    'rate(0 minutes)',
    'rate(-1 minutes)',
    'rate(1.5 hours)',
    'rate(5 weeks)',
    'rate(5)',
    'at(2027-01-31)',
    'at(2027-01-31T10:00:00Z)',
    'at(2027-02-30T10:00:00)',
    'every 5 minutes',
    '',
  ])('%s', (expression) => {
    expect(() => readExpression(expression, 'UTC')).toThrow(InvalidExpression);
  });

  test('in a time zone that is not, or at a time that the zone skips', () => {
    expect(() => readExpression('rate(1 day)', 'Europe/Atlantis')).toThrow(/no time zone Europe\/Atlantis/);
    expect(() => readExpression('rate(1 day)', '+02:00')).toThrow(/no time zone/);
    expect(() => readExpression('at(2027-03-28T02:30:00)', 'Europe/Berlin')).toThrow(/go forward/);
  });
});
