import type { z } from 'zod';
import { FixInput } from './operator-actions.ts';

/**
 * Reads something from outside.
 *
 * @param what names it in the message, e.g. `the input of creation/plan`
 * @throws FixInput with every fault and its path; values are left out, since they may be secret
 */
export const parse = <Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> => {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.map((issue) => `${pathOf(issue.path)}: ${issue.message}`);
  throw new FixInput(`${what} is not as it should be. ${faults.join('; ')}.`);
};

/** `tags.Owner`, `calls[2].service`, or a word for the whole. */
export const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text ? `${text}.${String(key)}` : String(key);
  }, '') || 'all of it';
