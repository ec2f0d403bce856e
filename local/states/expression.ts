import jsonata from 'jsonata';
import { stepFunctionsFunctions } from './functions.ts';
import type { Json } from './json.ts';
import { EvaluationError } from './states-error.ts';

/** What an expression can see: variables by name, and `$states`. */
export interface Bindings {
  readonly variables: Readonly<Record<string, Json>>;
  readonly states: Readonly<Record<string, Json>>;
}

/** Real milliseconds that one expression may take (Step Functions guide: 1 s). */
const LONGEST_EVALUATION_MS = 1000;

export const isExpression = (text: string): boolean => text.startsWith('{%') && text.endsWith('%}');

/** The JSONata between `{%` and `%}`. */
export const sourceOf = (text: string): string => text.slice(2, -2).trim();

const describe = (thrown: unknown): string => {
  if (thrown instanceof Error) return thrown.message;
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  return [code, message].filter(Boolean).join(': ');
};

/** Stops an expression that does not end by itself: JSONata calls this before it evaluates each node. */
const limitTime = (expression: jsonata.Expression) => {
  const deadline = performance.now() + LONGEST_EVALUATION_MS;
  const check = () => {
    if (performance.now() > deadline) throw new Error(`It took longer than ${LONGEST_EVALUATION_MS} ms`);
  };
  // JSONata's hook has a symbol for its name; its type declarations know only strings.
  expression.assign(Symbol.for('jsonata.__evaluate_entry') as unknown as string, check);
};

/** JSONata marks its sequences and lets functions be values; state data is JSON and nothing else. */
const toJson = (value: unknown): Json =>
  JSON.parse(
    JSON.stringify(value, (_name, member: unknown) => {
      if (typeof member === 'function') throw new Error('Its result holds a function, which is not JSON');
      return member;
    }),
  );

/**
 * Evaluates one `{% ... %}` string.
 *
 * @param location the field it stands in, for the history
 * @throws EvaluationError also when the result is nothing (undefined) or no JSON
 */
export const evaluate = async (
  text: string,
  bindings: Bindings,
  location: string,
  nowMillis: number,
): Promise<Json> => {
  const source = sourceOf(text);
  const fail = (reason: string) =>
    new EvaluationError(location, `The JSONata expression '${source}' specified for the field '${location}' ${reason}`);
  let value: unknown;
  try {
    const expression = jsonata(source);
    limitTime(expression);
    value = await expression.evaluate(undefined, {
      ...stepFunctionsFunctions(nowMillis),
      ...bindings.variables,
      states: bindings.states,
    });
    if (value !== undefined) return toJson(value);
  } catch (thrown) {
    throw fail(`threw an error during evaluation. ${describe(thrown)}`);
  }
  throw fail('returned nothing (undefined).');
};
