import type { Fault } from './schemas.ts';

/** A plan travels through the workflow's state, which holds 256 KiB: so many faults, and so much of each value, are shown. */
const MOST_FAULTS = 50;
const LONGEST_TEXT = 200;
const MOST_PATHS = 12;

const cut = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** What is nested keeps its names and switches only: a text deep within may be a secret, whatever its field is called. */
const withoutTexts = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner) => (typeof inner === 'string' || typeof inner === 'number' ? '…' : inner)),
  );

/** The value itself, or the beginning of it as text when it is long. */
const shown = (given: unknown): unknown => {
  const isFlat = Array.isArray(given) ? !given.some(isNested) : !isNested(given);
  const value = isFlat ? given : withoutTexts(given);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text !== undefined && text.length > LONGEST_TEXT ? cut(text) : value;
};

/** Faults as a person can read them: long ones shortened, and of very many the first. */
export const shownFaults = (faults: readonly Fault[]): Fault[] => {
  const first = faults.slice(0, MOST_FAULTS).map(({ path, value, rule, remedy }) => ({
    path: cut(path),
    ...(value === undefined ? {} : { value: shown(value) }),
    rule: cut(rule),
    remedy: cut(remedy),
  }));
  const more = faults.length - first.length;
  if (more === 0) return first;
  const rule = `There are ${more} more faults than are shown.`;
  return [...first, { path: 'spec', rule, remedy: 'Correct these first, and ask again.' }];
};

/** Which fields have faults, in one line. */
export const faultyPaths = (faults: readonly Fault[]): string => {
  const paths = [...new Set(faults.map(({ path }) => cut(path)))];
  const rest = paths.length - MOST_PATHS;
  return rest > 0 ? `${paths.slice(0, MOST_PATHS).join(', ')} and ${rest} more` : paths.join(', ');
};
