import type { CacheSeen, Endpoint } from '../platform/caches.ts';
import type { EngineConnection } from '../platform/engine-client.ts';
import { NotReady } from '../platform/operator-actions.ts';
import { reachable } from '../platform/reachable.ts';
import { addressOf, liveShards } from '../platform/topology.ts';

/**
 * Every node of a cache by its own address: without cluster mode as ElastiCache tells them, with it as the cluster itself does,
 * which speaks to those only whom it lets in.
 *
 * @param comeIn comes to the endpoint with whatever opens it; undefined when nothing does
 * @returns undefined when the cluster lets nobody in who could ask it
 * @throws NotReady when nodes are missing, as during a failover, or an endpoint is not told
 * @throws VerificationFailed when who is let in may not ask for the nodes
 */
export const everyNode = async (
  cache: CacheSeen,
  comeIn: (endpoint: Endpoint) => Promise<EngineConnection | undefined>,
): Promise<readonly Endpoint[] | undefined> => {
  const { cacheId, clusterMode, shards, endpoints } = cache;
  const nodeCount = shards.reduce((sum, shard) => sum + shard.nodeCount, 0);
  if (!clusterMode) {
    const told = shards.flatMap(({ nodes = [] }) => nodes.flatMap(({ endpoint }) => endpoint ?? []));
    return all(told, nodeCount, `ElastiCache tells the endpoints of`, cacheId);
  }
  if (!endpoints.configuration) throw new NotReady(`${cacheId} has no configuration endpoint now.`);
  const { configuration } = endpoints;
  const connection = await comeIn(configuration);
  if (!connection) return undefined;
  try {
    const live = await reachable(cacheId, () => liveShards(connection, configuration));
    const nodes = live.flatMap(({ primary, replicas }) => [primary, ...replicas]);
    return all(nodes, nodeCount, 'The cluster itself knows', cacheId);
  } finally {
    connection.close();
  }
};

/** Each node once; more than ElastiCache tells are tried too. @throws NotReady when there are fewer */
const all = (nodes: readonly Endpoint[], nodeCount: number, whoTells: string, cacheId: string): readonly Endpoint[] => {
  const distinct = [...new Map(nodes.map((node) => [addressOf(node), node])).values()];
  if (nodeCount === 0 || distinct.length < nodeCount) {
    throw new NotReady(
      `${whoTells} ${distinct.length} of ${nodeCount} nodes of ${cacheId} now: a failover or a replacement may be under way.`,
    );
  }
  return distinct;
};
