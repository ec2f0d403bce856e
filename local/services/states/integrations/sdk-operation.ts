import type { Principal, World } from '../../../service.ts';
import type { Json } from '../../../states/json.ts';
import { StatesError } from '../../../states/states-error.ts';
import { actionName, exceptionName } from './java-names.ts';
import type { SdkPackage } from './sdk-services.ts';
import { fromSdkOutput, type Schema, toSdkInput } from './sdk-shapes.ts';

/** One operation of a client package. */
export interface SdkOperation {
  readonly name: string;
  readonly Command: new (input: unknown) => unknown;
  readonly input: Schema;
  readonly output: Schema;
}

/** Static schemas are arrays that begin with their kind (`@smithy/core` 3.41, as in protocol/api-model.ts). */
const OPERATION_KIND = 9;
const ERROR_KIND = -3;

const unwrap = (schema: unknown): Schema => (typeof schema === 'function' ? schema() : schema) as Schema;

/** @param action as a Resource spells it: `describeReplicationGroups` */
export const findOperation = ({ exports }: SdkPackage, action: string): SdkOperation | undefined => {
  for (const schema of Object.values(exports)) {
    if (!Array.isArray(schema) || schema[0] !== OPERATION_KIND) continue;
    const [, , name, , input, output] = schema;
    if (actionName(name) !== action) continue;
    const Command = exports[`${name}Command`] as SdkOperation['Command'];
    return { name, Command, input: unwrap(input), output: unwrap(output) };
  }
  return undefined;
};

/** How errors are named: each integration has its own way. */
export interface ErrorNames {
  /** `ElastiCache` */
  readonly prefix: string;
  /** The name of errors that the service does not model: `ElastiCacheException`. */
  readonly unmodelled: string;
}

export interface SdkCall {
  readonly world: World;
  readonly sdk: SdkPackage;
  readonly operation: SdkOperation;
  readonly errors: ErrorNames;
  readonly principal: Principal;
  readonly region: string;
  readonly signal: AbortSignal;
}

/** Calls the operation and answers as the SDK does. @throws StatesError */
export const callSdk = async (call: SdkCall, input: unknown): Promise<Readonly<Record<string, unknown>>> => {
  const { world, sdk, operation, principal, region, signal, errors } = call;
  const client = world.client(sdk.Client, principal, region);
  try {
    return await client.send(new operation.Command(input), { abortSignal: signal });
  } catch (thrown) {
    throw toServiceError(thrown, sdk, errors);
  }
};

/** Calls the operation with a task's arguments and answers state data. @throws StatesError */
export const callWithArguments = async (call: SdkCall, taskArguments: Json): Promise<Json> => {
  const output = await callSdk(call, toSdkInput(call.operation.input, taskArguments));
  return fromSdkOutput(call.operation.output, output);
};

const isModelled = ({ exports }: SdkPackage, shape: string): boolean => {
  const schema = exports[`${shape}$`];
  return Array.isArray(schema) && schema[0] === ERROR_KIND;
};

/** What the SDK threw, with the name that Step Functions gives it. */
const toServiceError = (thrown: unknown, sdk: SdkPackage, { prefix, unmodelled }: ErrorNames): StatesError => {
  if (!(thrown instanceof Error)) return new StatesError(`${prefix}.SdkClientException`, String(thrown));
  const { $metadata: metadata } = thrown as { $metadata?: { httpStatusCode?: number; requestId?: string } };
  // Without a status nobody answered: the connection failed or was lost, and the outcome is unknown.
  if (metadata?.httpStatusCode === undefined) return new StatesError(`${prefix}.SdkClientException`, thrown.message);
  const name = isModelled(sdk, thrown.name) ? exceptionName(thrown.name) : unmodelled;
  const code = isModelled(sdk, thrown.name) ? '' : `${thrown.name}: `;
  const details = `Service: ${prefix}, Status Code: ${metadata.httpStatusCode}, Request ID: ${metadata.requestId ?? ''}`;
  return new StatesError(`${prefix}.${name}`, `${code}${thrown.message} (${details})`);
};
