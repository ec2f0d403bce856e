import type { Caches } from '../platform/caches.ts';
import { Unreachable } from '../platform/engine-client.ts';
import type { ConnectMemcached } from '../platform/memcached-client.ts';
import { NotReady, VerificationFailed } from '../platform/operator-actions.ts';
import type { Evidence, Expectation } from './schemas.ts';

interface Tools {
  readonly caches: Caches;
  readonly connectMemcached: ConnectMemcached;
  readonly now: () => string;
}

/** The test key of each node goes away by itself. */
const KEY_SECONDS = 60;

/**
 * Looks at a real cache of Memcached as its clients do: asks the configuration endpoint for the nodes, and writes and reads a
 * key on each of them.
 *
 * @throws NotReady when waiting may help, VerificationFailed when a node gives back another value
 */
export const verifyMemcached = async (
  {
    operationId,
    cacheId,
    expect,
  }: { readonly operationId: string; readonly cacheId: string; readonly expect: Expectation },
  { caches, connectMemcached, now }: Tools,
): Promise<Evidence> => {
  const { tls, memcachedNodes: wanted } = expect;
  const cache = await caches.find(cacheId);
  if (cache?.status !== 'available') throw new NotReady(`${cacheId} is ${cache?.status ?? 'not known yet'}.`);
  const endpoint = cache.endpoints.configuration;
  if (!endpoint) throw new NotReady(`${cacheId} has no configuration endpoint yet.`);
  try {
    const configuration = await connectMemcached({ ...endpoint, tls });
    const nodes = await configuration.nodes().finally(() => configuration.close());
    if (nodes.length !== wanted)
      throw new NotReady(`${cacheId} tells its clients of ${nodes.length} of ${wanted} nodes.`);
    const shards: Evidence['shards'] = [];
    for (const [index, node] of nodes.entries()) {
      const connection = await connectMemcached({ ...node, tls });
      try {
        const key = `autopilot:verify:${operationId}`;
        await connection.set(key, operationId, KEY_SECONDS);
        if ((await connection.get(key)) !== operationId) {
          throw new VerificationFailed(
            `${node.host}:${node.port} of ${cacheId} gave back another value than was written.`,
          );
        }
      } finally {
        connection.close();
      }
      const id = String(index + 1).padStart(4, '0');
      shards.push({ id, primary: `${node.host}:${node.port}`, replicas: 0, wroteAndRead: true });
    }
    return { shards, tls, authRequired: false, checkedAt: now() };
  } catch (error) {
    if (error instanceof Unreachable) throw new NotReady(`${cacheId}: ${error.message}`, { cause: error });
    throw error;
  }
};
