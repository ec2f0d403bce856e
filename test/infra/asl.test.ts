import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../local/states/check/check-definition.ts';
import { aDefinition, type State } from '../builders/a-definition.ts';

/** asl-validator is CommonJS, and brings types for ES modules only. */
const validate: (definition: unknown) => { isValid: boolean; errors: unknown[]; errorsText: () => string } =
  createRequire(import.meta.url)('asl-validator');

const definitions = readdirSync('state-machines').map((file) => {
  const name = file.replace('.asl.json', '');
  const definition = aDefinition(name);
  return { name, definition, states: allStates(definition.States) };
});

/** The states of a machine, those within its maps included. */
function allStates(states: Readonly<Record<string, State>>): [string, State][] {
  return Object.entries(states).flatMap(([name, state]) => [
    [name, state],
    ...allStates(state.ItemProcessor?.States ?? {}),
  ]);
}

describe.each(definitions)('$name', ({ definition, states }) => {
  const tasks = states.filter(([, { Type }]) => Type === 'Task');

  it('is valid in the States Language', () => {
    const { isValid, errorsText } = validate(definition);
    expect(isValid, isValid ? '' : errorsText()).toBe(true);
  });

  it('has no undefined variable, lost state, bad expression or task without an end', () => {
    expect(checkDefinition(definition)).toEqual([]);
  });

  it('speaks JSONata and ends by itself', () => {
    expect(definition).toMatchObject({ QueryLanguage: 'JSONata', TimeoutSeconds: expect.any(Number) });
  });

  it('gives every task a timeout', () => {
    expect(tasks.filter(([, { TimeoutSeconds }]) => TimeoutSeconds === undefined)).toEqual([]);
  });

  it('names the errors of every retry, says how often, and does the sum in a comment', () => {
    for (const [name, { Retry = [], Comment }] of states) {
      for (const { ErrorEquals, MaxAttempts } of Retry) {
        expect(ErrorEquals, name).not.toContain('States.ALL');
        expect(MaxAttempts, `${name} must say MaxAttempts: the default is 3`).toBeTypeOf('number');
      }
      if (Retry.length > 0) expect(Comment, `${name} must do the sum`).toMatch(/\d/);
      // FULL jitter waits any part of the interval, also none: the intervals are an upper bound, and the mean is half.
      if (Retry.some(({ JitterStrategy }) => JitterStrategy === 'FULL')) {
        expect(Comment, `${name} must say that its waits are random`).toMatch(/random waits of up to \d.*on average/);
      }
    }
  });

  it('names its states so that they fit Step Functions (80 characters) and read as sentences', () => {
    for (const [name] of states) expect(name).toMatch(/^[A-Z][A-Za-z0-9' ]{2,78}\??$/);
  });
});
