import type { DescribeExecutionCommandOutput } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { Integration, TaskRequest } from '../../../states/integration.ts';
import type { Json } from '../../../states/json.ts';
import { StatesError } from '../../../states/states-error.ts';
import { type Caller, callerOf } from './caller.ts';
import { readArguments } from './read-arguments.ts';
import { callSdk, findOperation, type SdkCall } from './sdk-operation.ts';
import { loadedSdk } from './sdk-services.ts';

const RESOURCE = /^arn:aws:states:::states:startExecution(\.sync:2|\.sync|\.waitForTaskToken)?$/;

const Arguments = z.strictObject({
  StateMachineArn: z.string().min(1),
  Name: z.string().optional(),
  Input: z.json().optional(),
  TraceHeader: z.string().optional(),
});

/** Tells when an execution has ended. On AWS this is what the managed EventBridge rule is for. */
export type WhenEnded = (executionArn: string) => Promise<unknown>;

type Call = (action: string, input: unknown) => Promise<Readonly<Record<string, unknown>>>;

/**
 * `arn:aws:states:::states:startExecution`, and with `.sync` or `.sync:2` until the execution has ended: then its output
 * is the result, as text or as JSON. An execution that does not succeed fails the task.
 */
export const startExecutionTask = (resource: string, caller: Caller, whenEnded: WhenEnded): Integration | undefined => {
  const [match, pattern] = RESOURCE.exec(resource) ?? [];
  const sdk = loadedSdk('sfn');
  if (match === undefined || !sdk) return undefined;
  const errors = { prefix: 'StepFunctions', unmodelled: 'AWSStepFunctionsException' };
  const ends = pattern === '.waitForTaskToken' ? 'with-token' : pattern ? 'with-job' : 'with-answer';

  const run = async (request: TaskRequest): Promise<Json> => {
    const call: Call = (action, input) => {
      const operation = findOperation(sdk, action);
      if (!operation) throw new Error(`The SDK has no operation ${action}`);
      const sdkCall: SdkCall = { ...callerOf(caller, request), sdk, operation, errors };
      return callSdk(sdkCall, input);
    };
    const { StateMachineArn, Name, Input, TraceHeader } = readArguments(Arguments, request.arguments);
    const started = await call('startExecution', {
      stateMachineArn: StateMachineArn,
      name: Name,
      input: typeof Input === 'string' ? Input : JSON.stringify(Input ?? {}),
      traceHeader: TraceHeader,
    });
    const executionArn = String(started.executionArn);
    const answer = { ExecutionArn: executionArn, StartDate: millisOf(started.startDate) };
    if (ends !== 'with-job') return answer;
    request.submitted(answer);
    return watch(executionArn, call, request, whenEnded, pattern === '.sync:2');
  };

  return { resourceType: 'states', resource: `startExecution${pattern ?? ''}`, ends, run };
};

const watch = async (executionArn: string, call: Call, request: TaskRequest, whenEnded: WhenEnded, asJson: boolean) => {
  const describe = () => call('describeExecution', { executionArn }) as Promise<unknown>;
  const { signal } = request;
  const stopChild = () => {
    // A task that is given up takes its execution with it, if its role may. Nobody is left to tell when it may not.
    call('stopExecution', { executionArn, error: 'States.TaskFailed', cause: 'The parent gave the task up' }).catch(
      () => {},
    );
  };
  // It may have been given up while the execution was being started.
  if (signal.aborted) stopChild();
  signal.addEventListener('abort', stopChild, { once: true });
  try {
    // Asked at once, so that a role that may not ask fails now and not after an hour.
    await describe();
    await whenEnded(executionArn);
    const seen = (await describe()) as DescribeExecutionCommandOutput;
    const result = resultOf(seen, asJson);
    if (seen.status === 'SUCCEEDED') return result;
    throw new StatesError('States.TaskFailed', JSON.stringify(result));
  } finally {
    signal.removeEventListener('abort', stopChild);
  }
};

const millisOf = (date: unknown): Json => (date instanceof Date ? date.getTime() : null);

const resultOf = (seen: DescribeExecutionCommandOutput, asJson: boolean): Json => {
  const read = (text: string | undefined): Json => (asJson && text !== undefined ? JSON.parse(text) : (text ?? null));
  const members: Readonly<Record<string, Json | undefined>> = {
    ExecutionArn: seen.executionArn,
    StateMachineArn: seen.stateMachineArn,
    Name: seen.name,
    Status: seen.status,
    StartDate: millisOf(seen.startDate),
    StopDate: millisOf(seen.stopDate),
    Input: read(seen.input),
    InputDetails: { Included: true },
    ...(seen.output === undefined ? {} : { Output: read(seen.output), OutputDetails: { Included: true } }),
    Error: seen.error,
    Cause: seen.cause,
  };
  return JSON.parse(JSON.stringify(members));
};
