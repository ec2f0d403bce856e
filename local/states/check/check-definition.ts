import type { z } from 'zod';
import { Definition } from '../definition.ts';
import { MAX_DEFINITION_BYTES } from '../limits.ts';
import { checkErrors } from './check-errors.ts';
import { checkExpressions } from './check-expressions.ts';
import { checkFields } from './check-fields.ts';
import { checkWays } from './check-ways.ts';
import type { Problem } from './problem.ts';

export interface CheckOptions {
  /** Whether a Task's Resource exists. Left out: all do. */
  readonly isKnownResource?: (resource: string) => boolean;
}

/** A definition that cannot be used, with everything that is wrong with it. */
export class InvalidDefinition extends Error {
  override readonly name = 'InvalidDefinition';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => (path ? `${message} at /${path}` : message)).join('; '));
    this.problems = problems;
  }
}

/** Everything that is wrong with a definition, without running it. An empty answer: it can be used. */
export const checkDefinition = (definition: unknown, options: CheckOptions = {}): readonly Problem[] =>
  examine(definition, options).problems;

/**
 * Reads a definition from its JSON text.
 *
 * @throws InvalidDefinition
 */
export const readDefinition = (text: string, options: CheckOptions = {}): Definition => {
  if (Buffer.byteLength(text) > MAX_DEFINITION_BYTES) {
    throw new InvalidDefinition([
      { path: '', message: `The definition is longer than ${MAX_DEFINITION_BYTES} bytes.` },
    ]);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    throw new InvalidDefinition([{ path: '', message: `The definition is no JSON: ${(thrown as Error).message}` }]);
  }
  const { definition, problems } = examine(parsed, options);
  if (!definition || problems.length > 0) throw new InvalidDefinition(problems);
  return definition;
};

const examine = (
  value: unknown,
  { isKnownResource = () => true }: CheckOptions,
): { definition?: Definition; problems: readonly Problem[] } => {
  const parsed = Definition.safeParse(value);
  if (!parsed.success) {
    return { problems: parsed.error.issues.map(toProblem) };
  }
  const problems: Problem[] = [];
  const report = (path: string, message: string) => void problems.push({ path, message });
  const machine = { flow: parsed.data, path: '', isolated: false };
  checkWays(machine, report);
  checkErrors(machine, report);
  checkFields(machine, report, isKnownResource);
  checkExpressions(machine, report);
  return { definition: parsed.data, problems };
};

const toProblem = (issue: z.core.$ZodIssue): Problem => {
  const path = issue.path.map(String).join('/');
  // zod says of a wrong key only that it is wrong; why stands inside.
  const message = issue.code === 'invalid_key' ? issue.issues.map((inner) => inner.message).join('; ') : issue.message;
  return { path, message };
};
