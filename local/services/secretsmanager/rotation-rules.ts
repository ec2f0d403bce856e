import { z } from 'zod';
import { ServiceError } from '../../service.ts';
import { readCron } from '../scheduler/cron.ts';
import { InvalidExpression } from '../scheduler/invalid-expression.ts';
import { findTimeZone } from '../scheduler/time-zone.ts';

/** When a secret may be rotated, in milliseconds since the epoch. It closes just before `closesAt`. */
export interface RotationWindow {
  readonly opensAt: number;
  readonly closesAt: number;
}

/** When a secret is rotated. */
export interface RotationRules {
  /** As they were given, and as DescribeSecret answers them. */
  readonly shown: {
    readonly AutomaticallyAfterDays?: number;
    readonly Duration?: string;
    readonly ScheduleExpression?: string;
  };
  /**
   * The first window that opens after a moment; undefined when there is none any more.
   *
   * @param countsFrom the last rotation, from which days and hours are counted: a calendar does not need it
   */
  nextWindow(countsFrom: number, afterMs: number): RotationWindow | undefined;
}

/** API reference, RotationRulesType: 1–1000 days, a window of whole hours. */
const Rules = z
  .strictObject({
    AutomaticallyAfterDays: z.int().min(1).max(1000).optional(),
    Duration: z
      .string()
      .regex(/^([1-9]|1\d|2[0-4])h$/, 'is 1h to 24h')
      .optional(),
    ScheduleExpression: z.string().min(1).max(256).optional(),
  })
  .refine(
    ({ AutomaticallyAfterDays, ScheduleExpression }) =>
      (AutomaticallyAfterDays === undefined) !== (ScheduleExpression === undefined),
    'exactly one of AutomaticallyAfterDays and ScheduleExpression must be given',
  );

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Guide, "Rotation schedules": at most every four hours, at least every 999 days. */
const RATE_HOURS = { least: 4, most: 999 * 24 } as const;

const UTC = findTimeZone('Etc/UTC');
const invalid = (message: string) => new ServiceError('InvalidParameterException', message);
const startOfDay = (moment: number) => Math.floor(moment / DAY_MS) * DAY_MS;

/**
 * Windows that open at a midnight, and then again and again: the guide has them begin at midnight for hours as for days, and
 * count from the last rotation. So the first may come sooner after a rotation than the rate says.
 */
const every =
  (periodMs: number, lengthMs: number): RotationRules['nextWindow'] =>
  (countsFrom, afterMs) => {
    const origin = startOfDay(countsFrom);
    const opensAt = origin + Math.max(1, Math.floor((afterMs - origin) / periodMs) + 1) * periodMs;
    return { opensAt, closesAt: opensAt + lengthMs };
  };

const readRate = (text: string, hours: number | undefined): RotationRules['nextWindow'] => {
  const [, value = '', unit = ''] = /^([1-9]\d*) (hour|day)s?$/.exec(text) ?? [];
  if (!unit) throw invalid('rate takes a positive whole number and hours or days.');
  const periodHours = Number(value) * (unit === 'day' ? 24 : 1);
  if (periodHours < RATE_HOURS.least || periodHours > RATE_HOURS.most) {
    throw invalid('A secret can be rotated every 4 hours at most, and every 999 days at least.');
  }
  // Guide, "Rotation windows": an hour for a schedule in hours, the rest of the day for one in days.
  const length = hours ?? (unit === 'day' ? 24 : 1);
  if (length > periodHours) throw invalid('The rotation window must not extend into the next rotation window.');
  return every(periodHours * HOUR_MS, length * HOUR_MS);
};

/** So many windows tell how close together those of a calendar are: it repeats its hours each day. */
const SAMPLE = 60;

/** Windows open on the hour and within a year (guide, "Cron expressions"); `W` is not among their wildcards. */
const CALENDAR = /^0 \S+ [^W\s]+ \S+ \S+ \*$/;

const readCalendar = (text: string, hours: number | undefined, now: number): RotationRules['nextWindow'] => {
  if (!UTC) throw new Error('This machine has no time zone UTC.');
  if (!CALENDAR.test(text.trim().replaceAll(/\s+/g, ' '))) {
    throw invalid('cron takes six fields here: 0 as minutes, * as year, and no W.');
  }
  let next: (afterMs: number) => number | undefined;
  try {
    next = readCron(text, UTC);
  } catch (cause) {
    if (!(cause instanceof InvalidExpression)) throw cause;
    throw invalid(`Invalid ScheduleExpression: ${cause.message}`);
  }
  const opened: number[] = [];
  for (let at = next(now); at !== undefined && opened.length < SAMPLE; at = next(at)) opened.push(at);
  if (opened.length === 0) throw invalid('This schedule is never due.');
  const gaps = opened.slice(1).map((at, index) => at - (opened[index] ?? at));
  const leastGapMs = Math.min(...gaps, Number.POSITIVE_INFINITY);
  if (leastGapMs < RATE_HOURS.least * HOUR_MS) throw invalid('A secret can be rotated every 4 hours at most.');
  const inHours = leastGapMs < DAY_MS;
  const closing = (opensAt: number) => {
    if (hours !== undefined) return opensAt + hours * HOUR_MS;
    return inHours ? opensAt + HOUR_MS : startOfDay(opensAt) + DAY_MS;
  };
  if (opened.some((at) => closing(at) > startOfDay(at) + DAY_MS || closing(at) - at > leastGapMs)) {
    throw invalid('The rotation window must not extend into the next UTC day or the next rotation window.');
  }
  return (_countsFrom, afterMs) => {
    const opensAt = next(afterMs);
    return opensAt === undefined ? undefined : { opensAt, closesAt: closing(opensAt) };
  };
};

/**
 * Reads when a secret is to be rotated.
 *
 * @param now account time, from which a calendar is looked through
 * @throws ServiceError InvalidParameterException
 */
export const readRotationRules = (input: unknown, now: number): RotationRules => {
  const { data, error } = Rules.safeParse(input);
  if (!data) {
    const problems = error.issues.map(({ path, message }) => [...path, message].join(' '));
    throw invalid(`Invalid RotationRules: ${problems.join('; ')}.`);
  }
  const { AutomaticallyAfterDays: days, Duration, ScheduleExpression: expression } = data;
  const shown = {
    ...(days === undefined ? {} : { AutomaticallyAfterDays: days }),
    ...(Duration === undefined ? {} : { Duration }),
    ...(expression === undefined ? {} : { ScheduleExpression: expression }),
  };
  const hours = Duration === undefined ? undefined : Number.parseInt(Duration, 10);
  if (expression === undefined) return { shown, nextWindow: every((days ?? 1) * DAY_MS, (hours ?? 24) * HOUR_MS) };

  const [, kind, text = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return { shown, nextWindow: readRate(text, hours) };
  if (kind === 'cron') return { shown, nextWindow: readCalendar(text, hours, now) };
  throw invalid('A ScheduleExpression is rate(...) or cron(...).');
};
