import { randomUUID } from 'node:crypto';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { type Clock, startClock } from '../clock.ts';
import type { Context } from './context.ts';
import type { Definition, Flow } from './definition.ts';
import { createHistory, createTrail, inputOf, outputOf } from './history.ts';
import type { Integrations } from './integration.ts';
import type { Json } from './json.ts';
import { runFlow } from './run-flow.ts';
import type { ChildExecution, Frame } from './scope.ts';
import { StatesError, toStatesError } from './states-error.ts';
import { createTaskTokens, type TaskTokens } from './task-tokens.ts';
import { createEvaluator } from './template.ts';
import { createVariables } from './variables.ts';

/** What an execution is made from. */
export interface ExecutionOptions {
  readonly definition: Definition;
  readonly stateMachineArn: string;
  readonly roleArn: string;
  readonly region: string;
  readonly name: string;
  readonly input: Json;
  readonly clock: Clock;
  readonly integrations: Integrations;
  readonly tokens?: TaskTokens;
  /** Times real work. Left out: the wall's clock. */
  readonly workClock?: Clock;
  /** From 0 up to 1: jitter. */
  readonly random?: () => number;
  /** Told of every execution that a distributed Map begins. */
  readonly onChild?: (child: Execution) => void;
  /** Told of each event of its history, and of its children's. */
  readonly onEvent?: (event: HistoryEvent, executionArn: string) => void;
}

/** How an execution ended. */
export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | { readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; readonly error: string; readonly cause: string };

/** One run of a state machine. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly roleArn: string;
  readonly input: Json;
  /** Account time. */
  readonly startedAt: Date;
  readonly history: readonly HistoryEvent[];
  /** Undefined while it runs. */
  outcome(): { readonly outcome: Outcome; readonly endedAt: Date } | undefined;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<Outcome>;
  /** Settles when nothing of it is under way any more: also the cleaning up after an abort is done. */
  readonly unwound: Promise<void>;
  /** Aborts it; without effect once it has ended. */
  stop(error?: string, cause?: string): void;
}

interface Run {
  readonly flow: Flow;
  readonly timeoutSeconds: number | undefined;
  readonly context: Context;
  readonly frame: Frame;
  readonly signal?: AbortSignal;
  readonly onEvent: ExecutionOptions['onEvent'];
}

/** `arn:…:stateMachine:settle` → `arn:…:execution:settle:<name>` */
export const executionArnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/** The last part of an ARN. */
const nameOf = (stateMachineArn: string) => stateMachineArn.slice(stateMachineArn.lastIndexOf(':') + 1);

/** Starts an execution. Nothing here is awaited: it runs by itself until it ends or is stopped. */
export const startExecution = (options: ExecutionOptions): Execution => {
  const { definition, stateMachineArn, clock, integrations, region, name, onEvent } = options;
  const contextOf = (arn: string, executionName: string, input: Json): Context => ({
    Execution: {
      Id: arn,
      Input: input,
      Name: executionName,
      RoleArn: options.roleArn,
      StartTime: clock.iso(),
      RedriveCount: 0,
    },
    StateMachine: { Id: stateMachineArn, Name: nameOf(stateMachineArn) },
  });

  const runChild = async ({ flow, input, label, context: outside, signal }: ChildExecution): Promise<Json> => {
    const childName = randomUUID();
    const arn = executionArnOf(`${stateMachineArn}/${label}`, childName);
    const { Map: item, Execution: parent } = outside;
    const own = contextOf(arn, childName, input);
    const context = {
      ...own,
      Execution: { ...own.Execution, RoleArn: parent.RoleArn },
      ...(item ? { Map: item } : {}),
    };
    const child = run({ flow, timeoutSeconds: undefined, context, frame, signal, onEvent });
    options.onChild?.(child);
    const outcome = await child.ended;
    if (outcome.status === 'SUCCEEDED') return outcome.output;
    throw new StatesError(outcome.error, outcome.cause);
  };

  const frame: Frame = {
    region,
    clock,
    workClock: options.workClock ?? startClock(),
    integrations,
    tokens: options.tokens ?? createTaskTokens(),
    evaluator: createEvaluator(() => clock.now()),
    random: options.random ?? Math.random,
    runChild,
  };
  const context = contextOf(executionArnOf(stateMachineArn, name), name, options.input);
  return run({ flow: definition, timeoutSeconds: definition.TimeoutSeconds, context, frame, onEvent });
};

const run = ({ flow, timeoutSeconds, context, frame, signal: parent, onEvent }: Run): Execution => {
  const { clock } = frame;
  const { Id: arn, Name: name, RoleArn: roleArn, Input: input } = context.Execution;
  const history = createHistory(
    () => clock.now(),
    (event) => onEvent?.(event, arn),
  );
  const controller = new AbortController();
  const ended = Promise.withResolvers<Outcome>();
  const startedAt = new Date(clock.now());
  let end: { outcome: Outcome; endedAt: Date } | undefined;

  const finish = (outcome: Outcome) => {
    if (end) return;
    if (outcome.status === 'SUCCEEDED') {
      history.close('ExecutionSucceeded', { executionSucceededEventDetails: outputOf(outcome.output) });
    } else {
      const { event, details } = CLOSING_EVENTS[outcome.status];
      const { error, cause } = outcome;
      history.close(event, { [details]: { error, cause } });
    }
    end = { outcome, endedAt: new Date(clock.now()) };
    cancelTimeout();
    parent?.removeEventListener('abort', followParent);
    ended.resolve(outcome);
  };
  const abort = (outcome: Outcome) => {
    finish(outcome);
    controller.abort(new StatesError('States.Aborted', 'The execution is over.'));
  };
  const stop = (error = '', cause = '') => abort({ status: 'ABORTED', error, cause });
  const followParent = () => stop();

  const overrun = () =>
    abort({
      status: 'TIMED_OUT',
      error: 'States.Timeout',
      cause: `The execution did not end within its ${timeoutSeconds} seconds.`,
    });
  const cancelTimeout = timeoutSeconds === undefined ? () => {} : clock.after(timeoutSeconds * 1000, overrun);

  history.add(0, 'ExecutionStarted', { executionStartedEventDetails: { ...inputOf(input), roleArn } });
  parent?.addEventListener('abort', followParent, { once: true });
  if (parent?.aborted) followParent();
  const scope = {
    frame,
    context,
    variables: createVariables(),
    trail: createTrail(history),
    signal: controller.signal,
  };
  const unwound = runFlow(flow, input, scope).then(
    (output) => finish({ status: 'SUCCEEDED', output }),
    (thrown: unknown) => {
      const { error, reason } = toStatesError(thrown);
      finish({ status: 'FAILED', error, cause: reason });
    },
  );

  return {
    arn,
    name,
    stateMachineArn: context.StateMachine.Id,
    roleArn,
    input,
    startedAt,
    history: history.events,
    outcome: () => end,
    ended: ended.promise,
    unwound,
    stop,
  };
};

const CLOSING_EVENTS = {
  FAILED: { event: 'ExecutionFailed', details: 'executionFailedEventDetails' },
  TIMED_OUT: { event: 'ExecutionTimedOut', details: 'executionTimedOutEventDetails' },
  ABORTED: { event: 'ExecutionAborted', details: 'executionAbortedEventDetails' },
} as const;
