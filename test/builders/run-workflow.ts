import type { z } from 'zod';
import { operatorActionFor } from '../../functions/platform/aws-errors.ts';
import type { Clock } from '../../local/clock.ts';
import { Definition } from '../../local/states/definition.ts';
import { type Execution, type Outcome, startExecution } from '../../local/states/execution.ts';
import type { Integration, Integrations, TaskRequest } from '../../local/states/integration.ts';
import type { Json } from '../../local/states/json.ts';
import { StatesError } from '../../local/states/states-error.ts';
import { createTaskTokens, type TaskTokens } from '../../local/states/task-tokens.ts';
import { aDefinition } from './a-definition.ts';
import { aLeapingClock } from './a-leaping-clock.ts';

/** What a function, an API call or a child workflow does when a state asks for it. */
export type Stub = (request: {
  readonly arguments: Json;
  readonly tokens: TaskTokens;
  /** Since the workflow started, by the account's clock. */
  readonly seconds: number;
  /** Of a child workflow: what its execution is called. */
  readonly executionName?: string | undefined;
}) => Json | Promise<Json>;

/** Always answers this. */
export const returns =
  (answer: Json): Stub =>
  () =>
    answer;

/** Always fails, as a function fails whose error has this name. */
export const throws =
  (error: string, message = `It said ${error}.`): Stub =>
  () => {
    throw new StatesError(error, JSON.stringify({ errorType: error, errorMessage: message, trace: [] }));
  };

/** Always fails as Step Functions says it, with the cause as it is. */
export const fails =
  (error: string, cause: string): Stub =>
  () => {
    throw new StatesError(error, cause);
  };

/** Does a function's real work on the payload, and fails as the function would: by the operator's action. */
export const works =
  <Input extends z.ZodType>(input: Input, work: (input: z.output<Input>) => Promise<unknown>): Stub =>
  async ({ arguments: payload }) => {
    try {
      const output = await work(input.parse(payload));
      return JSON.parse(JSON.stringify(output ?? null));
    } catch (cause) {
      const error = operatorActionFor(cause);
      if (!(error instanceof Error)) throw error;
      throw new StatesError(error.name, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
    }
  };

/** One after the other; the last one for ever. */
export const inTurn = (...stubs: readonly [Stub, ...Stub[]]): Stub => {
  let turn = 0;
  return (request) => {
    const stub = stubs[Math.min(turn, stubs.length - 1)] ?? stubs[0];
    turn += 1;
    return stub(request);
  };
};

/** Somebody who is asked by a task token, and answers this at once. */
export const answers =
  (answer: Json): Stub =>
  ({ arguments: given, tokens }) => {
    tokens.succeed(tokenIn(given), answer);
    return null;
  };

const tokenIn = (given: Json): string => /"taskToken":"([^"]+)"/.exec(JSON.stringify(given))?.[1] ?? '';

/** One call that the workflow made. */
export interface Call {
  /** As the stubs are called. */
  readonly to: string;
  /** A function's payload, or the whole arguments. */
  readonly with: Json;
  /** Of a child workflow: what its execution is called. */
  readonly executionName?: string;
}

export interface Run {
  /** The names of the states it entered, in order; a state that was tried again stands there once. */
  readonly path: readonly string[];
  readonly outcome: Outcome;
  readonly calls: readonly Call[];
  /** How long it took, in the account's seconds. */
  readonly seconds: number;
  /** How many events its history has. */
  readonly events: number;
}

export const OPERATION_ID = 'request-11111111-2222-4333-8444-555555555555';

/** What an execution does not choose by itself, where a test needs another than the usual. */
export interface Circumstances {
  /** Left out: one that begins with the execution. */
  readonly clock?: Clock;
  readonly operationId?: string;
  /** Left out: that of the state machine's file. */
  readonly definition?: Definition;
  /** Told of the execution as soon as it runs, so that it can be stopped. */
  readonly onStart?: (execution: Execution) => void;
}

/**
 * Runs a state machine's story with stubs for everything it calls.
 *
 * @param stubs by the name of the function's substitution (`Plan` for `${PlanFunctionArn}`), of the API call
 *              (`createCacheParameterGroup`), or of the child workflow (`settle`)
 */
export const runWorkflow = async (
  name: string,
  stubs: Readonly<Record<string, Stub>>,
  input: Json = {},
  {
    clock = aLeapingClock(),
    operationId = OPERATION_ID,
    definition = Definition.parse(aDefinition(name)),
    onStart,
  }: Circumstances = {},
): Promise<Run> => {
  const tokens = createTaskTokens();
  const calls: Call[] = [];
  const startedMs = clock.now();
  const secondsNow = () => Math.round((clock.now() - startedMs) / 1000);
  const execution = startExecution({
    definition,
    stateMachineArn: `arn:aws:states:us-east-1:111122223333:stateMachine:${name}`,
    roleArn: 'arn:aws:iam::111122223333:role/test',
    region: 'us-east-1',
    name: operationId,
    input,
    clock,
    workClock: clock,
    integrations: stubbed(stubs, tokens, calls, secondsNow),
    tokens,
    // The longest of all jitters, so that the sums in the comments can be checked.
    random: () => 0.999_999,
  });
  onStart?.(execution);
  const outcome = await execution.ended;
  return {
    path: execution.history.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []),
    outcome,
    calls,
    seconds: secondsNow(),
    events: execution.history.length,
  };
};

const stubbed = (
  stubs: Readonly<Record<string, Stub>>,
  tokens: TaskTokens,
  calls: Call[],
  secondsNow: () => number,
): Integrations => ({
  find(resource) {
    const [, integration = ''] = resource.split(':::');
    const ends = integration.endsWith('.waitForTaskToken')
      ? 'with-token'
      : integration.includes('.sync')
        ? 'with-job'
        : 'with-answer';
    const [resourceType = '', ...action] = integration.split(':');
    return {
      resourceType,
      resource: action.join(':'),
      ends,
      async run(request) {
        const call = callOf(integration, request);
        calls.push(call);
        const stub = stubs[call.to];
        if (!stub) throw new Error(`The workflow called ${call.to}, for which the test has no stub.`);
        const answer = await stub({
          arguments: call.with,
          tokens,
          seconds: secondsNow(),
          executionName: call.executionName,
        });
        if (integration.startsWith('lambda:')) return { StatusCode: 200, Payload: answer };
        return integration.startsWith('states:') ? { Status: 'SUCCEEDED', Output: answer } : answer;
      },
    } satisfies Integration;
  },
});

const callOf = (integration: string, { arguments: given }: TaskRequest): Call => {
  const lastPart = (arn: unknown) => String(arn).split(':').at(-1) ?? '';
  const fields = given as Readonly<Record<string, Json>>;
  if (integration.startsWith('lambda:')) return { to: lastPart(fields.FunctionName), with: fields.Payload ?? null };
  if (integration.startsWith('states:')) {
    return {
      to: lastPart(fields.StateMachineArn),
      with: fields.Input ?? null,
      ...(typeof fields.Name === 'string' ? { executionName: fields.Name } : {}),
    };
  }
  return { to: lastPart(integration), with: given };
};
