import { type Context, contextAsJson } from './context.ts';
import type { Catcher, State } from './definition.ts';
import type { Bindings } from './expression.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { choose } from './kinds/choice.ts';
import { fail } from './kinds/fail.ts';
import { runMap } from './kinds/map.ts';
import { runParallel } from './kinds/parallel.ts';
import { runTask } from './kinds/task.ts';
import { wait } from './kinds/wait.ts';
import { createRetries } from './retries.ts';
import type { Scope } from './scope.ts';
import { EvaluationError, type StatesError, speaksOf, toStatesError } from './states-error.ts';

/** How a state ended. */
export interface Step {
  readonly output: Json;
  readonly assigned: JsonObject;
  /** Undefined: the flow ends here. */
  readonly next: string | undefined;
}

/** A state as its own fields see it: entered with this input at this moment, with the variables of that moment. */
export interface Visit {
  readonly name: string;
  readonly input: Json;
  readonly context: Context;
  /** The variables before the state, whatever it assigns. */
  readonly bindings: Bindings;
}

/** Runs one state with its retries and catches. @throws StatesError */
export const runState = async (name: string, state: State, input: Json, scope: Scope): Promise<Step> => {
  const { frame, signal } = scope;
  const enteredTime = frame.clock.iso();
  const retries = createRetries('Retry' in state ? state.Retry : undefined, frame.random);
  const visible = scope.variables.visible();

  for (let retryCount = 0; ; retryCount += 1) {
    const context = { ...scope.context, State: { Name: name, EnteredTime: enteredTime, RetryCount: retryCount } };
    const bindings = { variables: visible, states: { input, context: contextAsJson(context) } };
    const visit = { name, input, context, bindings };
    try {
      return await attempt(state, visit, scope);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toStatesError(thrown);
      noteEvaluation(error, name, scope);
      const delaySeconds = retries.next(error);
      if (delaySeconds !== undefined) {
        await frame.clock.sleep(delaySeconds * 1000, signal);
        continue;
      }
      const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
      const catcher = catchers.find(({ ErrorEquals }) => speaksOf(ErrorEquals, error));
      if (!catcher) throw error;
      return await recover(catcher, error, visit, scope);
    }
  }
};

const attempt = async (state: State, visit: Visit, scope: Scope): Promise<Step> => {
  switch (state.Type) {
    case 'Fail':
      return fail(state, visit, scope);
    case 'Choice': {
      const { fields, next } = await choose(state, visit, scope);
      return { ...(await finish(fields, visit.input, visit.bindings, scope)), next };
    }
    case 'Wait':
      await wait(state, visit, scope);
      return { ...(await finish(state, visit.input, visit.bindings, scope)), next: state.Next };
    case 'Pass':
      return { ...(await finish(state, visit.input, visit.bindings, scope)), next: state.Next };
    case 'Succeed':
      return { ...(await finish(state, visit.input, visit.bindings, scope)), next: undefined };
    case 'Task':
      return finishWithResult(state, await runTask(state, visit, scope), visit, scope);
    case 'Parallel':
      return finishWithResult(state, await runParallel(state, visit, scope), visit, scope);
    case 'Map':
      return finishWithResult(state, await runMap(state, visit, scope), visit, scope);
  }
};

/** The fields that make a state's output and variables. Both see the variables as they were before. */
interface Results {
  readonly Output?: Json | undefined;
  readonly Assign?: JsonObject | undefined;
}

const finish = async (
  { Output, Assign }: Results,
  otherwise: Json,
  bindings: Bindings,
  { frame: { evaluator } }: Scope,
): Promise<Omit<Step, 'next'>> => {
  const output = Output === undefined ? otherwise : await evaluator.template(Output, bindings, 'Output');
  const assigned = Assign === undefined ? {} : await evaluator.template(Assign, bindings, 'Assign');
  return { output, assigned: isJsonObject(assigned) ? assigned : {} };
};

const finishWithResult = async (
  state: Results & { readonly Next?: string | undefined },
  result: Json,
  { bindings }: Visit,
  scope: Scope,
): Promise<Step> => {
  const seen = { ...bindings, states: { ...bindings.states, result } };
  return { ...(await finish(state, result, seen, scope)), next: state.Next };
};

/** Goes where a catcher leads. Its output is the error itself unless it says otherwise. */
const recover = async (
  catcher: Catcher,
  error: StatesError,
  { bindings, name }: Visit,
  scope: Scope,
): Promise<Step> => {
  const errorOutput = { Error: error.error, Cause: error.reason };
  const seen = { ...bindings, states: { ...bindings.states, errorOutput } };
  try {
    return { ...(await finish(catcher, errorOutput, seen, scope)), next: catcher.Next };
  } catch (thrown) {
    noteEvaluation(toStatesError(thrown), name, scope);
    throw thrown;
  }
};

const noteEvaluation = (error: StatesError, state: string, { trail }: Scope) => {
  if (!(error instanceof EvaluationError)) return;
  const { location, reason: cause } = error;
  trail.add('EvaluationFailed', { evaluationFailedEventDetails: { error: error.error, cause, location, state } });
};
