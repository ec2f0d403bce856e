import type { Node } from './node.ts';
import { parseInfo } from './replies.ts';
import type { CacheShape } from './types.ts';

const DEADLINE_MS = 1_000;

/** A node's claim to be primary: its configuration epoch with cluster mode, else 0. Undefined: it makes none. */
const claimOf = async (node: Node, clusterMode: boolean): Promise<number | undefined> => {
  const { role } = parseInfo(await node.call(DEADLINE_MS, 'INFO', 'replication'));
  if (role !== 'master') return undefined;
  if (!clusterMode) return 0;
  return Number(parseInfo(await node.call(DEADLINE_MS, 'CLUSTER', 'INFO')).cluster_my_epoch);
};

/** Who is primary of each shard now, asked of the nodes: node id by shard id. A shard may have none at the moment. */
export const findPrimaries = async (
  { shards, clusterMode }: Pick<CacheShape, 'shards' | 'clusterMode'>,
  nodes: ReadonlyMap<string, Node>,
): Promise<ReadonlyMap<string, string>> => {
  const found = await Promise.all(
    shards.map(async (shard) => {
      const running = shard.nodes.flatMap(({ id }) => nodes.get(id) ?? []).filter((node) => node.isRunning());
      // A node that does not answer makes no claim: it may be stopped, or about to end.
      const claims = await Promise.all(running.map((node) => claimOf(node, clusterMode).catch(() => undefined)));
      const highest = Math.max(...claims.map((claim) => claim ?? -1));
      const claimants = running.filter((_, index) => claims[index] !== undefined && claims[index] === highest);
      const [primary] = claimants;
      // Two with equal claims are a promotion in the making: then nobody is primary yet.
      return primary && claimants.length === 1 ? [[shard.id, primary.id] as const] : [];
    }),
  );
  return new Map(found.flat());
};
