import { follow } from '../abort.ts';
import type { Json } from '../json.ts';
import { MAX_INLINE_CONCURRENCY } from '../limits.ts';
import { runFlow } from '../run-flow.ts';
import { inOrder } from './in-order.ts';
import type { Iteration, MapPlan } from './map.ts';

/** Runs the iterations inside the execution: its history, its variables. One failure ends them all. */
export const runInline = async ({ state, visit, scope, iterations, maxConcurrency }: MapPlan): Promise<Json[]> => {
  const { trail, variables } = scope;
  const { name } = visit;
  trail.add('MapStateStarted', { mapStateStartedEventDetails: { length: iterations.length } });
  const { controller, release } = follow(scope.signal);
  const { signal } = controller;
  const trails = iterations.map(() => trail.fork());
  const outputs: Json[] = [];

  const iterate = async ({ index, input, context }: Iteration) => {
    const own = trails[index] ?? trail;
    const details = { name, index };
    try {
      own.add('MapIterationStarted', { mapIterationStartedEventDetails: details });
      const inside = { ...scope, context, trail: own, variables: variables.inner(), signal };
      outputs[index] = await runFlow(state.ItemProcessor, input, inside);
      own.add('MapIterationSucceeded', { mapIterationSucceededEventDetails: details });
    } catch (thrown) {
      const first = !signal.aborted;
      controller.abort(thrown);
      if (first) own.add('MapIterationFailed', { mapIterationFailedEventDetails: details });
      else own.add('MapIterationAborted', { mapIterationAbortedEventDetails: details });
    }
  };

  try {
    const limit = Math.min(maxConcurrency || MAX_INLINE_CONCURRENCY, MAX_INLINE_CONCURRENCY);
    await inOrder(iterations, limit, iterate, () => signal.aborted);
    trail.join(trails);
    if (signal.aborted) throw signal.reason;
    trail.add('MapStateSucceeded');
    return outputs;
  } catch (thrown) {
    if (!scope.signal.aborted) trail.add('MapStateFailed');
    throw thrown;
  } finally {
    release();
  }
};
