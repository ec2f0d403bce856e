import type { FailState } from '../definition.ts';
import type { Visit } from '../run-state.ts';
import type { Scope } from '../scope.ts';
import { StatesError } from '../states-error.ts';

/** Ends the flow with the error that the state names. @throws StatesError always */
export const fail = async (state: FailState, { bindings }: Visit, { frame: { evaluator } }: Scope): Promise<never> => {
  const error = await evaluator.text(state.Error ?? '', bindings, 'Error');
  const cause = await evaluator.text(state.Cause ?? '', bindings, 'Cause');
  throw new StatesError(error, cause);
};
