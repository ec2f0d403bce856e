import { contextAsJson } from '../context.ts';
import type { MapState } from '../definition.ts';
import type { Json } from '../json.ts';
import { withinPayloadLimit } from '../limits.ts';
import type { Visit } from '../run-state.ts';
import type { Scope } from '../scope.ts';
import { EvaluationError } from '../states-error.ts';
import { runDistributed } from './distributed-map.ts';
import { runInline } from './inline-map.ts';

/** One item and what its iteration gets as input. */
export interface Iteration {
  readonly index: number;
  readonly input: Json;
  /** The context inside: it knows the item. */
  readonly context: Visit['context'];
}

/** What both kinds of Map have worked out before the first iteration begins. */
export interface MapPlan {
  readonly state: MapState;
  readonly visit: Visit;
  readonly scope: Scope;
  readonly iterations: readonly Iteration[];
  /** 0: as many as the mode allows. */
  readonly maxConcurrency: number;
}

/** Runs the same states for each item; answers the outputs in the items' order. @throws StatesError */
export const runMap = async (state: MapState, visit: Visit, scope: Scope): Promise<Json> => {
  const { evaluator } = scope.frame;
  const items =
    state.Items === undefined ? visit.input : await evaluator.template(state.Items, visit.bindings, 'Items');
  if (!Array.isArray(items)) {
    throw new EvaluationError('Items', `The items of the state '${visit.name}' have to be an array.`);
  }
  const concurrencyRange = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const maxConcurrency = await evaluator.integer(
    state.MaxConcurrency ?? 0,
    visit.bindings,
    'MaxConcurrency',
    concurrencyRange,
  );
  const iterations: Iteration[] = [];
  for (const [index, value] of items.entries()) {
    iterations.push(await prepare(state, visit, scope, index, value));
  }
  const plan = { state, visit, scope, iterations, maxConcurrency };
  const distributed = state.ItemProcessor.ProcessorConfig.Mode === 'DISTRIBUTED';
  const outputs = await (distributed ? runDistributed(plan) : runInline(plan));
  return withinPayloadLimit(outputs, `The state/task '${visit.name}' returned a result`);
};

const prepare = async (
  { ItemSelector }: MapState,
  { bindings, context: outside }: Visit,
  { frame: { evaluator } }: Scope,
  index: number,
  value: Json,
): Promise<Iteration> => {
  const context = { ...outside, Map: { Item: { Index: index, Value: value } } };
  if (ItemSelector === undefined) return { index, input: value, context };
  const states = { ...bindings.states, context: contextAsJson(context) };
  const input = await evaluator.template(ItemSelector, { ...bindings, states }, 'ItemSelector');
  return { index, input, context };
};
