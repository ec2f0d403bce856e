import type { Node } from './node.ts';
import { onEach } from './on-each.ts';
import { parseInfo } from './replies.ts';
import { settleCluster } from './settle.ts';

/** A shard whose primary is about to die. */
export interface FailingShard {
  readonly clusterMode: boolean;
  readonly primary: Node;
  readonly replicas: readonly Node[];
  /** Every node of the cache that runs at the moment. */
  readonly running: () => readonly Node[];
  /** Told as soon as there is a new primary, so that clients can be led there. */
  readonly onPromoted: (node: Node) => void;
  readonly signal: AbortSignal;
}

const DEADLINE_MS = 5_000;

/**
 * Ends a primary at once, waits, and makes the replica with the least lag its successor.
 *
 * @returns the new primary, whom every other node knows as such
 * @throws Error when no replica is fit to be a primary; then the shard has none
 */
export const failOver = async (
  { clusterMode, primary, replicas, running, onPromoted, signal }: FailingShard,
  untilPromotion: (signal: AbortSignal) => Promise<void>,
): Promise<Node> => {
  // Who is promoted, and when, is decided here and not by the nodes.
  if (clusterMode) await letElect(replicas, false);
  await primary.kill();
  try {
    await untilPromotion(signal);
    signal.throwIfAborted();
    const chosen = await leastLagging(replicas);
    if (!chosen) throw new Error(`No replica of ${primary.id} is fit to be the primary in its place.`);
    // Without asking the others: of two primaries one is no majority, so the cluster's own election would never come.
    const command = clusterMode ? ['CLUSTER', 'FAILOVER', 'TAKEOVER'] : ['REPLICAOF', 'NO', 'ONE'];
    await chosen.call(DEADLINE_MS, ...command);
    onPromoted(chosen);
    // In a cluster the other replicas follow by themselves.
    if (clusterMode) await settleCluster(running(), signal, []);
    else await followInstead(replicas, chosen);
    return chosen;
  } finally {
    if (clusterMode && !signal.aborted) await letElect(replicas, true);
  }
};

/** A replica's replication offset, bytes. Undefined: it is no replica, or does not have all that its primary once had. */
const offsetOf = async (node: Node): Promise<number | undefined> => {
  const info = parseInfo(await node.call(DEADLINE_MS, 'INFO', 'replication'));
  const wasInStep = info.master_link_status === 'up' || Number(info.master_link_down_since_seconds) >= 0;
  const isWhole = info.role === 'slave' && info.master_sync_in_progress === '0' && wasInStep;
  return isWhole ? Number(info.slave_repl_offset) : undefined;
};

/** As ElastiCache chooses: the replica that has most of what its primary wrote. */
const leastLagging = async (replicas: readonly Node[]): Promise<Node | undefined> => {
  const offsets = await Promise.all(replicas.map((node) => offsetOf(node).catch(() => undefined)));
  const highest = Math.max(...offsets.map((offset) => offset ?? -1));
  return replicas.find((_, index) => offsets[index] === highest);
};

const followInstead = async (replicas: readonly Node[], primary: Node): Promise<void> =>
  await onEach(
    replicas.filter((node) => node !== primary),
    (node) => node.call(DEADLINE_MS, 'REPLICAOF', '127.0.0.1', String(primary.port)),
  );

/** A replica that does not answer is no candidate either, whatever it was told. */
const letElect = async (replicas: readonly Node[], may: boolean): Promise<void> => {
  const words = ['CONFIG', 'SET', 'cluster-replica-no-failover', may ? 'no' : 'yes'];
  await onEach(replicas, (node) => node.call(DEADLINE_MS, ...words)).catch(() => undefined);
};
