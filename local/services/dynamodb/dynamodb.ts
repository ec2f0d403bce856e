import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { z } from 'zod';
import { type Call, type Operation, type Permission, type Service, ServiceError, type World } from '../../service.ts';
import { readTable } from './table.ts';

type Command = new (input: never) => { readonly input: object };
type Input = { readonly TableName?: string; readonly IndexName?: string } & Readonly<Record<string, unknown>>;

/** Operations that dynalite carries out itself. Everything else is answered 501 by name. */
const CARRIED_OUT = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
  'UpdateTable',
] as const;

/** Operations whose condition can fail, so that the item as it was may have to be answered. */
const CONDITIONAL: readonly string[] = ['PutItem', 'UpdateItem', 'DeleteItem'];

/** DynamoDB by dynalite, one store for each Region. */
export const createDynamoDb = (world: World): Service => {
  const stores = new Map<string, Promise<{ client: DynamoDBClient; close: () => Promise<void> }>>();
  const protectedTables = new Set<string>();
  /** One writer at a time for each table: the condition and the item that is answered for it belong together. */
  const turns = new Map<string, Promise<unknown>>();

  const storeOf = (region: string) => {
    const known = stores.get(region);
    if (known) return known;
    const starting = startStore(region);
    stores.set(region, starting);
    return starting;
  };

  const inTurn = async <T>(table: string, work: () => Promise<T>): Promise<T> => {
    const before = turns.get(table) ?? Promise.resolve();
    const mine = before.then(work, work);
    turns.set(
      table,
      mine.catch(() => {}),
    );
    return mine;
  };

  const send = async (name: string, input: Input, region: string): Promise<object> => {
    const { client } = await storeOf(region);
    const Command = (sdk as unknown as Record<string, Command>)[`${name}Command`];
    if (!Command) throw new Error(`The SDK has no ${name}Command`);
    const { ReturnValuesOnConditionCheckFailure: _, ...known } = input;
    try {
      return await client.send(new Command(known as never) as never);
    } catch (error) {
      if (!(error instanceof DynamoDBServiceException)) throw error;
      const { name: code, message, $metadata } = error;
      throw new ServiceError(
        code,
        message,
        $metadata.httpStatusCode ?? 400,
        await itemAsItWas(name, input, region, error),
      );
    }
  };

  /** dynalite does not know ReturnValuesOnConditionCheckFailure: within the table's turn the item is still as it was. */
  const itemAsItWas = async (name: string, input: Input, region: string, error: DynamoDBServiceException) => {
    const asked = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
    if (error.name !== 'ConditionalCheckFailedException' || !asked || name === 'PutItem') return {};
    const { TableName, Key } = input as unknown as UpdateItemCommandInput;
    const { client } = await storeOf(region);
    const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    return Item ? { Item } : {};
  };

  const arnOf = (region: string, table: string) => `arn:aws:dynamodb:${region}:${world.accountId}:table/${table}`;
  const permissions =
    (name: string) =>
    (input: Input, { region }: Call): Permission[] => {
      const action = `dynamodb:${name}`;
      const items = input.RequestItems;
      if (items && typeof items === 'object') {
        return Object.keys(items).map((table) => ({ action, resource: arnOf(region, table) }));
      }
      if (!input.TableName) return [{ action, resource: '*' }];
      const index = input.IndexName ? `/index/${input.IndexName}` : '';
      const leading = leadingKeyOf(input);
      return [
        {
          action,
          resource: arnOf(region, input.TableName) + index,
          ...(leading ? { context: { 'dynamodb:LeadingKeys': [leading] } } : {}),
        },
      ];
    };

  const carryOut = (name: string): Operation<Input, object> => ({
    permissions: permissions(name),
    async handle(input, { region }) {
      if (name === 'DeleteTable' && protectedTables.has(`${region} ${input.TableName}`)) {
        const message = `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`;
        throw new ServiceError('ValidationException', message);
      }
      if (!CONDITIONAL.includes(name)) return send(name, input, region);
      return inTurn(`${region} ${input.TableName}`, () => send(name, input, region));
    },
  });

  return {
    name: 'dynamodb',
    api: {
      signingName: 'dynamodb',
      iamPrefix: 'dynamodb',
      sdk,
      Client: DynamoDBClient,
      operations: Object.fromEntries(CARRIED_OUT.map((name) => [name, carryOut(name)])),
    },
    resources: {
      'AWS::DynamoDB::Table': {
        async create(resource) {
          const table = readTable(resource);
          const { client } = await storeOf(resource.region);
          await client.send(new CreateTableCommand(table.input as CreateTableCommandInput));
          const name = table.input.TableName;
          if (table.deletionProtection) protectedTables.add(`${resource.region} ${name}`);
          return { ref: name, attributes: { Arn: arnOf(resource.region, name) } };
        },
      },
    },
    async stop() {
      for (const store of stores.values()) await (await store).close();
    },
  };
};

const StringKey = z.looseObject({ pk: z.looseObject({ S: z.string() }) });

/** The partition key of a call on one item, where it is a string called `pk`. */
const leadingKeyOf = ({ Key, Item }: Input): string | undefined => {
  const parsed = StringKey.safeParse(Key ?? Item);
  return parsed.success ? parsed.data.pk.S : undefined;
};

const startStore = async (region: string) => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'store', secretAccessKey: 'store' };
  const client = new DynamoDBClient({ region, endpoint: `http://127.0.0.1:${port}`, credentials, maxAttempts: 1 });
  const close = async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { client, close };
};
