import * as sdk from '@aws-sdk/client-dynamodb';
import {
  type CreateTableCommandInput,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  type TableDescription,
  type UpdateTableCommandInput,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { TemplateResource, World } from '../../service.ts';
import { type Call, type Created, type Operation, type Permission, type Service, ServiceError } from '../../service.ts';
import { sweepExpired } from './expiry.ts';
import { batchCalls, leadingKeysOf } from './leading-keys.ts';
import { type Store, startStore } from './store.ts';
import { readGlobalTable, readTable, type TableWanted } from './table.ts';
import { createTableBook, keyNamesOf, type TableFacts } from './table-facts.ts';
import { tableSettings } from './table-settings.ts';
import { createTurns } from './turns.ts';

type Command = new (input: never) => { readonly input: object };
type Input = { readonly TableName?: string; readonly IndexName?: string } & Readonly<Record<string, unknown>>;

/** Operations on items that dynalite carries out. What is neither here nor below is answered 501 by name. */
const READS = ['BatchGetItem', 'GetItem', 'Query', 'Scan'] as const;
const WRITES = ['BatchWriteItem', 'DeleteItem', 'PutItem', 'UpdateItem'] as const;
const TABLE_CALLS = ['CreateTable', 'DeleteTable', 'DescribeTable', 'ListTables', 'UpdateTable'] as const;

/** What dynalite does not know, and is kept in the book instead. */
const KEPT_IN_THE_BOOK = ['DeletionProtectionEnabled', 'SSESpecification', 'Tags'];
/** What would change how a table behaves, and is not emulated. */
const REFUSED = ['StreamSpecification', 'ReplicaUpdates', 'OnDemandThroughput', 'WarmThroughput', 'ResourcePolicy'];

const SWEEP_EVERY_MS = 3_600_000;

/** DynamoDB by dynalite, one store for each Region; beside it a book of what dynalite does not know of a table. */
export const createDynamoDb = (world: World): Service => {
  const stores = new Map<string, Promise<Store>>();
  const book = createTableBook();
  const turns = createTurns();
  let endSweeps = () => {};

  const storeOf = (region: string): Promise<Store> => {
    const known = stores.get(region) ?? startStore(region);
    stores.set(region, known);
    return known;
  };
  const arnOf = (region: string, name: string) => `arn:aws:dynamodb:${region}:${world.accountId}:table/${name}`;

  const send = async (name: string, input: Input, region: string): Promise<Record<string, unknown>> => {
    const { client } = await storeOf(region);
    const Command = (sdk as unknown as Record<string, Command>)[`${name}Command`];
    if (!Command) throw new Error(`The SDK has no ${name}Command`);
    const { ReturnValuesOnConditionCheckFailure: asked, ...known } = input;
    try {
      return (await client.send(new Command(known as never) as never)) as unknown as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof DynamoDBServiceException)) throw error;
      const failed = error.name === 'ConditionalCheckFailedException' && asked === 'ALL_OLD';
      const fields = failed ? await itemAsItWas(client, input, region) : {};
      throw new ServiceError(error.name, error.message, error.$metadata.httpStatusCode ?? 400, fields);
    }
  };

  /** dynalite does not know ReturnValuesOnConditionCheckFailure: within the table's turn the item is still as it was. */
  const itemAsItWas = async (client: DynamoDBClient, input: Input, region: string) => {
    const facts = book.get(region, input.TableName ?? '');
    const held = (input.Key ?? input.Item ?? {}) as Readonly<Record<string, unknown>>;
    const Key = Object.fromEntries(facts.keyNames.map((name) => [name, held[name]])) as never;
    const { Item } = await client.send(new GetItemCommand({ TableName: facts.name, Key, ConsistentRead: true }));
    return Item ? { Item } : {};
  };

  /** One permission for each table that a call touches. */
  const onItems =
    (name: string) =>
    (input: Input, { region }: Call): Permission[] => {
      const action = `dynamodb:${name}`;
      const permission = (table: string, leading: readonly string[]): Permission => ({
        action,
        resource: arnOf(region, table) + (input.IndexName ? `/index/${input.IndexName}` : ''),
        ...(leading.length > 0 ? { context: { 'dynamodb:LeadingKeys': [...new Set(leading)] } } : {}),
      });
      if (name.startsWith('Batch')) {
        return Object.entries(input.RequestItems ?? {}).map(([table, requests]) => {
          const facts = book.find(region, table);
          return permission(
            table,
            batchCalls(requests).flatMap((call) => leadingKeysOf(facts, call)),
          );
        });
      }
      const table = input.TableName ?? '';
      return [permission(table, leadingKeysOf(book.find(region, table), input))];
    };

  const read = (name: string): Operation<Input, object> => ({
    permissions: onItems(name),
    handle: (input, { region }) => send(name, input, region),
  });
  const write = (name: string): Operation<Input, object> => ({
    permissions: onItems(name),
    handle(input, { region }) {
      const tables = Object.keys(input.RequestItems ?? { [input.TableName ?? '']: true });
      return turns.take(
        tables.map((table) => `${region} ${table}`),
        () => send(name, input, region),
      );
    },
  });

  /** dynalite's account and Region are made up; the rest of a description is as it says. */
  const described = (table: TableDescription = {}, region: string, facts: TableFacts | undefined): TableDescription => {
    const arn = arnOf(region, table.TableName ?? '');
    const withArns = <T extends { IndexName?: string | undefined }>(indexes: readonly T[]) =>
      indexes.map((index) => ({ ...index, IndexArn: `${arn}/index/${index.IndexName}` }));
    return {
      ...table,
      TableArn: arn,
      DeletionProtectionEnabled: facts?.deletionProtected ?? false,
      ...(facts?.encrypted ? { SSEDescription: { Status: 'ENABLED', SSEType: 'KMS' } } : {}),
      ...(table.GlobalSecondaryIndexes ? { GlobalSecondaryIndexes: withArns(table.GlobalSecondaryIndexes) } : {}),
      ...(table.LocalSecondaryIndexes ? { LocalSecondaryIndexes: withArns(table.LocalSecondaryIndexes) } : {}),
    };
  };

  const factsFor = (input: CreateTableCommandInput, region: string): TableFacts => {
    const indexes = [...(input.GlobalSecondaryIndexes ?? []), ...(input.LocalSecondaryIndexes ?? [])];
    return {
      name: input.TableName ?? '',
      region,
      arn: arnOf(region, input.TableName ?? ''),
      keyNames: keyNamesOf(input.KeySchema),
      indexKeys: new Map(
        indexes.map(({ IndexName = '', KeySchema }) => [IndexName, keyNamesOf(KeySchema)[0] ?? ''] as const),
      ),
      encrypted: input.SSESpecification?.Enabled ?? false,
      deletionProtected: input.DeletionProtectionEnabled ?? false,
      tags: new Map((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
      expiry: { attribute: undefined, changedAt: Number.NEGATIVE_INFINITY },
      recovery: undefined,
    };
  };

  const forStore = (input: object): Input => {
    for (const name of REFUSED) {
      if (!(name in input)) continue;
      throw new ServiceError('ValidationException', `The local account does not emulate a table's ${name}`);
    }
    return Object.fromEntries(Object.entries(input).filter(([name]) => !KEPT_IN_THE_BOOK.includes(name)));
  };

  const createTable = async (input: CreateTableCommandInput, region: string): Promise<TableDescription> => {
    const answer = await send('CreateTable', forStore(input), region);
    const facts = factsFor(input, region);
    book.add(facts);
    return described(answer.TableDescription as TableDescription, region, facts);
  };

  const updateTable = async (input: UpdateTableCommandInput, region: string): Promise<TableDescription> => {
    const TableName = input.TableName ?? '';
    const facts = book.get(region, TableName);
    const { TableName: _, ...changes } = forStore(input);
    const answer = Object.keys(changes).length > 0 ? await send('UpdateTable', { TableName, ...changes }, region) : {};
    facts.deletionProtected = input.DeletionProtectionEnabled ?? facts.deletionProtected;
    const table = answer.TableDescription ?? (await send('DescribeTable', { TableName }, region)).Table;
    return described(table as TableDescription, region, facts);
  };

  const deleteTable = async (TableName: string, region: string): Promise<TableDescription> => {
    if (book.find(region, TableName)?.deletionProtected) {
      const message = `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`;
      throw new ServiceError('ValidationException', message);
    }
    const answer = await send('DeleteTable', { TableName }, region);
    const facts = book.find(region, TableName);
    book.remove(region, TableName);
    return described(answer.TableDescription as TableDescription, region, facts);
  };

  const tableCall = async (name: (typeof TABLE_CALLS)[number], input: Input, region: string): Promise<object> => {
    const TableName = input.TableName ?? '';
    switch (name) {
      case 'CreateTable':
        return { TableDescription: await createTable(input as never, region) };
      case 'UpdateTable':
        return { TableDescription: await updateTable(input as never, region) };
      case 'DeleteTable':
        return { TableDescription: await deleteTable(TableName, region) };
      case 'DescribeTable': {
        const { Table } = await send(name, input, region);
        return { Table: described(Table as TableDescription, region, book.find(region, TableName)) };
      }
      case 'ListTables':
        return send(name, input, region);
    }
  };
  const onTables = (name: (typeof TABLE_CALLS)[number]): Operation<Input, object> => ({
    permissions(input, { region }) {
      if (name === 'ListTables') return [{ action: 'dynamodb:ListTables', resource: '*' }];
      const resource = arnOf(region, input.TableName ?? '');
      const tagged = name === 'CreateTable' && Array.isArray(input.Tags) && input.Tags.length > 0;
      const actions = [name, ...(tagged ? ['TagResource'] : [])];
      return actions.map((each) => ({ action: `dynamodb:${each}`, resource }));
    },
    handle: (input, { region }) => tableCall(name, input, region),
  });

  const make = async (region: string, { input, expiresBy, recoveryDays }: TableWanted): Promise<Created> => {
    const { TableName } = input;
    const { TableId } = await createTable(input, region);
    const { client } = await storeOf(region);
    await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }, { TableName });
    const facts = book.get(region, TableName);
    const now = world.clock.now();
    if (expiresBy !== undefined) facts.expiry = { attribute: expiresBy, changedAt: now };
    if (recoveryDays !== undefined) facts.recovery = { since: now, days: recoveryDays };
    return { ref: TableName, attributes: { Arn: facts.arn, ...(TableId ? { TableId } : {}) } };
  };

  const sweep = async () => {
    for (const facts of book.all()) {
      if (facts.expiry.attribute === undefined) continue;
      const { client } = await storeOf(facts.region);
      await sweepExpired(client, facts, world.clock.now());
    }
  };
  const sweepAgain = () => {
    endSweeps = world.clock.after(SWEEP_EVERY_MS, () => {
      void sweep()
        .catch((error: unknown) => world.log('dynamodb', `Expired items could not be deleted: ${String(error)}`))
        .then(sweepAgain);
    });
  };

  const each = <N extends string>(names: readonly N[], make: (name: N) => Operation<Input, object>) =>
    Object.fromEntries(names.map((name) => [name, make(name)]));

  return {
    name: 'dynamodb',
    api: {
      signingName: 'dynamodb',
      iamPrefix: 'dynamodb',
      sdk,
      Client: DynamoDBClient,
      operations: {
        ...each(READS, read),
        ...each(WRITES, write),
        ...each(TABLE_CALLS, onTables),
        ...tableSettings(world, book),
      },
    },
    resources: {
      'AWS::DynamoDB::Table': { create: (resource: TemplateResource) => make(resource.region, readTable(resource)) },
      'AWS::DynamoDB::GlobalTable': {
        create: (resource: TemplateResource) => make(resource.region, readGlobalTable(resource)),
      },
    },
    start: sweepAgain,
    async stop() {
      endSweeps();
      for (const store of stores.values()) await (await store).close();
    },
  };
};
