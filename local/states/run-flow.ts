import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Flow, State } from './definition.ts';
import { assignedOf, inputOf, outputOf } from './history.ts';
import type { Json } from './json.ts';
import { withinPayloadLimit } from './limits.ts';
import { runState } from './run-state.ts';
import type { Scope } from './scope.ts';
import { StatesError } from './states-error.ts';

/** States that the history shows as aborted when their branch is given up. */
const ABORTED_EVENTS: Partial<Record<State['Type'], HistoryEventType>> = {
  Task: 'TaskStateAborted',
  Wait: 'WaitStateAborted',
  Parallel: 'ParallelStateAborted',
  Map: 'MapStateAborted',
};

/**
 * Runs states one after another until one ends, and answers its output.
 *
 * @throws StatesError what no retry and no catch dealt with; the signal's reason when aborted
 */
export const runFlow = async (flow: Flow, input: Json, scope: Scope): Promise<Json> => {
  let name = flow.StartAt;
  let payload = input;
  for (;;) {
    scope.signal.throwIfAborted();
    const state = flow.States[name];
    if (!state) throw new StatesError('States.Runtime', `There is no state ${name}.`);
    const step = await enter(name, state, payload, scope);
    if (step.next === undefined) return step.output;
    name = step.next;
    payload = step.output;
  }
};

const enter = async (name: string, state: State, input: Json, scope: Scope) => {
  const { trail, variables, signal } = scope;
  trail.add(`${state.Type}StateEntered`, { stateEnteredEventDetails: { name, ...inputOf(input) } });
  try {
    const step = await runState(name, state, input, scope);
    signal.throwIfAborted();
    withinPayloadLimit(step.output, `The state/task '${name}' returned a result`);
    variables.assign(step.assigned);
    const details = { name, ...outputOf(step.output), ...assignedOf(step.assigned) };
    if (state.Type !== 'Fail') trail.add(`${state.Type}StateExited`, { stateExitedEventDetails: details });
    return step;
  } catch (thrown) {
    const aborted = ABORTED_EVENTS[state.Type];
    if (signal.aborted && aborted) trail.add(aborted);
    throw thrown;
  }
};
