import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { dynamoLedger } from '../../../functions/platform/dynamo-ledger.ts';
import { createDynamoDb } from '../../../local/services/dynamodb/dynamodb.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';
import { describeLedger } from '../../platform/ledger-suite.ts';

let world: AWorld;
let client: DynamoDBClient;
let number = 0;
beforeAll(async () => {
  world = await aWorld({ services: [createDynamoDb] });
  client = world.operatorClient(DynamoDBClient);
});
afterAll(() => world.close());

/** A new table for each promise, with the keys that the stack gives it. */
const aLedger = async () => {
  number += 1;
  const TableName = `ledger-${number}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'cache', 'kind', 'startedAt'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: ['cache', 'kind'].map((hash) => ({
        IndexName: `by-${hash}`,
        KeySchema: [
          { AttributeName: hash, KeyType: 'HASH' },
          { AttributeName: 'startedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  );
  await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }, { TableName });
  const marshallOptions = { removeUndefinedValues: true };
  return dynamoLedger(DynamoDBDocumentClient.from(client, { marshallOptions }), TableName);
};

describeLedger('in the local account’s DynamoDB', aLedger);
