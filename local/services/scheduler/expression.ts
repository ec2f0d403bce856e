import { readCron } from './cron.ts';
import { InvalidExpression } from './invalid-expression.ts';
import { findTimeZone, type TimeZone } from './time-zone.ts';

/** When a schedule is due. */
export interface Timing {
  readonly kind: 'at' | 'rate' | 'cron';
  /**
   * The first due moment after another, in milliseconds since the epoch; undefined when there is none any more.
   *
   * @param anchorMs when the schedule begins: `rate` is due then, and after each full period from there
   */
  nextAfter(afterMs: number, anchorMs: number): number | undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const EXPRESSION = /^(at|rate|cron)\((.*)\)$/;

const readRate = (text: string) => {
  const [, value = '', unit = ''] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(text) ?? [];
  const periodMs = Number(value) * (UNIT_MS[unit] ?? Number.NaN);
  if (!Number.isSafeInteger(periodMs) || periodMs === 0) {
    throw new InvalidExpression('rate takes a positive whole number and minutes, hours or days');
  }
  return (afterMs: number, anchorMs: number) =>
    anchorMs + Math.max(0, Math.floor((afterMs - anchorMs) / periodMs) + 1) * periodMs;
};

const readAt = (text: string, timeZone: TimeZone) => {
  const wallTimeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  // JavaScript reads the 30th of February as a day in March; the calendar has no such day.
  const isReal = !Number.isNaN(wallTimeMs) && new Date(wallTimeMs).toISOString().startsWith(text);
  if (!isReal) throw new InvalidExpression('at takes a date and time as in at(2027-01-31T09:30:00)');
  const moment = timeZone.firstMomentOf(wallTimeMs);
  if (moment === undefined) throw new InvalidExpression('clocks in that time zone go forward over this time');
  return (afterMs: number) => (moment > afterMs ? moment : undefined);
};

/**
 * Reads a schedule expression: `rate(5 minutes)`, `cron(0 9 ? * MON-FRI *)`, `at(2027-01-31T09:30:00)`.
 *
 * @throws InvalidExpression
 */
export const readExpression = (expression: string, timeZoneName: string): Timing => {
  const timeZone = findTimeZone(timeZoneName);
  if (!timeZone) throw new InvalidExpression(`there is no time zone ${timeZoneName}`);
  const [, kind, text = ''] = EXPRESSION.exec(expression) ?? [];
  switch (kind) {
    case 'at':
      return { kind, nextAfter: readAt(text, timeZone) };
    case 'rate':
      return { kind, nextAfter: readRate(text) };
    case 'cron':
      return { kind, nextAfter: readCron(text, timeZone) };
    default:
      throw new InvalidExpression('it is none of at(...), rate(...) and cron(...)');
  }
};
