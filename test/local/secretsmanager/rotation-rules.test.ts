import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRotationRules } from '../../../local/services/secretsmanager/rotation-rules.ts';

const at = (text: string) => Date.parse(text);
const NOW = at('2026-11-21T13:30:00Z');
const HOUR = 3_600_000;

const windowAfter = (rules: object, countsFrom = NOW, after = countsFrom) => {
  const window = readRotationRules(rules, NOW).nextWindow(countsFrom, after);
  return window && [window.opensAt, window.closesAt].map((moment) => new Date(moment).toISOString().slice(0, 13));
};

describe('the next rotation window', () => {
  it.each([
    ['whole days', { AutomaticallyAfterDays: 1 }, ['2026-11-22T00', '2026-11-23T00']],
    ['thirty days', { AutomaticallyAfterDays: 30 }, ['2026-12-21T00', '2026-12-22T00']],
    ['a rate in days', { ScheduleExpression: 'rate(10 days)' }, ['2026-12-01T00', '2026-12-02T00']],
    ['a shorter window', { AutomaticallyAfterDays: 1, Duration: '3h' }, ['2026-11-22T00', '2026-11-22T03']],
    ['a rate in hours', { ScheduleExpression: 'rate(4 hours)' }, ['2026-11-21T16', '2026-11-21T17']],
    [
      'hours and a window',
      { ScheduleExpression: 'rate(12 hours)', Duration: '12h' },
      ['2026-11-22T00', '2026-11-22T12'],
    ],
    ['a calendar in days', { ScheduleExpression: 'cron(0 16 1,15 * ? *)' }, ['2026-12-01T16', '2026-12-02T00']],
    [
      'a calendar with a window',
      { ScheduleExpression: 'cron(0 16 ? * SUN *)', Duration: '2h' },
      ['2026-11-22T16', '2026-11-22T18'],
    ],
    ['a calendar in hours', { ScheduleExpression: 'cron(0 4/12 * * ? *)' }, ['2026-11-21T16', '2026-11-21T17']],
  ])('is that of %s', (_what, rules, expected) => {
    expect(windowAfter(rules)).toEqual(expected);
  });

  it('opens after the moment that is asked for, and is no later than one period after it, whatever the rules', () => {
    const days = fc.integer({ min: 1, max: 1000 });
    const rate = fc.integer({ min: 4, max: 400 });
    const rules = fc.oneof(
      days.map((AutomaticallyAfterDays) => ({ rules: { AutomaticallyAfterDays }, hours: AutomaticallyAfterDays * 24 })),
      rate.map((hours) => ({ rules: { ScheduleExpression: `rate(${hours} hours)` }, hours })),
    );
    const later = fc.integer({ min: 0, max: 5000 * HOUR });
    fc.assert(
      fc.property(rules, later, ({ rules: given, hours }, laterMs) => {
        const window = readRotationRules(given, NOW).nextWindow(NOW, NOW + laterMs);
        const opensInMs = (window?.opensAt ?? Number.NaN) - (NOW + laterMs);
        expect(opensInMs).toBeGreaterThan(0);
        expect(opensInMs).toBeLessThanOrEqual(hours * HOUR);
        expect(((window?.opensAt ?? Number.NaN) / HOUR) % 1).toBe(0);
        expect(window?.closesAt).toBeGreaterThan(window?.opensAt ?? Number.NaN);
      }),
    );
  });
});

describe('rotation rules', () => {
  it.each([
    ['nothing', {}],
    ['a window alone', { Duration: '3h' }],
    ['two schedules', { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }],
    ['no days', { AutomaticallyAfterDays: 0 }],
    ['1,001 days', { AutomaticallyAfterDays: 1001 }],
    ['half a day', { AutomaticallyAfterDays: 0.5 }],
    ['three hours', { ScheduleExpression: 'rate(3 hours)' }],
    ['1,000 days as a rate', { ScheduleExpression: 'rate(1000 days)' }],
    ['minutes', { ScheduleExpression: 'rate(500 minutes)' }],
    ['a moment', { ScheduleExpression: 'at(2027-01-31T09:30:00)' }],
    ['a window that meets the next', { ScheduleExpression: 'rate(4 hours)', Duration: '5h' }],
    ['a window over midnight', { ScheduleExpression: 'cron(0 20 * * ? *)', Duration: '5h' }],
    ['a window without hours', { AutomaticallyAfterDays: 1, Duration: '3' }],
    ['a window over a day', { AutomaticallyAfterDays: 5, Duration: '25h' }],
    ['half past', { ScheduleExpression: 'cron(30 4 * * ? *)' }],
    ['one year only', { ScheduleExpression: 'cron(0 4 * * ? 2027)' }],
    ['a nearest weekday', { ScheduleExpression: 'cron(0 4 15W * ? *)' }],
    ['every two hours', { ScheduleExpression: 'cron(0 0/2 * * ? *)' }],
    ['the 31st of February', { ScheduleExpression: 'cron(0 4 31 2 ? *)' }],
    ['no calendar', { ScheduleExpression: 'cron(0 4 * *)' }],
    ['a rule that there is not', { AutomaticallyAfterDays: 1, Weekly: true }],
  ])('refuse %s', (_what, rules) => {
    expect(() => readRotationRules(rules, NOW)).toThrow(
      expect.objectContaining({ code: 'InvalidParameterException' }) as Error,
    );
  });

  it('take the bounds', () => {
    for (const AutomaticallyAfterDays of [1, 1000]) readRotationRules({ AutomaticallyAfterDays }, NOW);
    for (const ScheduleExpression of ['rate(4 hours)', 'rate(1 day)', 'rate(999 days)', 'cron(0 0/4 * * ? *)']) {
      expect(readRotationRules({ ScheduleExpression }, NOW).shown).toEqual({ ScheduleExpression });
    }
  });
});
