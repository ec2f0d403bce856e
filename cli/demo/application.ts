import { readFileSync } from 'node:fs';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Cluster, Redis } from 'ioredis';
import { tokenSecretName } from '../../functions/platform/names.ts';
import type { CacheStatus } from '../caches.ts';

/** What an application saw of a cache through its endpoints. */
export interface Seen {
  /** Keys that were written and read back with the same value. */
  readonly keys: number;
  readonly endpoints: readonly string[];
  /** Primary of each shard, as `host:port`, told by the engine itself. */
  readonly primaries: ReadonlySet<string>;
}

/** Enough keys that each of a handful of shards gets some. */
const KEYS = 60;
/** An application that hears nothing for so long gives up. */
const PATIENCE_MS = 10_000;

export const hostAndPort = (endpoint: string) => {
  const [host = '', port] = endpoint.split(':');
  return { host, port: Number(port) };
};

const readToken = async (cacheId: string, region: string): Promise<string> => {
  const client = new SecretsManagerClient({ region });
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId: tokenSecretName(cacheId) }));
  const { authToken } = JSON.parse(SecretString) as { authToken?: string };
  if (!authToken) throw new Error(`The secret of ${cacheId} holds no token`);
  return authToken;
};

const within = async <T>(work: Promise<T>, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/**
 * Uses a cache as an application does: token from the secret, TLS, AUTH, a write and a read of many keys through each
 * endpoint.
 */
export const useCache = async (cache: CacheStatus, region: string, authorityFile: string): Promise<Seen> => {
  const password = cache.authRequired ? await readToken(cache.id, region) : undefined;
  const common = {
    ...(password ? { password } : {}),
    ...(cache.tls ? { tls: { ca: readFileSync(authorityFile) } } : {}),
    connectTimeout: 2000,
    maxRetriesPerRequest: 2,
  };
  return cache.clusterMode
    ? within(useCluster(cache, common), `Using ${cache.id}`)
    : within(usePair(cache, common), `Using ${cache.id}`);
};

type Common = { readonly password?: string; readonly tls?: { readonly ca: Buffer } };

const keyOf = (index: number) => `demo:${index}`;
const indices = Array.from({ length: KEYS }, (_, index) => index);

const useCluster = async ({ endpoints }: CacheStatus, common: Common): Promise<Seen> => {
  const endpoint = endpoints.configuration ?? '';
  const client = new Cluster([hostAndPort(endpoint)], {
    redisOptions: common,
    dnsLookup: (address, callback) => callback(null, address),
  });
  try {
    await Promise.all(indices.map((index) => client.set(keyOf(index), `value ${index}`)));
    const read = await Promise.all(indices.map((index) => client.get(keyOf(index))));
    const primaries = client.nodes('master').map(({ options: { host, port } }) => `${host}:${port}`);
    const keys = read.filter((value, index) => value === `value ${index}`).length;
    return { keys, endpoints: [endpoint], primaries: new Set(primaries) };
  } finally {
    client.disconnect();
  }
};

const usePair = async ({ endpoints, shards }: CacheStatus, common: Common): Promise<Seen> => {
  const writer = new Redis({ ...hostAndPort(endpoints.primary ?? ''), ...common });
  const reader = new Redis({ ...hostAndPort(endpoints.reader ?? endpoints.primary ?? ''), ...common });
  try {
    await Promise.all(indices.map((index) => writer.set(keyOf(index), `value ${index}`)));
    // Replication is asynchronous: the application waits until a replica has confirmed before it reads there.
    await writer.wait(Math.max(0, (shards[0]?.nodes.length ?? 1) - 1), 1000);
    const read = await Promise.all(indices.map((index) => reader.get(keyOf(index))));
    const keys = read.filter((value, index) => value === `value ${index}`).length;
    const primary = shards[0]?.nodes.find(({ role }) => role === 'primary')?.address;
    const used = [endpoints.primary, endpoints.reader].filter((endpoint) => endpoint !== undefined);
    return { keys, endpoints: used, primaries: new Set(primary ? [primary] : []) };
  } finally {
    writer.disconnect();
    reader.disconnect();
  }
};
