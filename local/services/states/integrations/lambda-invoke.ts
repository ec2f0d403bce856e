import { z } from 'zod';
import type { Integration, TaskRequest } from '../../../states/integration.ts';
import type { Json } from '../../../states/json.ts';
import { StatesError } from '../../../states/states-error.ts';
import { type Caller, callerOf } from './caller.ts';
import { readArguments } from './read-arguments.ts';
import { callSdk, findOperation } from './sdk-operation.ts';
import { loadedSdk } from './sdk-services.ts';

const RESOURCE = /^arn:aws:states:::lambda:invoke(\.waitForTaskToken)?$/;

const Arguments = z.strictObject({
  FunctionName: z.string().min(1),
  Payload: z.json().optional(),
  Qualifier: z.string().optional(),
  InvocationType: z.enum(['RequestResponse', 'Event', 'DryRun']).optional(),
  ClientContext: z.string().optional(),
});

/** What Lambda answers when a function threw. */
const FunctionFailure = z.looseObject({ errorType: z.string().optional() });

/** `arn:aws:states:::lambda:invoke`: the function's answer as JSON, the function's error by its own name. */
export const lambdaInvoke = (resource: string, caller: Caller): Integration | undefined => {
  const [match, token] = RESOURCE.exec(resource) ?? [];
  const sdk = loadedSdk('lambda');
  const operation = sdk && findOperation(sdk, 'invoke');
  if (match === undefined || !sdk || !operation) return undefined;
  // The optimized integration names what Lambda does not model after the older Java SDK.
  const errors = { prefix: 'Lambda', unmodelled: 'AWSLambdaException' };

  const run = async (request: TaskRequest): Promise<Json> => {
    const { Payload, ...rest } = readArguments(Arguments, request.arguments);
    const input = { ...rest, Payload: Buffer.from(JSON.stringify(Payload ?? {})) };
    const answer = await callSdk({ ...callerOf(caller, request), sdk, operation, errors }, input);
    const payload = decode(answer.Payload);
    if (answer.FunctionError !== undefined) throw functionError(payload);
    const { requestId = '' } = answer.$metadata as { requestId?: string };
    return {
      ExecutedVersion: String(answer.ExecutedVersion ?? '$LATEST'),
      Payload: parsePayload(payload),
      SdkHttpMetadata: { HttpStatusCode: Number(answer.StatusCode ?? 200) },
      SdkResponseMetadata: { RequestId: requestId },
      StatusCode: Number(answer.StatusCode ?? 200),
    };
  };

  return {
    resourceType: 'lambda',
    resource: token ? 'invoke.waitForTaskToken' : 'invoke',
    ends: token ? 'with-token' : 'with-answer',
    run,
  };
};

const decode = (payload: unknown): string => (payload instanceof Uint8Array ? Buffer.from(payload).toString() : '');

/** An answer that is no JSON stays text; no answer at all (an asynchronous invocation) is an empty object. */
const parsePayload = (payload: string): Json => {
  if (payload === '') return {};
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
};

/**
 * The error of the function itself. A function that was killed names no error: Step Functions calls that
 * `Lambda.Unknown` (Step Functions guide, Handle Lambda service exceptions).
 */
const functionError = (payload: string): StatesError => {
  const failure = FunctionFailure.safeParse(parsePayload(payload));
  const errorType = failure.success ? failure.data.errorType : undefined;
  if (errorType) return new StatesError(errorType, payload);
  const why = 'The cause could not be determined because Lambda did not return an error type.';
  return new StatesError('Lambda.Unknown', `${why} Returned payload: ${payload}`);
};
