/** US dollars. */
export type Usd = number;
/** A time as ISO 8601 in UTC; the only form in which time travels here. */
export type IsoTime = string;

/** AWS's own convention for a month in its price calculator: 365 × 24 / 12. */
export const HOURS_PER_MONTH = 730;

/** The time so many seconds later. */
export const secondsAfter = (time: IsoTime, seconds: number): IsoTime =>
  new Date(Date.parse(time) + seconds * 1000).toISOString();

/** Whole seconds since 1970, the form in which DynamoDB's time to live wants a time. */
export const epochSeconds = (time: IsoTime): number => Math.floor(Date.parse(time) / 1000);

/** The same time in the one form that also sorts as text: milliseconds, `Z`. */
export const sortable = (time: IsoTime): IsoTime => new Date(Date.parse(time)).toISOString();
