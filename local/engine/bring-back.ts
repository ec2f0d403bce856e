import { introduce } from './add-nodes.ts';
import { applyUsers } from './apply-users.ts';
import type { MemberStarter, NodeSettings } from './member-starter.ts';
import type { Node } from './node.ts';
import { settleCluster, settleReplica } from './settle.ts';
import type { Transit } from './transit.ts';
import type { EngineUser } from './types.ts';

/** A node whose host was replaced, and the cache that it comes back to. */
export interface Comeback {
  readonly clusterMode: boolean;
  readonly starter: MemberStarter;
  readonly transit: Transit;
  readonly settings: NodeSettings;
  readonly users: readonly EngineUser[];
  /** What is left of the node: its place. */
  readonly old: Node;
  /** Whom it follows from now on. */
  readonly primary: Node;
  /** The cache's nodes that run. */
  readonly others: readonly Node[];
  /** It cannot log in to its primary: it runs, and never gets any data. */
  readonly cannotFollow: boolean;
  readonly signal: AbortSignal;
}

const CALL_DEADLINE_MS = 5_000;

/**
 * Starts an ended node anew, on its port and under its name in the cluster, with nothing of its former data, as a
 * replica. Resolves when it is in step, unless it cannot be.
 *
 * @throws Error when it does not come back; then its process has ended
 */
export const bringBack = async (comeback: Comeback): Promise<Node> => {
  const { clusterMode, starter, transit, settings, users, old, primary, others, cannotFollow, signal } = comeback;
  const place = { id: old.id, name: old.name, port: old.port };
  starter.empty(place);
  const [node] = await starter.start([
    {
      place,
      settings,
      cannotFollow,
      // It comes alone and learns from the others what the cluster is like now: an account written down here would
      // have to get every configuration epoch right.
      ...(clusterMode ? { shards: [{ slots: [], members: [place] }] } : { primaryPort: primary.port }),
    },
  ]);
  if (!node) throw new Error(`Node ${old.id} was not started.`);
  try {
    await applyUsers([node], users);
    if (clusterMode) {
      await introduce([node], [...others, node], signal);
      await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'REPLICATE', primary.name);
    }
    if (!cannotFollow) {
      await settleReplica(primary, node, signal);
      if (clusterMode) await settleCluster([...others, node], signal, [node]);
    }
    await transit.include([node]);
  } catch (error) {
    await node.kill();
    throw error;
  }
  return node;
};
