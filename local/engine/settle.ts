import { setTimeout as sleep } from 'node:timers/promises';
import type { Node } from './node.ts';
import { NODE_TIMEOUT_MS } from './node-config.ts';
import { parseInfo, portsInSlots } from './replies.ts';

const SLOTS = 16_384;
const ASK_AGAIN_MS = 15;
const CALL_DEADLINE_MS = 5_000;
/** A cluster forms in about 2 s: its primaries keep still for that long after a start, by the engine's own rule. */
const DEADLINE_MS = 30_000;

/** What still stands in the way, or undefined. */
type Question = (node: Node) => Promise<string | undefined>;

const infoOf = async (node: Node, ...command: readonly string[]) =>
  parseInfo(await node.call(CALL_DEADLINE_MS, ...command));

const until = async (nodes: readonly Node[], question: Question, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + DEADLINE_MS;
  const agree = async (node: Node) => {
    for (;;) {
      signal.throwIfAborted();
      const obstacle = await question(node);
      if (obstacle === undefined) return;
      if (Date.now() > deadline) throw new Error(`Node ${node.id} is not ready after ${DEADLINE_MS} ms: ${obstacle}.`);
      await sleep(ASK_AGAIN_MS);
    }
  };
  await Promise.all(nodes.map(agree));
};

const followsItsPrimary: Question = async (node) => {
  const { role, master_link_status: link } = await infoOf(node, 'INFO', 'replication');
  return role === 'slave' && link !== 'up' ? 'it does not follow its primary yet' : undefined;
};

/** Resolves when the first node has all others as replicas that are online. */
export const settlePair = async (nodes: readonly Node[], signal: AbortSignal): Promise<void> => {
  const [primary, ...replicas] = nodes;
  if (!primary) return;
  const hasItsReplicas: Question = async (node) => {
    const info = await infoOf(node, 'INFO', 'replication');
    const online = Object.entries(info).filter(([key, value]) => /^slave\d+$/.test(key) && /state=online/.test(value));
    return online.length < replicas.length ? `${online.length} of ${replicas.length} replicas are online` : undefined;
  };
  await Promise.all([until([primary], hasItsReplicas, signal), until(replicas, followsItsPrimary, signal)]);
};

/**
 * Resolves when every node of a cluster calls it whole and shows every other node in CLUSTER SLOTS. (A replica is left
 * out there until news of its replication offset has come around; a client that reads the topology too early would
 * never use it.) Then the cluster goes over to its everyday settings.
 */
export const settleCluster = async (nodes: readonly Node[], signal: AbortSignal): Promise<void> => {
  const isWhole: Question = async (node) => {
    const {
      cluster_state: state,
      cluster_slots_ok: slots,
      cluster_known_nodes: known,
    } = await infoOf(node, 'CLUSTER', 'INFO');
    const whole = state === 'ok' && Number(slots) === SLOTS && Number(known) === nodes.length;
    return whole ? undefined : `it calls the cluster ${state}, with ${slots} slots and ${known} nodes`;
  };
  const seesAll: Question = async (node) => {
    const seen = portsInSlots(await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'SLOTS'));
    return seen.size === nodes.length ? undefined : `it sees ${seen.size} of ${nodes.length} nodes`;
  };
  await until(nodes, isWhole, signal);
  await until(nodes, followsItsPrimary, signal);
  await until(nodes, seesAll, signal);
  const settings = ['cluster-node-timeout', String(NODE_TIMEOUT_MS), 'cluster-replica-no-failover', 'no'];
  await Promise.all(nodes.map((node) => node.call(CALL_DEADLINE_MS, 'CONFIG', 'SET', ...settings)));
};
