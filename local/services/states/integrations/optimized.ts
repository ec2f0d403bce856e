import type { Integration, TaskRequest } from '../../../states/integration.ts';
import { isJsonObject, type Json } from '../../../states/json.ts';
import { StatesError } from '../../../states/states-error.ts';
import { type Caller, callerOf } from './caller.ts';
import { callWithArguments, findOperation } from './sdk-operation.ts';
import { loadedSdk } from './sdk-services.ts';

/** An integration that is the plain call with small comforts. */
interface Optimized {
  /** Key of SDK_SERVICES. */
  readonly sdk: string;
  /** Errors keep the names of the older Java SDK: `DynamoDB.ConditionalCheckFailedException`. */
  readonly prefix: string;
  readonly unmodelled: string;
  /** A field that takes JSON besides text. */
  readonly jsonField?: string;
}

const DYNAMODB = { sdk: 'dynamodb', prefix: 'DynamoDB', unmodelled: 'AmazonDynamoDBException' };

/** By `<service>:<action>` of `arn:aws:states:::<service>:<action>`. */
const OPTIMIZED: Readonly<Record<string, Optimized>> = {
  'dynamodb:getItem': DYNAMODB,
  'dynamodb:putItem': DYNAMODB,
  'dynamodb:updateItem': DYNAMODB,
  'dynamodb:deleteItem': DYNAMODB,
  'sns:publish': { sdk: 'sns', prefix: 'SNS', unmodelled: 'AmazonSNSException', jsonField: 'Message' },
  'sqs:sendMessage': { sdk: 'sqs', prefix: 'SQS', unmodelled: 'AmazonSQSException', jsonField: 'MessageBody' },
  'events:putEvents': { sdk: 'eventbridge', prefix: 'EventBridge', unmodelled: 'AmazonEventBridgeException' },
};

const parse = (resource: string): [service: string, action: string, token: boolean] | undefined => {
  const [, service, action, token] = /^arn:aws:states:::(\w+):(\w+)(\.waitForTaskToken)?$/.exec(resource) ?? [];
  return service && action ? [service, action, token !== undefined] : undefined;
};

/** The client package that an optimized integration needs, by key of SDK_SERVICES; undefined: it is none of them. */
export const sdkOfOptimized = (resource: string): string | undefined => {
  const [service, action] = parse(resource) ?? [];
  return OPTIMIZED[`${service}:${action}`]?.sdk;
};

/** `arn:aws:states:::dynamodb:putItem`, `sns:publish`, `sqs:sendMessage`, `events:putEvents`. */
export const optimized = (resource: string, caller: Caller): Integration | undefined => {
  const [service = '', action = '', token = false] = parse(resource) ?? [];
  const known = OPTIMIZED[`${service}:${action}`];
  const sdk = known && loadedSdk(known.sdk);
  const operation = sdk && findOperation(sdk, action);
  // DynamoDB has no room for a token (Step Functions guide: request response only).
  if (!known || !sdk || !operation || (token && service === 'dynamodb')) return undefined;
  const { prefix, unmodelled, jsonField } = known;

  const run = async (request: TaskRequest): Promise<Json> => {
    const call = { ...callerOf(caller, request), sdk, operation, errors: { prefix, unmodelled } };
    const answer = await callWithArguments(call, withText(request.arguments, service, jsonField));
    if (service === 'events') refuseFailedEntries(answer);
    return answer;
  };
  return {
    resourceType: service,
    resource: token ? `${action}.waitForTaskToken` : action,
    ends: token ? 'with-token' : 'with-answer',
    run,
  };
};

const asText = (value: Json): Json => (typeof value === 'string' ? value : JSON.stringify(value));

const withText = (value: Json, service: string, jsonField: string | undefined): Json => {
  if (!isJsonObject(value)) return value;
  const field = jsonField === undefined ? undefined : value[jsonField];
  if (jsonField !== undefined && field !== undefined) return { ...value, [jsonField]: asText(field) };
  const { Entries: entries } = value;
  if (service !== 'events' || !Array.isArray(entries)) return value;
  const list: readonly Json[] = entries;
  return {
    ...value,
    Entries: list.map((entry) =>
      isJsonObject(entry) && entry.Detail !== undefined ? { ...entry, Detail: asText(entry.Detail) } : entry,
    ),
  };
};

/** One entry that was not taken fails the whole task. */
const refuseFailedEntries = (answer: Json) => {
  if (!isJsonObject(answer) || !answer.FailedEntryCount) return;
  throw new StatesError('EventBridge.FailedEntry', JSON.stringify(answer));
};
