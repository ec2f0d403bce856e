/** Turns the clock on the wall of one time zone into moments, and back. */
export interface TimeZone {
  /** What the wall's clock shows at a moment, as if it were UTC; both in milliseconds since the epoch. */
  wallTimeAt(momentMs: number): number;
  /**
   * The first moment at which the wall's clock shows this time. Undefined for a time that is skipped when clocks go
   * forward.
   */
  firstMomentOf(wallTimeMs: number): number | undefined;
}

/** A name of the time zone database. JavaScript would take offsets (`+02:00`) too, which Scheduler does not document. */
const NAME = /^[A-Za-z]\w*([/+-]\w+)*$/;
const DAY_MS = 86_400_000;

/** @returns undefined when there is no such time zone */
export const findTimeZone = (name: string): TimeZone | undefined => {
  const formatter = NAME.test(name) ? formatterOf(name) : undefined;
  if (!formatter) return undefined;

  const wallTimeAt = (momentMs: number) => {
    const parts = formatter.formatToParts(momentMs).map(({ type, value }) => [type, Number(value)] as const);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = Object.fromEntries(parts);
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };

  const firstMomentOf = (wallTimeMs: number) => {
    // Clocks change at most once within these two days, so that one of the two offsets is the right one.
    const offsets = [-DAY_MS, DAY_MS].map((away) => wallTimeAt(wallTimeMs + away) - (wallTimeMs + away));
    const moments = offsets.map((offset) => wallTimeMs - offset).filter((moment) => wallTimeAt(moment) === wallTimeMs);
    return moments.length === 0 ? undefined : Math.min(...moments);
  };

  return { wallTimeAt, firstMomentOf };
};

const formatterOf = (timeZone: string): Intl.DateTimeFormat | undefined => {
  const number = 'numeric';
  const fields = { year: number, month: number, day: number, hour: number, minute: number, second: number } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', hourCycle: 'h23', ...fields });
  } catch {
    return undefined;
  }
};
