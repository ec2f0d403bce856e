import { follow } from '../abort.ts';
import type { ParallelState } from '../definition.ts';
import type { Json } from '../json.ts';
import { withinPayloadLimit } from '../limits.ts';
import { runFlow } from '../run-flow.ts';
import type { Visit } from '../run-state.ts';
import type { Scope } from '../scope.ts';

/**
 * Runs all branches at once, each with the same input, and answers their outputs in the branches' order.
 * The first branch that fails ends the others.
 *
 * @throws StatesError of the branch that failed first
 */
export const runParallel = async (state: ParallelState, visit: Visit, scope: Scope): Promise<Json> => {
  const { trail, frame, variables } = scope;
  trail.add('ParallelStateStarted');
  const input =
    state.Arguments === undefined
      ? visit.input
      : await frame.evaluator.template(state.Arguments, visit.bindings, 'Arguments');
  withinPayloadLimit(input, `The arguments of the state '${visit.name}' are of a size`);

  const { controller, release } = follow(scope.signal);
  const { signal } = controller;
  const trails = state.Branches.map(() => trail.fork());
  const running = state.Branches.map(async (branch, index) => {
    const inside = {
      ...scope,
      trail: trails[index] ?? trail,
      context: visit.context,
      variables: variables.inner(),
      signal,
    };
    try {
      return await runFlow(branch, input, inside);
    } catch (thrown) {
      controller.abort(thrown);
      throw thrown;
    }
  });
  try {
    // All of them, so that no branch still writes when the state goes on.
    await Promise.allSettled(running);
    trail.join(trails);
    // The first to fail is the reason why the others were aborted.
    if (signal.aborted) throw signal.reason;
    const outputs = await Promise.all(running);
    trail.add('ParallelStateSucceeded');
    return withinPayloadLimit(outputs, `The state/task '${visit.name}' returned a result`);
  } catch (thrown) {
    if (!scope.signal.aborted) trail.add('ParallelStateFailed');
    throw thrown;
  } finally {
    release();
  }
};
