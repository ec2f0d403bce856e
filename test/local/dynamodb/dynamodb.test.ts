import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TagResourceCommand,
  TransactWriteItemsCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../../local/service.ts';
import { createDynamoDb } from '../../../local/services/dynamodb/dynamodb.ts';
import { build } from '../../builders/a-template-resource.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';

let world: AWorld;
let db: DynamoDBClient;
let service: Service;
let number = 0;
beforeAll(async () => {
  world = await aWorld({ services: [(made) => (service = createDynamoDb(made))] });
  db = world.operatorClient(DynamoDBClient);
});
afterAll(() => world.close());

const KEYS = {
  AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
};
const arnOf = (name: string) => `arn:aws:dynamodb:us-east-1:${ACCOUNT_ID}:table/${name}`;
const aTable = async (more: Partial<CreateTableCommandInput> = {}, client = db): Promise<string> => {
  number += 1;
  const TableName = `table-${number}`;
  await client.send(new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', ...KEYS, ...more }));
  await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }, { TableName });
  return TableName;
};
const key = (pk: string, sk = 'LOCK') => ({ pk: { S: pk }, sk: { S: sk } });
const lock = (pk: string, owner: string) => ({ ...key(pk), owner: { S: owner } });
const put = (TableName: string, Item: Record<string, never> | ReturnType<typeof lock>) =>
  db.send(new PutItemCommand({ TableName, Item }));
