import type { TableFacts } from './table-facts.ts';

/** Attribute values as the wire has them: `{ S: 'orders' }`. */
type Attributes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface ItemCall {
  readonly Key?: unknown;
  readonly Item?: unknown;
  readonly IndexName?: string | undefined;
  readonly KeyConditionExpression?: unknown;
  readonly ExpressionAttributeNames?: unknown;
  readonly ExpressionAttributeValues?: unknown;
}

const attributes = (value: unknown): Attributes =>
  (typeof value === 'object' && value !== null ? value : {}) as Attributes;

/** A key as IAM compares it: strings and numbers as they are written, bytes in base64. */
const asText = (value: Readonly<Record<string, unknown>> | undefined): string[] => {
  const [held] = Object.values(value ?? {});
  if (typeof held === 'string') return [held];
  return held instanceof Uint8Array ? [Buffer.from(held).toString('base64')] : [];
};

/** `#pk = :pk AND …`: an expression holds exactly one equality on the partition key, in either order of the two sides. */
const equalities = (expression: string): (readonly [name: string, value: string])[] =>
  [...expression.matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)|(:\w+)\s*=\s*(#?[\w.-]+)/g)].map(
    ([, name, value, valueFirst, nameSecond]) => [name ?? nameSecond ?? '', value ?? valueFirst ?? ''] as const,
  );

/**
 * The partition keys that a call on items names, for the condition key `dynamodb:LeadingKeys`.
 * A scan names none.
 */
export const leadingKeysOf = (facts: TableFacts | undefined, call: ItemCall): string[] => {
  const partitionKey = call.IndexName ? facts?.indexKeys.get(call.IndexName) : facts?.keyNames[0];
  if (partitionKey === undefined) return [];
  const named = attributes(call.Key ?? call.Item)[partitionKey];
  if (named) return asText(named);
  if (typeof call.KeyConditionExpression !== 'string') return [];
  const names = (call.ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>;
  const values = attributes(call.ExpressionAttributeValues);
  return equalities(call.KeyConditionExpression)
    .filter(([name]) => (names[name] ?? name) === partitionKey)
    .flatMap(([, value]) => asText(values[value]));
};

/** Requests of a batch, by table: what BatchGetItem and BatchWriteItem name in `RequestItems`. */
export const batchCalls = (requests: unknown): ItemCall[] => {
  if (Array.isArray(requests)) {
    return requests.map(({ PutRequest, DeleteRequest }) => PutRequest ?? DeleteRequest ?? {});
  }
  const { Keys = [] } = attributes(requests) as { Keys?: unknown };
  return Array.isArray(Keys) ? Keys.map((Key) => ({ Key })) : [];
};
