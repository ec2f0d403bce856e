import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { createCertificates } from '../../../local/engine/certificates.ts';
import { createEngine } from '../../../local/engine/engine.ts';
import { findEngine } from '../../../local/engine/find-engine.ts';
import type { Address, CacheShape, Engine, EngineUser, RunningCache } from '../../../local/engine/types.ts';

export const TOKEN = 'first-token-0123456789';

/** The default user, let in by these tokens. */
export const aDefaultUser = (...tokens: readonly string[]): EngineUser => ({
  name: 'default',
  passwordHashes: tokens.map((token) => createHash('sha256').update(token).digest('hex')),
  open: false,
  access: 'on ~* &* +@all',
});

export const aCluster = (shards: number, replicas: number, changes: Partial<CacheShape> = {}): CacheShape => ({
  id: 'orders',
  clusterMode: true,
  tls: true,
  maxmemoryBytes: 64 * 1024 * 1024,
  parameters: {},
  users: [aDefaultUser(TOKEN)],
  shards: Array.from({ length: shards }, (_, shard) => {
    const id = String(shard + 1).padStart(4, '0');
    return {
      id,
      slots: [[Math.ceil((shard * 16_384) / shards), Math.ceil(((shard + 1) * 16_384) / shards) - 1]],
      nodes: Array.from({ length: replicas + 1 }, (_unused, node) => ({ id: `orders-${id}-00${node + 1}` })),
    };
  }),
  ...changes,
});

export const aPair = (replicas: number, changes: Partial<CacheShape> = {}): CacheShape => ({
  ...aCluster(1, 0),
  id: 'sessions',
  clusterMode: false,
  shards: [
    {
      id: '0001',
      slots: [],
      nodes: Array.from({ length: replicas + 1 }, (_, node) => ({ id: `sessions-00${node + 1}` })),
    },
  ],
  ...changes,
});

export interface EngineFixture {
  readonly engine: Engine;
  readonly folder: string;
  readonly caPem: string;
  end(): Promise<void>;
}

/** An engine in a folder of its own. */
export const anEngine = async (): Promise<EngineFixture> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'engine-'));
  const certificates = await createCertificates(path.join(folder, 'certificates'));
  const engine = createEngine({
    binary: await findEngine(),
    folder: path.join(folder, 'nodes'),
    logFolder: path.join(folder, 'logs'),
    certificates,
  });
  return {
    engine,
    folder,
    caPem: certificates.caPem,
    async end() {
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The address, or a failed test. */
export const known = (address: Address | undefined): Address => {
  if (!address) throw new Error('The cache has no such endpoint.');
  return address;
};

export interface ClientOptions {
  readonly username?: string;
  readonly password?: string;
  readonly caPem?: string | undefined;
}

const redisOptions = ({ caPem, ...credentials }: ClientOptions) => ({
  ...credentials,
  ...(caPem === undefined ? {} : { tls: { ca: caPem } }),
  connectTimeout: 2_000,
  commandTimeout: 2_000,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  lazyConnect: true,
});

/** A customer's client for one address, connected. */
export const connectTo = async (address: Address, options: ClientOptions): Promise<Redis> => {
  const client = new Redis({ ...address, ...redisOptions(options) });
  let reason: Error | undefined;
  client.on('error', (error) => {
    reason = error;
  });
  await client.connect().catch((error: unknown) => {
    throw reason ?? error;
  });
  return client;
};

/** How the server answers somebody's first PING: `PONG`, or the reason of the refusal. */
export const knock = async (address: Address, options: ClientOptions): Promise<string> => {
  try {
    const client = await connectTo(address, options);
    try {
      return await client.ping();
    } finally {
      client.disconnect();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** A customer's cluster client, connected. */
export const connectToCluster = async (address: Address, options: ClientOptions): Promise<Cluster> => {
  const client = new Cluster([address], {
    redisOptions: redisOptions(options),
    dnsLookup: (host, done) => done(null, host),
    lazyConnect: true,
    clusterRetryStrategy: () => null,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
};

/** Process numbers of all nodes of a cache. */
export const processesOf = async (cache: RunningCache): Promise<readonly number[]> => {
  const ids = cache.shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => id));
  return await Promise.all(ids.map(async (id) => Number((await cache.info(id)).process_id)));
};

export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