const get = async (TableName: string, Key: ReturnType<typeof key>, client = db) =>
  (await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
const lastAsked = () => world.asked.at(-1)?.permission;

describe('a condition that does not hold', () => {
  const conditional = {
    ConditionExpression: '#owner = :me',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':me': { S: 'me' } },
  };
  const calls = {
    put: (TableName: string, more = {}) =>
      new PutItemCommand({ TableName, Item: lock('orders', 'me'), ...conditional, ...more }),
    update: (TableName: string, more = {}) =>
      new UpdateItemCommand({
        TableName,
        Key: key('orders'),
        UpdateExpression: 'REMOVE #owner',
        ...conditional,
        ...more,
      }),
    delete: (TableName: string, more = {}) =>
      new DeleteItemCommand({ TableName, Key: key('orders'), ...conditional, ...more }),
  };
  const send = (call: keyof typeof calls, TableName: string, more = {}) => {
    const command = calls[call](TableName, more);
    return db.send(command as PutItemCommand);
  };

  test.each(['put', 'update', 'delete'] as const)(
    'leaves the item to a %s, and answers it when asked',
    async (call) => {
      const table = await aTable();
      await put(table, lock('orders', 'you'));
      const failed = await send(call, table, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }).catch(
        (error) => error,
      );
      expect(failed).toMatchObject({ name: 'ConditionalCheckFailedException', Item: lock('orders', 'you') });
      expect(await get(table, key('orders'))).toEqual(lock('orders', 'you'));
    },
  );

  test('answers no item when nobody asked, or there is none', async () => {
    const table = await aTable();
    const asked = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    expect((await send('put', table, asked).catch((error) => error)).Item).toBeUndefined();
    await put(table, lock('orders', 'you'));
    const failed = await send('put', table).catch((error) => error);
    expect(failed).toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(failed.Item).toBeUndefined();
  });

  test('answers the very item that refused it, also while others take it away', async () => {
    const table = await aTable();
    const attempts = Array.from({ length: 20 }, (_, index) => {
      const take = new PutItemCommand({
        TableName: table,
        Item: lock('orders', `owner-${index}`),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const giveBack = new DeleteItemCommand({ TableName: table, Key: key('orders') });
      return [db.send(take), db.send(take), db.send(giveBack)];
    });
    const settled = await Promise.allSettled(attempts.flat());
    const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.filter(({ Item }) => Item?.owner === undefined)).toEqual([]);
  });

  test('lets the call pass once it holds', async () => {
    const table = await aTable();
    await put(table, lock('orders', 'me'));
    await send('delete', table, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(await get(table, key('orders'))).toBeUndefined();
  });
});

describe('batches', () => {
  test('write and read several items', async () => {
    const table = await aTable();
    const requests = ['a', 'b'].map((pk) => ({ PutRequest: { Item: lock(pk, 'me') } }));
    const written = await db.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    expect(written.UnprocessedItems).toEqual({});
    const Keys = ['a', 'b', 'c'].map((pk) => key(pk));
    const { Responses } = await db.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys } } }));
    const owners = Responses?.[table]?.map(({ pk }) => pk?.S).sort();
    expect(owners).toEqual(['a', 'b']);
  });

  test('refuse the same item twice', async () => {
    const table = await aTable();
    const requests = ['me', 'you'].map((owner) => ({ PutRequest: { Item: lock('a', owner) } }));
    const twice = db.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    await expect(twice).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('what IAM is asked', () => {
  test('names the partition key of an item', async () => {
    const table = await aTable();
    await put(table, lock('orders', 'me'));
    expect(lastAsked()).toEqual({
      action: 'dynamodb:PutItem',
      resource: arnOf(table),
      context: { 'dynamodb:LeadingKeys': ['orders'] },
    });
    await get(table, key('sessions'));
    expect(lastAsked()).toMatchObject({
      action: 'dynamodb:GetItem',
      context: { 'dynamodb:LeadingKeys': ['sessions'] },
    });
  });

  test.each([
    ['#p = :p AND begins_with(sk, :s)', { '#p': 'pk' }],
    ['begins_with(sk, :s) AND :p = pk', undefined],
  ])('names the partition key of a query: %s', async (KeyConditionExpression, ExpressionAttributeNames) => {
    const TableName = await aTable();
    const ExpressionAttributeValues = { ':p': { S: 'orders' }, ':s': { S: 'L' } };
    await db.send(
      new QueryCommand({ TableName, KeyConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues }),
    );
    expect(lastAsked()?.context).toEqual({ 'dynamodb:LeadingKeys': ['orders'] });
  });

  test('names each partition key of a batch once', async () => {
    const table = await aTable();
    const Keys = [key('a'), key('a', 'RECORD'), key('b')];
    await db.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys } } }));
    expect(lastAsked()).toEqual({
      action: 'dynamodb:BatchGetItem',
      resource: arnOf(table),
      context: { 'dynamodb:LeadingKeys': ['a', 'b'] },
    });
  });

  test('names the index that is queried, and its own key', async () => {
    const TableName = await aTable({
      AttributeDefinitions: [...KEYS.AttributeDefinitions, { AttributeName: 'cache', AttributeType: 'S' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-cache',
          KeySchema: [{ AttributeName: 'cache', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    });
    const question = { KeyConditionExpression: 'cache = :c', ExpressionAttributeValues: { ':c': { S: 'orders' } } };
    await db.send(new QueryCommand({ TableName, IndexName: 'by-cache', ...question }));
    expect(lastAsked()).toEqual({
      action: 'dynamodb:Query',
      resource: `${arnOf(TableName)}/index/by-cache`,
      context: { 'dynamodb:LeadingKeys': ['orders'] },
    });
  });

  test('names no key in a scan, so that a policy that asks for one refuses it', async () => {
    const TableName = await aTable();
    await db.send(new ScanCommand({ TableName }));
    expect(lastAsked()).toEqual({ action: 'dynamodb:Scan', resource: arnOf(TableName) });
  });

  test('has a second action where a table is made with tags', async () => {
    const before = world.asked.length;
    await aTable({ Tags: [{ Key: 'team', Value: 'caches' }] });
    const actions = world.asked.slice(before).map(({ permission }) => permission.action);
    expect(actions.slice(0, 2)).toEqual(['dynamodb:CreateTable', 'dynamodb:TagResource']);
  });
});

describe('a table', () => {
  test('is described by its own account and Region', async () => {
    const TableName = await aTable({ SSESpecification: { Enabled: true } });
    const { Table } = await db.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableArn: arnOf(TableName),
      TableStatus: 'ACTIVE',
      DeletionProtectionEnabled: false,
      SSEDescription: { Status: 'ENABLED' },
    });
  });

  test('is in one Region only', async () => {
    const TableName = await aTable();
    const elsewhere = world.operatorClient(DynamoDBClient, 'eu-west-1');
    const describeTable = elsewhere.send(new DescribeTableCommand({ TableName }));
    await expect(describeTable).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('that is protected cannot be deleted, until it is not', async () => {
    const TableName = await aTable({ DeletionProtectionEnabled: true });
    await expect(db.send(new DeleteTableCommand({ TableName }))).rejects.toMatchObject({ name: 'ValidationException' });
    await db.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
    await db.send(new DeleteTableCommand({ TableName }));
    await expect(db.send(new DescribeTimeToLiveCommand({ TableName }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('tells since when it can be brought back', async () => {
    const TableName = await aTable();
    const describeBackups = async () =>
      (await db.send(new DescribeContinuousBackupsCommand({ TableName }))).ContinuousBackupsDescription;
    expect(await describeBackups()).toMatchObject({
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
    });
    const before = world.clock.now();
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 };
    await db.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }));
    const { PointInTimeRecoveryDescription: recovery } = (await describeBackups()) ?? {};
    expect(recovery).toMatchObject({ PointInTimeRecoveryStatus: 'ENABLED', RecoveryPeriodInDays: 7 });
    expect(recovery?.EarliestRestorableDateTime?.getTime()).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
  });

  test('keeps tags, up to fifty', async () => {
    const name = await aTable({ Tags: [{ Key: 'team', Value: 'caches' }] });
    const ResourceArn = arnOf(name);
    const tags = async () => (await db.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags;
    await db.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'stage', Value: 'test' }] }));
    await db.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['team'] }));
    expect(await tags()).toEqual([{ Key: 'stage', Value: 'test' }]);
    const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `tag-${index}`, Value: '' }));
    const tooMany = db.send(new TagResourceCommand({ ResourceArn, Tags }));
    await expect(tooMany).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await tags()).toHaveLength(1);
  });
});

