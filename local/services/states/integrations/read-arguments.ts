import type { z } from 'zod';
import type { Json } from '../../../states/json.ts';
import { StatesError } from '../../../states/states-error.ts';

/** Reads a task's arguments. @throws StatesError States.Runtime, which nothing catches: the definition is wrong */
export const readArguments = <T>(schema: z.ZodType<T>, value: Json): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'Arguments'}: ${message}`,
  );
  throw new StatesError('States.Runtime', `The arguments do not fit the integration. ${faults.join('; ')}`);
};
