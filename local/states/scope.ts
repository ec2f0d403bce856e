import type { Clock } from '../clock.ts';
import type { Context } from './context.ts';
import type { Flow } from './definition.ts';
import type { Trail } from './history.ts';
import type { Integrations } from './integration.ts';
import type { Json } from './json.ts';
import type { TaskTokens } from './task-tokens.ts';
import type { Evaluator } from './template.ts';
import type { Variables } from './variables.ts';

/** What all states of an execution share. */
export interface Frame {
  readonly region: string;
  /** Waits, retries' delays, heartbeats, the execution's own timeout: durations of the service. */
  readonly clock: Clock;
  /** Times real work (docs/decisions/0006-one-clock.md). */
  readonly workClock: Clock;
  readonly integrations: Integrations;
  readonly tokens: TaskTokens;
  readonly evaluator: Evaluator;
  /** From 0 up to 1: jitter. */
  readonly random: () => number;
  /** Runs one item of a distributed Map as an execution of its own. */
  readonly runChild: (child: ChildExecution) => Promise<Json>;
}

/** Where a state runs: which variables it sees, which branch of the history it writes. */
export interface Scope {
  readonly frame: Frame;
  readonly context: Context;
  readonly variables: Variables;
  readonly trail: Trail;
  /** Aborted when the execution stops or a sibling failed. */
  readonly signal: AbortSignal;
}

/** One item of a distributed Map: it sees no variables from outside and has a history of its own. */
export interface ChildExecution {
  readonly flow: Flow;
  readonly input: Json;
  readonly label: string;
  readonly context: Context;
  readonly signal: AbortSignal;
}
