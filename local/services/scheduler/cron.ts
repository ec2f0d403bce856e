import { Cron } from 'croner';
import { InvalidExpression } from './invalid-expression.ts';
import type { TimeZone } from './time-zone.ts';

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Words for the numbers from `least` up. */
  readonly words?: readonly string[];
  /** What the field can say besides lists, ranges and steps; each form stands alone. */
  readonly forms?: readonly RegExp[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** EventBridge Scheduler guide, "Cron-based schedules": the six fields, their values and wildcards. */
const FIELDS: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31, forms: [/^\?$/, /^L$/, /^([1-9]|[12]\d|3[01])W$/] },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  { name: 'day of week', least: 1, most: 7, words: WEEKDAYS, forms: [/^\?$/, /^[1-7]?L$/, /^[1-7]#[1-5]$/] },
  { name: 'year', least: 1970, most: 2199 },
];

/** `*`, `7`, `1-5`, each with or without a step: `0/15`. */
const ITEM = /^(?:\*|(?<from>\w+)(?:-(?<to>\w+))?)(?:\/(?<step>\d+))?$/;

const numberOf = ({ least, words = [] }: Field, text: string): number => {
  const index = words.indexOf(text);
  if (index >= 0) return least + index;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
};

const isItem = (field: Field, text: string): boolean => {
  const groups = ITEM.exec(text)?.groups;
  if (!groups) return false;
  const { from = `${field.least}`, to, step = '1' } = groups;
  const [first, last] = [numberOf(field, from), numberOf(field, to ?? `${field.most}`)];
  const inOrder = field.least <= first && first <= last && last <= field.most;
  return inOrder && Number(step) >= 1 && Number(step) <= field.most;
};

const checkField = (field: Field, text: string): void => {
  if (field.forms?.some((form) => form.test(text))) return;
  const items = text.split(',');
  const isList = items.length > 1;
  if (items.every((item) => isItem(field, item) && !(isList && item.startsWith('*')))) return;
  throw new InvalidExpression(`"${text}" is no value of the field ${field.name}`);
};

/** The calendar counts weekdays as AWS does (`alternativeWeekdays`: 1 is Sunday) and takes `0/15` (`sloppyRanges`). */
const CALENDAR = { mode: '7-part', alternativeWeekdays: true, sloppyRanges: true, timezone: 'Etc/UTC' } as const;

/**
 * Reads the fields of `cron(...)`. What the guide does not document is refused: names in small letters, ranges that run
 * backwards, `LW`, `L` and `W` and `#` within lists.
 *
 * @returns for a moment, the next one after it at which the expression is due; undefined when there is none any more
 * @throws InvalidExpression
 */
export const readCron = (text: string, timeZone: TimeZone): ((afterMs: number) => number | undefined) => {
  const values = text.trim().split(/\s+/);
  if (values.length !== FIELDS.length) {
    throw new InvalidExpression(`cron takes ${FIELDS.length} fields, not ${values.length}`);
  }
  FIELDS.forEach((field, index) => {
    checkField(field, values[index] ?? '');
  });
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = values;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new InvalidExpression('exactly one of day of month and day of week must be ?');
  }
  // A week ends on Saturday, so its last day, L alone, is that.
  const weekday = dayOfWeek === 'L' ? 'SAT' : dayOfWeek;
  const calendar = new Cron(`0 ${minutes} ${hours} ${dayOfMonth} ${month} ${weekday} ${year}`, CALENDAR);

  return (afterMs) => {
    // The calendar knows no time zones: it finds the next time on the wall, and the zone says when that is.
    let wallTime = calendar.nextRun(new Date(timeZone.wallTimeAt(afterMs)));
    for (; wallTime; wallTime = calendar.nextRun(wallTime)) {
      const moment = timeZone.firstMomentOf(wallTime.getTime());
      // A time that is skipped is not made up for; one that comes twice counts once (guide, "Daylight savings time").
      if (moment !== undefined && moment > afterMs) return moment;
    }
    return undefined;
  };
};