describe('time to live', () => {
  const expire = (TableName: string, Enabled = true, AttributeName = 'expiresAt', client = db) =>
    client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled } }));

  test('takes expired items away two days late, and no others', async () => {
    // A service's day is under a second here.
    const fast = await aWorld({ services: [createDynamoDb], speed: 100_000 });
    try {
      const client = fast.operatorClient(DynamoDBClient);
      const TableName = await aTable({}, client);
      await expire(TableName, true, 'expiresAt', client);
      const seconds = (days: number) => String(Math.floor(fast.clock.now() / 1000) + days * 86_400);
      const soon = seconds(0);
      const items = {
        soon: { N: soon },
        later: { N: seconds(365) },
        text: { S: seconds(-30) },
        // DynamoDB guide, time to live: nothing that expired more than five years ago.
        ancient: { N: seconds(-6 * 365) },
      };
      for (const [pk, expiresAt] of Object.entries(items)) {
        await client.send(new PutItemCommand({ TableName, Item: { ...key(pk), expiresAt } }));
      }
      await eventually(
        () => get(TableName, key('soon'), client),
        (item) => item === undefined,
      );
      expect(fast.clock.now()).toBeGreaterThan((Number(soon) + 2 * 86_400) * 1000);
      const { Items = [] } = await client.send(new ScanCommand({ TableName }));
      expect(Items.map(({ pk }) => pk?.S).sort()).toEqual(['ancient', 'later', 'text']);
    } finally {
      await fast.close();
    }
  });

  test('can be changed once an hour, for one attribute', async () => {
    const TableName = await aTable();
    const refused = { name: 'ValidationException' };
    await expect(expire(TableName, false)).rejects.toMatchObject(refused);
    await expire(TableName);
    await expect(expire(TableName)).rejects.toMatchObject({ message: 'TimeToLive is already enabled' });
    await expect(expire(TableName, true, 'until')).rejects.toMatchObject({
      message: expect.stringContaining('different AttributeName'),
    });
    await expect(expire(TableName, false)).rejects.toMatchObject({
      message: expect.stringContaining('modified multiple times'),
    });
    const { TimeToLiveDescription } = await db.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
  });
});

describe('DynamoDB refuses', () => {
  const nobody = 'nobody';
  test.each([
    ['a table that there is already', async () => aTable({ TableName: await aTable() }), 'ResourceInUseException'],
    ['to describe a table that there is not', () => get(nobody, key('a')), 'ResourceNotFoundException'],
    ['to write into a table that there is not', () => put(nobody, lock('a', 'me')), 'ResourceNotFoundException'],
    [
      'an item without its key',
      async () => db.send(new PutItemCommand({ TableName: await aTable(), Item: { pk: { S: 'a' } } })),
      'ValidationException',
    ],
    [
      'thirty-six days of recovery',
      async () =>
        db.send(
          new UpdateContinuousBackupsCommand({
            TableName: await aTable(),
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 36 },
          }),
        ),
      'ValidationException',
    ],
    ['streams', () => aTable({ StreamSpecification: { StreamEnabled: false } }), 'ValidationException'],
    [
      'replicas',
      async () =>
        db.send(
          new UpdateTableCommand({
            TableName: await aTable(),
            ReplicaUpdates: [{ Create: { RegionName: 'eu-west-1' } }],
          }),
        ),
      'ValidationException',
    ],
    [
      'by name what it does not emulate',
      () => db.send(new TransactWriteItemsCommand({ TransactItems: [] })),
      'NotImplemented',
    ],
  ])('%s', async (_what, attempt, name) => {
    await expect(attempt()).rejects.toMatchObject({ name });
  });
});

describe('a table of a template', () => {
  const properties = { TableName: 'ledger', BillingMode: 'PAY_PER_REQUEST', ...KEYS };
  const replica = (Region: string) => ({
    Region,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });

  test('is made with its expiry and recovery', async () => {
    const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: true };
    const Replicas = [replica('us-east-1')];
    const made = await build(service, 'AWS::DynamoDB::GlobalTable', {
      ...properties,
      TimeToLiveSpecification,
      Replicas,
    });
    expect(made).toMatchObject({ ref: 'ledger', attributes: { Arn: arnOf('ledger') } });
    const TableName = 'ledger';
    const { TimeToLiveDescription } = await db.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toMatchObject({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
    const { ContinuousBackupsDescription } = await db.send(new DescribeContinuousBackupsCommand({ TableName }));
    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toMatchObject({ RecoveryPeriodInDays: 35 });
  });

  test.each([
    ['AWS::DynamoDB::Table', { StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }, 'StreamSpecification'],
    ['AWS::DynamoDB::Table', { BillingMode: 'PROVISIONED' }, 'PAY_PER_REQUEST'],
    ['AWS::DynamoDB::Table', { TimeToLiveSpecification: { Enabled: true } }, 'name the attribute'],
    ['AWS::DynamoDB::GlobalTable', { Replicas: [replica('eu-west-1')] }, 'eu-west-1'],
    ['AWS::DynamoDB::GlobalTable', { Replicas: [replica('us-east-1'), replica('eu-west-1')] }, 'exactly one replica'],
  ])('%s is refused with %j', async (type, more, word) => {
    await expect(build(service, type, { ...properties, ...more })).rejects.toThrow(word);
  });
});
