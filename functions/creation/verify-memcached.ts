import type { Caches, Endpoint } from '../platform/caches.ts';
import { EngineRefused, Unreachable } from '../platform/engine-client.ts';
import type { ConnectMemcached, MemcachedConnection } from '../platform/memcached-client.ts';
import { NotReady, VerificationFailed } from '../platform/operator-actions.ts';
import { reachable } from '../platform/reachable.ts';
import type { Evidence, Expectation } from './schemas.ts';

interface Tools {
  readonly caches: Caches;
  readonly connectMemcached: ConnectMemcached;
  readonly now: () => string;
}

/** The test key of each node goes away by itself. */
const KEY_SECONDS = 60;

/**
 * Looks at a real cache of Memcached as its clients do: asks the configuration endpoint for the nodes, sees that without TLS
 * nothing answers there, and writes and reads a key on each node.
 *
 * @throws NotReady when waiting may help, VerificationFailed when it will not: a client without TLS gets in, a node takes no
 * key or gives back another value
 */
export const verifyMemcached = async (
  {
    operationId,
    cacheId,
    expect,
  }: { readonly operationId: string; readonly cacheId: string; readonly expect: Expectation },
  { caches, connectMemcached, now }: Tools,
): Promise<Evidence> => {
  const { tls, plaintextAllowed, memcachedNodes: wanted } = expect;
  const cache = await caches.find(cacheId);
  if (cache?.status !== 'available') throw new NotReady(`${cacheId} is ${cache?.status ?? 'not known yet'}.`);
  const endpoint = cache.endpoints.configuration;
  if (!endpoint) throw new NotReady(`${cacheId} has no configuration endpoint yet.`);
  const reach = async <T>(to: Endpoint, work: (connection: MemcachedConnection) => Promise<T>): Promise<T> =>
    reachable(cacheId, async () => {
      const connection = await connectMemcached({ ...to, tls });
      return work(connection).finally(() => connection.close());
    });

  const nodes = await reach(endpoint, (configuration) => configuration.nodes());
  if (nodes.length !== wanted)
    throw new NotReady(`${cacheId} tells its clients of ${nodes.length} of ${wanted} nodes.`);
  if (tls && !plaintextAllowed) await mustNotAnswer(cacheId, endpoint, connectMemcached);

  const shards: Evidence['shards'] = [];
  for (const [index, node] of nodes.entries()) {
    const primary = `${node.host}:${node.port}`;
    await reach(node, async (connection) => {
      const key = `autopilot:verify:${operationId}`;
      await connection.set(key, operationId, KEY_SECONDS);
      if ((await connection.get(key)) === operationId) return;
      throw new VerificationFailed(`${primary} of ${cacheId} gave back another value than was written.`);
    });
    shards.push({ id: String(index + 1).padStart(4, '0'), primary, replicas: 0, wroteAndRead: true });
  }
  return { shards, tls, ...(plaintextAllowed ? { plaintextAllowed } : {}), authRequired: false, checkedAt: now() };
};

/** TLS is required only if a client without it gets nowhere. */
const mustNotAnswer = async (cacheId: string, endpoint: Endpoint, connect: ConnectMemcached): Promise<void> => {
  try {
    const connection = await connect({ ...endpoint, tls: false });
    await connection.nodes().finally(() => connection.close());
  } catch (error) {
    if (error instanceof Unreachable) return;
    // A node that refuses a command has spoken, and without TLS.
    if (!(error instanceof EngineRefused)) throw error;
  }
  throw new VerificationFailed(`${cacheId} answers without TLS.`);
};
