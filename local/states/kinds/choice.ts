import type { ChoiceRule, ChoiceState } from '../definition.ts';
import type { Visit } from '../run-state.ts';
import type { Scope } from '../scope.ts';
import { EvaluationError, StatesError } from '../states-error.ts';

/** Which way a Choice goes, and whose Output and Assign count: the rule's that matched, or the state's own. */
export interface Chosen {
  readonly fields: Pick<ChoiceRule, 'Output' | 'Assign'>;
  readonly next: string;
}

/** The first rule whose condition is true. @throws StatesError States.NoChoiceMatched */
export const choose = async (state: ChoiceState, { bindings, name }: Visit, { frame }: Scope): Promise<Chosen> => {
  for (const [index, rule] of state.Choices.entries()) {
    const location = `Choices[${index}]/Condition`;
    const condition = await frame.evaluator.template(rule.Condition, bindings, location);
    if (typeof condition !== 'boolean') {
      const found = JSON.stringify(condition);
      throw new EvaluationError(location, `The field '${location}' has to be true or false, not ${found}.`);
    }
    if (condition) return { fields: rule, next: rule.Next };
  }
  if (state.Default === undefined) {
    throw new StatesError('States.NoChoiceMatched', `No rule of the state '${name}' matched, and it has no Default.`);
  }
  return { fields: state, next: state.Default };
};
