import type { CacheSeen, Endpoint } from '../platform/caches.ts';
import { NotReady } from '../platform/operator-actions.ts';
import type { Reach } from '../platform/reach.ts';
import { addressOf, type LiveShard, liveShards, type Replication, replicationOf } from '../platform/topology.ts';

export interface NodeAsked extends Replication {
  /** host:port */
  readonly address: string;
}

/** The nodes of one shard, each asked what it is; with cluster mode also what the cluster knows of all its shards. */
export interface ShardAsked {
  readonly nodes: readonly NodeAsked[];
  readonly cluster?: readonly LiveShard[];
}

/**
 * Asks every node of a shard by itself: without cluster mode by the nodes' own endpoints, with it by what CLUSTER SLOTS tells.
 *
 * @throws NotReady when the shard, or an endpoint, is not told
 */
export const askShard = async (cache: CacheSeen, shardId: string, reach: Reach): Promise<ShardAsked> => {
  const shard = cache.shards.find(({ id }) => id === shardId);
  const ask = (endpoints: readonly Endpoint[]) =>
    Promise.all(endpoints.map(async (node) => ({ address: addressOf(node), ...(await reach(node, replicationOf)) })));
  if (!cache.clusterMode) {
    const endpoints = (shard?.nodes ?? []).map(({ endpoint }) => endpoint);
    const told = endpoints.filter((endpoint) => endpoint !== undefined);
    if (told.length === 0 || told.length < endpoints.length) {
      throw new NotReady(`ElastiCache does not tell the endpoints of all nodes of ${cache.cacheId} now.`);
    }
    return { nodes: await ask(told) };
  }
  const { configuration } = cache.endpoints;
  if (!configuration) throw new NotReady(`${cache.cacheId} has no configuration endpoint now.`);
  const cluster = await reach(configuration, (connection) => liveShards(connection, configuration));
  const firstSlot = Number(/^\s*(\d+)/.exec(shard?.slots ?? '')?.[1] ?? Number.NaN);
  const live = cluster.find(({ slots }) => slots.some(([first, last]) => first <= firstSlot && firstSlot <= last));
  if (!live) throw new NotReady(`The cluster ${cache.cacheId} does not tell who serves shard ${shardId}.`);
  return { nodes: await ask([live.primary, ...live.replicas]), cluster };
};

/** The one primary among the nodes. @throws NotReady when there is none, or more than one */
export const primaryAmong = ({ nodes }: ShardAsked, what: string): NodeAsked => {
  const [primary, ...others] = nodes.filter(({ role }) => role === 'master');
  if (primary && others.length === 0) return primary;
  throw new NotReady(`${what} has ${primary ? others.length + 1 : 'no'} primaries.`);
};
