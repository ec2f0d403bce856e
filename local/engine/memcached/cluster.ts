import { answerOf, asksForConfiguration, type Configuration } from './discovery.ts';
import { type Front, openFront } from './front.ts';
import type { MemcachedNode } from './node.ts';
import type { MemcachedSettings, MemcachedShape, RunningMemcached } from './types.ts';

export interface ClusterParts {
  readonly shape: MemcachedShape;
  readonly startNode: (nodeId: string, settings: MemcachedSettings) => Promise<MemcachedNode>;
  readonly signal: AbortSignal;
  /** Called once, when all is ended. */
  readonly stopped: () => void;
}

interface Member {
  readonly id: string;
  readonly front: Front;
  node: MemcachedNode;
  configurationGets: number;
}

/** Starts the nodes of a cluster, each behind an address that stays, and an endpoint that tells of all. */
export const runCluster = async (parts: ClusterParts): Promise<RunningMemcached> => {
  const { shape, startNode, signal } = parts;
  let members: readonly Member[] = [];
  let version = 0;
  let turn = 0;
  let stopping: Promise<void> | undefined;

  const configuration = (): Configuration => ({ version, nodes: members.map(({ front }) => front.address) });
  const publish = (next: readonly Member[]) => {
    members = [...next].sort((left, right) => (left.id < right.id ? -1 : 1));
    version += 1;
  };
  const memberOf = (nodeId: string): Member => {
    const member = members.find(({ id }) => id === nodeId);
    if (member) return member;
    throw new Error(`Cluster ${shape.id} has no node ${nodeId}; it has ${members.map(({ id }) => id).join(', ')}.`);
  };

  const open = async (id: string, settings: MemcachedSettings): Promise<Member> => {
    const node = await startNode(id, settings);
    const front = await openFront({
      port: () => (member.node.process.isRunning() ? member.node.port : undefined),
      answerTo(line) {
        if (asksForConfiguration(line)) member.configurationGets += 1;
        return answerOf(line, configuration());
      },
    });
    const member: Member = { id, front, node, configurationGets: 0 };
    return member;
  };
  const end = async ({ front, node }: Member) => {
    await front.close();
    await node.process.kill();
  };

  /** Starts all at once. When one fails, none is left. */
  const openAll = async (ids: readonly string[], settings: MemcachedSettings): Promise<readonly Member[]> => {
    const outcomes = await Promise.allSettled(ids.map((id) => open(id, settings)));
    const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failed && !signal.aborted) return opened;
    await Promise.all(opened.map(end));
    signal.throwIfAborted();
    throw failed?.reason;
  };

  publish(await openAll(shape.nodeIds, shape.settings));
  // As the DNS name on AWS, the endpoint leads to any node that lives.
  const endpoint = await openFront({
    port() {
      const living = members.filter(({ node }) => node.process.isRunning());
      turn += 1;
      return living[turn % Math.max(1, living.length)]?.node.port;
    },
    answerTo: (line) => answerOf(line, configuration()),
  }).catch(async (error: unknown) => {
    await Promise.all(members.map(end));
    throw error;
  });

  return {
    configurationEndpoint: endpoint.address,
    get nodeIds() {
      return members.map(({ id }) => id);
    },
    nodeAddress: (nodeId) => memberOf(nodeId).front.address,
    async add(nodeIds, settings) {
      const known = nodeIds.find((id) => members.some((member) => member.id === id));
      if (known) throw new Error(`Cluster ${shape.id} has a node ${known} already.`);
      publish([...members, ...(await openAll(nodeIds, settings))]);
    },
    async remove(nodeIds) {
      const leaving = nodeIds.map(memberOf);
      publish(members.filter((member) => !leaving.includes(member)));
      await Promise.all(leaving.map(end));
    },
    async restart(nodeId, settings) {
      const member = memberOf(nodeId);
      await member.node.process.kill();
      member.front.cut();
      member.node = await startNode(nodeId, settings);
    },
    stats: (nodeId) => memberOf(nodeId).node.stats(),
    configurationGets: (nodeId) => memberOf(nodeId).configurationGets,
    stop() {
      stopping ??= (async () => {
        await endpoint.close();
        await Promise.all(members.map(end));
        parts.stopped();
      })();
      return stopping;
    },
  };
};
