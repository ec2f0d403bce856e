import { type AttributeValue, DeleteItemCommand, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { TableFacts } from './table-facts.ts';

/**
 * Expired items stay readable: AWS deletes them "within a few days" (DynamoDB guide, time to live). Two days late, so
 * that nobody comes to rely on their absence.
 */
export const EXPIRY_DELAY_MS = 48 * 3_600_000;
/** What expired more than five years ago is taken for a mistake, and stays (DynamoDB guide, time to live). */
const TOO_LONG_AGO_MS = 5 * 365 * 86_400_000;

const keyOf = ({ keyNames }: TableFacts, item: Readonly<Record<string, AttributeValue>>) =>
  Object.fromEntries(keyNames.flatMap((name) => (item[name] ? [[name, item[name]] as const] : [])));

/** Deletes what expired long ago. An item that was changed in between stays. */
export const sweepExpired = async (client: DynamoDBClient, facts: TableFacts, nowMs: number): Promise<void> => {
  const { attribute } = facts.expiry;
  if (attribute === undefined) return;
  const secondsBefore = (ms: number) => ({ N: String(Math.floor((nowMs - ms) / 1000)) });
  const conditions = {
    ExpressionAttributeNames: { '#expiry': attribute },
    ExpressionAttributeValues: {
      ':then': secondsBefore(EXPIRY_DELAY_MS),
      ':longAgo': secondsBefore(TOO_LONG_AGO_MS),
    },
  };
  // Compared with a number, any other type of attribute is false: only numbers expire.
  const expired = '#expiry < :then AND #expiry > :longAgo';
  const scan = { TableName: facts.name, FilterExpression: expired, ConsistentRead: true, ...conditions };
  for await (const { Items = [] } of paginateScan({ client }, scan)) {
    for (const item of Items) {
      const Key = keyOf(facts, item);
      await client
        .send(new DeleteItemCommand({ TableName: facts.name, Key, ConditionExpression: expired, ...conditions }))
        .catch((error: unknown) => {
          if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
        });
    }
  }
};
