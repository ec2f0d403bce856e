import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Clock } from '../../../local/clock.ts';
import { checkDefinition, readDefinition } from '../../../local/states/check/check-definition.ts';
import { type Execution, type Outcome, startExecution } from '../../../local/states/execution.ts';
import type { Integration, Integrations, TaskRequest } from '../../../local/states/integration.ts';
import type { Json } from '../../../local/states/json.ts';
import { StatesError } from '../../../local/states/states-error.ts';
import { createTaskTokens, type TaskTokens } from '../../../local/states/task-tokens.ts';
import { aLeapingClock } from '../../builders/a-leaping-clock.ts';

/** A task played by a function; what it throws keeps its name: `throw named('CacheLocked', 'by op-1')`. */
export type Play = (input: never, request: TaskRequest) => Json | Promise<Json>;

export interface MachineOptions {
  readonly input?: Json;
  /** By the last part of the resource: `plan` plays `arn:aws:states:::test:plan`, also with `.waitForTaskToken`. */
  readonly tasks?: Readonly<Record<string, Play>>;
  readonly timeoutSeconds?: number;
  readonly random?: () => number;
  /** Called once it has been started. */
  readonly meanwhile?: (running: Running) => void;
}

export interface Running {
  readonly execution: Execution;
  readonly clock: Clock;
  readonly tokens: TaskTokens;
}

export interface Ran extends Running {
  readonly outcome: Outcome;
  /** Its output; undefined when it did not succeed. */
  readonly output: Json | undefined;
  /** The names of the states entered, in order. */
  readonly path: readonly string[];
  readonly types: readonly string[];
  readonly children: readonly Execution[];
  /** Account seconds from start to end. */
  readonly seconds: number;
  /** The events of one type. */
  events(type: string): HistoryEvent[];
}

export const named = (error: string, cause = '') => new StatesError(error, cause);

/** A Task of the harness, with what every Task needs. */
export const task = (name: string, fields: object = {}) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::test:${name}`,
  TimeoutSeconds: 60,
  ...fields,
});

/** A definition that starts at its first state. */
export const machine = (states: object, fields: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0] ?? '',
  States: states,
  ...fields,
});

/** A definition with one state that ends. */
export const single = (state: object) => machine({ Only: { ...state, End: true } });

/** The problems of a definition as lines. */
export const problemsOf = (definition: unknown): string[] =>
  checkDefinition(definition).map(({ path, message }) => `${path}: ${message}`);

const integrationsOf = (tasks: MachineOptions['tasks'] = {}): Integrations => ({
  find(resource) {
    const [, name = '', pattern] = /^arn:aws:states:::test:(\w+)(?:\.(.+))?$/.exec(resource) ?? [];
    const play = tasks[name];
    if (!play) return undefined;
    const ends = pattern === 'waitForTaskToken' ? 'with-token' : pattern ? 'with-job' : 'with-answer';
    const integration: Integration = {
      resourceType: 'test',
      resource: pattern ? `${name}.${pattern}` : name,
      ends,
      run: async (request) => play(request.arguments as never, request),
    };
    return integration;
  },
});

/** Runs a definition to its end, in no time. */
export const run = async (definition: unknown, options: MachineOptions = {}): Promise<Ran> => {
  const clock = aLeapingClock('2026-01-01T00:00:00.000Z');
  const tokens = createTaskTokens();
  const children: Execution[] = [];
  const execution = startExecution({
    definition: readDefinition(JSON.stringify(definition)),
    stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:tested',
    roleArn: 'arn:aws:iam::111122223333:role/tested',
    region: 'us-east-1',
    name: 'op-1',
    input: options.input ?? {},
    clock,
    workClock: clock,
    tokens,
    integrations: integrationsOf(options.tasks),
    onChild: (child) => void children.push(child),
    ...(options.random ? { random: options.random } : {}),
  });
  options.meanwhile?.({ execution, clock, tokens });
  const outcome = await execution.ended;
  await execution.unwound;
  const events = (type: string) => execution.history.filter((event) => event.type === type);
  return {
    execution,
    clock,
    tokens,
    outcome,
    output: outcome.status === 'SUCCEEDED' ? outcome.output : undefined,
    path: execution.history.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []),
    types: execution.history.map(({ type }) => type ?? ''),
    children,
    seconds: ((execution.outcome()?.endedAt.getTime() ?? 0) - execution.startedAt.getTime()) / 1000,
    events,
  };
};
