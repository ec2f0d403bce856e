import { aclRulesOf, isInternal } from './access.ts';
import type { Endpoint } from './endpoint.ts';
import type { Node } from './node.ts';
import { checkParameters } from './node-config.ts';
import { parseInfo } from './replies.ts';
import type { CacheShape, EngineUser, RunningCache } from './types.ts';

const INFO_DEADLINE_MS = 1_000;
const COMMAND_DEADLINE_MS = 60_000;
const CHANGE_DEADLINE_MS = 5_000;

/** Carries a change to all nodes that run. Each gets it, also when another fails; then the failures are told. */
const onEach = async (nodes: readonly Node[], change: (node: Node) => Promise<unknown>): Promise<void> => {
  const outcomes = await Promise.allSettled(nodes.filter((node) => node.isRunning()).map(change));
  const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (problems.length === 0) return;
  const reasons = problems.map((problem) => (problem instanceof Error ? problem.message : String(problem)));
  throw new AggregateError(problems, reasons.join('; '));
};

/** Makes these the only users on these nodes, besides the service's own. Whoever is not named loses his connections. */
export const applyUsers = async (nodes: readonly Node[], users: readonly EngineUser[]): Promise<void> => {
  const rules = users.map((user) => ['ACL', 'SETUSER', user.name, ...aclRulesOf(user)]);
  const named = new Set(users.map(({ name }) => name));
  await onEach(nodes, async (node) => {
    for (const command of rules) await node.call(CHANGE_DEADLINE_MS, ...command);
    const present = await node.call(CHANGE_DEADLINE_MS, 'ACL', 'USERS');
    const surplus = (Array.isArray(present) ? present.map(String) : []).filter(
      (name) => !named.has(name) && !isInternal(name),
    );
    for (const name of surplus) {
      // The engine does not let go of its default user; without a password and switched off it lets nobody in.
      const command = name === 'default' ? ['SETUSER', name, 'reset'] : ['DELUSER', name];
      await node.call(CHANGE_DEADLINE_MS, 'ACL', ...command);
    }
  });
};

export interface CacheParts {
  readonly shape: CacheShape;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly configuration?: Endpoint;
  readonly primary?: Endpoint;
  readonly reader?: Endpoint;
  /** Called once, when all is ended. */
  readonly stopped: () => void;
}

/** Takes nodes that run and endpoints that are open for one cache. */
export const runCache = (parts: CacheParts): RunningCache => {
  const { shape } = parts;
  const nodes = [...parts.nodes.values()];
  const listeners = new Set<(nodeId: string) => void>();
  let primaryId = shape.shards[0]?.nodes[0]?.id;
  let stopping: Promise<void> | undefined;

  const nodeOf = (nodeId: string): Node => {
    const node = parts.nodes.get(nodeId);
    if (!node)
      throw new Error(`Cache ${shape.id} has no node ${nodeId}; it has ${[...parts.nodes.keys()].join(', ')}.`);
    return node;
  };

  const pointEndpoints = () => {
    const running = nodes.filter((node) => node.isRunning());
    const portsOf = (some: readonly Node[]) => some.map(({ port }) => port);
    const primary = running.filter(({ id }) => id === primaryId);
    const replicas = running.filter(({ id }) => id !== primaryId);
    parts.configuration?.pointTo(portsOf(running));
    parts.primary?.pointTo(portsOf(primary));
    parts.reader?.pointTo(portsOf(replicas.length > 0 ? replicas : primary));
  };
  pointEndpoints();

  for (const node of nodes) {
    void node.ended.then(() => {
      if (stopping !== undefined) return;
      pointEndpoints();
      for (const listener of listeners) listener(node.id);
    });
  }

  /** A node's claim to be primary: its configuration epoch with cluster mode, else 0. Undefined: it makes none. */
  const claimOf = async (node: Node): Promise<number | undefined> => {
    const { role } = parseInfo(await node.call(INFO_DEADLINE_MS, 'INFO', 'replication'));
    if (role !== 'master') return undefined;
    if (!shape.clusterMode) return 0;
    return Number(parseInfo(await node.call(INFO_DEADLINE_MS, 'CLUSTER', 'INFO')).cluster_my_epoch);
  };

  const primaries = async (): Promise<ReadonlyMap<string, string>> => {
    const found = await Promise.all(
      shape.shards.map(async (shard) => {
        const running = shard.nodes.map(({ id }) => nodeOf(id)).filter((node) => node.isRunning());
        // A node that does not answer makes no claim: it may be stopped, or about to end.
        const claims = await Promise.all(running.map((node) => claimOf(node).catch(() => undefined)));
        const highest = Math.max(...claims.map((claim) => claim ?? -1));
        const claimants = running.filter((_, index) => claims[index] !== undefined && claims[index] === highest);
        const [primary] = claimants;
        // Two with equal claims are a promotion in the making: then nobody is primary yet.
        return primary && claimants.length === 1 ? [[shard.id, primary.id] as const] : [];
      }),
    );
    return new Map(found.flat());
  };

  return {
    shape,
    endpoints: {
      ...(parts.configuration ? { configuration: parts.configuration.address } : {}),
      ...(parts.primary ? { primary: parts.primary.address } : {}),
      ...(parts.reader ? { reader: parts.reader.address } : {}),
    },
    nodeAddress: (nodeId) => ({ host: '127.0.0.1', port: nodeOf(nodeId).port }),
    primaries,
    async followPrimaries() {
      const [first] = (await primaries()).values();
      primaryId = first;
      pointEndpoints();
    },
    setUsers: (users) => applyUsers(nodes, users),
    async setParameters(parameters) {
      checkParameters(parameters);
      const pairs = Object.entries(parameters).flat();
      if (pairs.length > 0) await onEach(nodes, (node) => node.call(CHANGE_DEADLINE_MS, 'CONFIG', 'SET', ...pairs));
    },
    setMaxmemory: (bytes) =>
      onEach(nodes, (node) => node.call(CHANGE_DEADLINE_MS, 'CONFIG', 'SET', 'maxmemory', String(bytes))),
    info: async (nodeId) => parseInfo(await nodeOf(nodeId).call(INFO_DEADLINE_MS, 'INFO', 'everything')),
    command: async (nodeId, ...args) => await nodeOf(nodeId).call(COMMAND_DEADLINE_MS, ...args),
    kill: async (nodeId) => await nodeOf(nodeId).kill(),
    onExit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopping ??= (async () => {
        const endpoints = [parts.configuration, parts.primary, parts.reader];
        await Promise.all([...endpoints.map((endpoint) => endpoint?.close()), ...nodes.map((node) => node.kill())]);
        parts.stopped();
      })();
      return stopping;
    },
  };
};
