import { setTimeout as sleep } from 'node:timers/promises';
import { parseClusterNodes, rolesOnline } from './cluster-view.ts';
import type { Node } from './node.ts';
import { NODE_TIMEOUT_MS } from './node-config.ts';
import { parseInfo } from './replies.ts';
import { SLOT_COUNT, type SlotRange } from './slot-table.ts';

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

/** Resolves when a replica has all data of its primary and gets every change from then on, as both of them see it. */
export const settleReplica = async (primary: Node, replica: Node, signal: AbortSignal): Promise<void> => {
  const isInStep: Question = async (node) => {
    const { role, master_link_status: link } = await infoOf(node, 'INFO', 'replication');
    return role === 'slave' && link === 'up' ? undefined : 'it is not in step with its primary yet';
  };
  const counts = new RegExp(`\\bport=${replica.port},state=online\\b`);
  const hasIt: Question = async (node) => {
    const replicas = Object.entries(await infoOf(node, 'INFO', 'replication')).filter(([key]) =>
      /^slave\d+$/.test(key),
    );
    return replicas.some(([, value]) => counts.test(value)) ? undefined : `it does not count ${replica.id} as online`;
  };
  await Promise.all([until([replica], isInStep, signal), until([primary], hasIt, signal)]);
};

const roleOf = async (node: Node): Promise<'master' | 'replica'> =>
  (await infoOf(node, 'INFO', 'replication')).role === 'master' ? 'master' : 'replica';

/**
 * Resolves when every one of these nodes calls the cluster whole and shows all the others as fit to serve. (A replica is
 * left out by CLUSTER SLOTS until news of its replication offset has come around; a client that reads the topology too
 * early would never use it.) Then the newcomers, who asked often while they were new, go over to everyday settings.
 */
export const settleCluster = async (
  nodes: readonly Node[],
  signal: AbortSignal,
  newcomers: readonly Node[] = nodes,
): Promise<void> => {
  const isWhole: Question = async (node) => {
    const { cluster_state: state, cluster_slots_ok: slots } = await infoOf(node, 'CLUSTER', 'INFO');
    const whole = state === 'ok' && Number(slots) === SLOT_COUNT;
    return whole ? undefined : `it calls the cluster ${state}, with ${slots} slots`;
  };
  await until(nodes, isWhole, signal);
  await until(newcomers, followsItsPrimary, signal);
  // A newcomer counts as a primary until news has come around whom it follows.
  const roles = await Promise.all(nodes.map(async (node) => ({ node, role: await roleOf(node) })));
  const seesAll: Question = async (node) => {
    const online = rolesOnline(await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'SHARDS'));
    const unseen = roles
      .filter(({ node: { name }, role }) => !online.has(`${name} ${role}`))
      .map((each) => each.node.id);
    return unseen.length === 0 ? undefined : `it does not see ${unseen.join(', ')}`;
  };
  await until(nodes, seesAll, signal);
  const settings = ['cluster-node-timeout', String(NODE_TIMEOUT_MS), 'cluster-replica-no-failover', 'no'];
  await Promise.all(newcomers.map((node) => node.call(CALL_DEADLINE_MS, 'CONFIG', 'SET', ...settings)));
};

/** Resolves when all of these nodes agree which node owns which slots. @param owners slots by the engine's node name */
export const settleSlots = async (
  nodes: readonly Node[],
  owners: ReadonlyMap<string, readonly SlotRange[]>,
  signal: AbortSignal,
): Promise<void> => {
  const agrees: Question = async (node) => {
    const seen = parseClusterNodes(await node.call(CALL_DEADLINE_MS, 'CLUSTER', 'NODES'));
    const slotsOf = new Map(seen.map(({ name, slots }) => [name, slots]));
    const differing = [...owners].filter(
      ([name, slots]) => JSON.stringify(slotsOf.get(name)) !== JSON.stringify(slots),
    );
    return differing.length === 0 ? undefined : `it sees other slots at ${differing.length} nodes`;
  };
  await until(nodes, agrees, signal);
};
