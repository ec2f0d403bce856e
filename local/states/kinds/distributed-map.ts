import { randomUUID } from 'node:crypto';
import { follow } from '../abort.ts';
import type { Json } from '../json.ts';
import { EvaluationError, StatesError, toStatesError } from '../states-error.ts';
import { inOrder } from './in-order.ts';
import type { Iteration, MapPlan } from './map.ts';

/** Child executions at once (Step Functions quotas). */
const MAX_CHILDREN = 10_000;

interface Tolerance {
  readonly count: number | undefined;
  readonly percentage: number | undefined;
}

/** Nothing is tolerated unless the state says so. */
const exceeds = (failed: number, total: number, { count, percentage }: Tolerance): boolean => {
  if (failed === 0) return false;
  if (count === undefined && percentage === undefined) return true;
  if (count !== undefined && failed > count) return true;
  return percentage !== undefined && (failed / total) * 100 > percentage;
};

/**
 * Runs each item as an execution of its own: own history, no variables from outside.
 * Answers the outputs of those that succeeded, in the items' order; the tolerated failures are missing from it.
 *
 * @throws StatesError States.ExceedToleratedFailureThreshold
 */
export const runDistributed = async ({ state, visit, scope, iterations, maxConcurrency }: MapPlan): Promise<Json[]> => {
  const { trail, frame } = scope;
  const tolerance = await readTolerance({ state, visit, scope });
  const label = state.Label ?? randomUUID();
  const mapRunArn = `${visit.context.StateMachine.Id.replace(':stateMachine:', ':mapRun:')}/${label}:${randomUUID()}`;
  trail.add('MapRunStarted', { mapRunStartedEventDetails: { mapRunArn } });

  const { controller, release } = follow(scope.signal);
  const { signal } = controller;
  const outputs = new Map<number, Json>();
  let failed = 0;
  let last: StatesError | undefined;

  const iterate = async ({ index, input, context }: Iteration) => {
    try {
      outputs.set(index, await frame.runChild({ flow: state.ItemProcessor, input, label, context, signal }));
    } catch (thrown) {
      if (signal.aborted) return;
      last = toStatesError(thrown);
      failed += 1;
      if (exceeds(failed, iterations.length, tolerance)) controller.abort(last);
    }
  };

  try {
    await inOrder(iterations, Math.min(maxConcurrency || MAX_CHILDREN, MAX_CHILDREN), iterate, () => signal.aborted);
  } finally {
    release();
  }
  scope.signal.throwIfAborted();
  if (signal.aborted) {
    const cause = `${failed} of ${iterations.length} items failed, more than tolerated. The last one: ${last?.message}`;
    const error = 'States.ExceedToleratedFailureThreshold';
    trail.add('MapRunFailed', { mapRunFailedEventDetails: { error, cause } });
    throw new StatesError(error, cause);
  }
  trail.add('MapRunSucceeded');
  return iterations.flatMap(({ index }) => {
    const output = outputs.get(index);
    return output === undefined ? [] : [output];
  });
};

const readTolerance = async ({
  state,
  visit,
  scope,
}: Pick<MapPlan, 'state' | 'visit' | 'scope'>): Promise<Tolerance> => {
  const { ToleratedFailureCount: count, ToleratedFailurePercentage: percentage } = state;
  const { evaluator } = scope.frame;
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  return {
    count:
      count === undefined ? undefined : await evaluator.integer(count, visit.bindings, 'ToleratedFailureCount', range),
    percentage: percentage === undefined ? undefined : await readPercentage(percentage, visit, scope),
  };
};

const readPercentage = async (value: number | string, { bindings }: MapPlan['visit'], { frame }: MapPlan['scope']) => {
  const found = await frame.evaluator.template(value, bindings, 'ToleratedFailurePercentage');
  if (typeof found === 'number' && found >= 0 && found <= 100) return found;
  throw new EvaluationError(
    'ToleratedFailurePercentage',
    `The field 'ToleratedFailurePercentage' has to be a number from 0 to 100.`,
  );
};
