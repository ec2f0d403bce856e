import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

/** The tables of one Region, kept by dynalite in memory, on a free port of the loopback. */
export interface Store {
  readonly client: DynamoDBClient;
  close(): Promise<void>;
}

export const startStore = async (region: string): Promise<Store> => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'store', secretAccessKey: 'store' };
  // One attempt: whoever calls has its own retries.
  const client = new DynamoDBClient({ region, endpoint: `http://127.0.0.1:${port}`, credentials, maxAttempts: 1 });
  const close = async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { client, close };
};
