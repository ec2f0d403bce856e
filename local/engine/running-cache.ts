import { addNodes, forget } from './add-nodes.ts';
import { applyUsers } from './apply-users.ts';
import { bringBack } from './bring-back.ts';
import type { Endpoint } from './endpoint.ts';
import { failOver } from './fail-over.ts';
import { findPrimaries } from './find-primaries.ts';
import type { MemberStarter } from './member-starter.ts';
import { moveSlots } from './move-slots.ts';
import type { Node } from './node.ts';
import { checkParameters } from './node-config.ts';
import { onEach } from './on-each.ts';
import { prepareData } from './prepare-data.ts';
import { createPresentShape } from './present-shape.ts';
import { parseInfo } from './replies.ts';
import { saveNode } from './save-node.ts';
import { settlePair } from './settle.ts';
import { slotsIn } from './slot-table.ts';
import type { Transit } from './transit.ts';
import { createTurns } from './turns.ts';
import type { CacheShape, RunningCache } from './types.ts';

const INFO_DEADLINE_MS = 1_000;
const COMMAND_DEADLINE_MS = 60_000;
const CHANGE_DEADLINE_MS = 5_000;

export interface CacheParts {
  readonly shape: CacheShape;
  readonly nodes: readonly Node[];
  /** Starts more nodes of this cache, and takes back what ended nodes had. */
  readonly starter: MemberStarter;
  readonly transit: Transit;
  readonly configuration?: Endpoint;
  readonly primary?: Endpoint;
  readonly reader?: Endpoint;
  /** Aborted when the account stops. */
  readonly signal: AbortSignal;
  /** Called once, when all is ended. */
  readonly stopped: () => void;
}

/** Takes nodes that run and endpoints that are open for one cache. */
export const runCache = (parts: CacheParts): RunningCache => {
  const { starter, transit } = parts;
  const present = createPresentShape(parts.shape);
  const nodes = new Map(parts.nodes.map((node) => [node.id, node]));
  const listeners = new Set<(nodeId: string) => void>();
  const closing = new AbortController();
  const ending = AbortSignal.any([parts.signal, closing.signal]);
  let primaryId = parts.shape.shards[0]?.nodes[0]?.id;
  let stopping: Promise<void> | undefined;
  // Nodes come and go one change at a time, and so do settings. A user who is added while slots move need not wait; a
  // node that is just coming must not miss him.
  const members = createTurns(ending);
  const settings = createTurns(ending);
  // Nodes to which nobody is led although they run: about to end, or not in step with their primary.
  const aside = new WeakSet<Node>();

  const allNodes = () => [...nodes.values()];
  const runningNodes = () => allNodes().filter((node) => node.isRunning());

  const nodeOf = (nodeId: string): Node => {
    const node = nodes.get(nodeId);
    if (!node)
      throw new Error(`Cache ${parts.shape.id} has no node ${nodeId}; it has ${[...nodes.keys()].join(', ')}.`);
    return node;
  };

  const pointEndpoints = () => {
    const running = runningNodes().filter((node) => !aside.has(node));
    const portsOf = (some: readonly Node[]) => some.map(({ port }) => port);
    const primary = running.filter(({ id }) => id === primaryId);
    const replicas = running.filter(({ id }) => id !== primaryId);
    parts.configuration?.pointTo(portsOf(running));
    parts.primary?.pointTo(portsOf(primary));
    parts.reader?.pointTo(portsOf(replicas.length > 0 ? replicas : primary));
  };

  const watch = (node: Node) => {
    void node.ended.then(() => {
      // Whoever was removed, stopped or taken aside has not died.
      if (stopping !== undefined || nodes.get(node.id) !== node || aside.has(node)) return;
      pointEndpoints();
      for (const listener of listeners) listener(node.id);
    });
  };
  pointEndpoints();
  for (const node of parts.nodes) watch(node);

  const primaries = () => findPrimaries(present.shape(), nodes);
  const primaryNodes = async () => new Map([...(await primaries())].map(([shardId, id]) => [shardId, nodeOf(id)]));

  const add: RunningCache['addNodes'] = async (shards, parameters) => {
    const shape = present.shape();
    present.checkNew(shards);
    if (parameters) checkParameters(parameters);
    const leaders = await primaryNodes();
    const newcomers = shards.map(({ shardId, nodes: wanted }) => {
      const primary = leaders.get(shardId);
      if (!primary && shape.shards.some(({ id }) => id === shardId)) {
        throw new Error(`Shard ${shardId} of cache ${shape.id} has no primary now that new replicas could follow.`);
      }
      return { nodes: wanted, primary };
    });
    const { clusterMode, users, maxmemoryBytes } = shape;
    const start = { maxmemoryBytes, parameters: parameters ?? shape.parameters };
    const host = { clusterMode, users, settings: start, starter, nodes: runningNodes(), signal: ending };
    const added = (await addNodes(host, newcomers)).flat();
    await transit.include(added).catch(async (error: unknown) => {
      await Promise.all(added.map((node) => node.kill()));
      if (clusterMode) await forget(runningNodes(), added).catch(() => undefined);
      starter.release(added);
      throw error;
    });
    for (const node of added) {
      nodes.set(node.id, node);
      watch(node);
    }
    present.add(shards);
    pointEndpoints();
  };

  const remove: RunningCache['removeNodes'] = async (nodeIds) => {
    const leaving = nodeIds.map(nodeOf);
    present.checkLeaving(nodeIds, await primaries());
    for (const node of leaving) nodes.delete(node.id);
    present.remove(nodeIds);
    // Nobody is led to them any more before they end.
    pointEndpoints();
    try {
      if (parts.shape.clusterMode) await forget(runningNodes(), leaving);
    } finally {
      await Promise.all(leaving.map((node) => node.kill()));
      starter.release(leaving);
    }
  };

  const restart: RunningCache['restart'] = async (nodeId, parameters, keepsData) => {
    if (parts.shape.clusterMode)
      throw new Error(`Cache ${parts.shape.id} has cluster mode: restart none of its nodes.`);
    checkParameters(parameters);
    const old = nodeOf(nodeId);
    const [leaderId] = (await primaries()).values();
    const leader = leaderId === undefined || leaderId === nodeId ? undefined : nodeOf(leaderId);
    await prepareData(old, keepsData);
    // Aside first: it does not die, and nobody is led to it meanwhile. It keeps its address.
    aside.add(old);
    pointEndpoints();
    try {
      await transit.release(old);
      await old.kill();
      const { users, maxmemoryBytes } = present.shape();
      const place = { id: old.id, name: old.name, port: old.port };
      const [fresh] = await starter.start([
        { place, settings: { maxmemoryBytes, parameters }, primaryPort: leader?.port },
      ]);
      if (!fresh) throw new Error(`Node ${nodeId} was not started.`);
      nodes.set(nodeId, fresh);
      await transit.include([fresh]);
      await applyUsers([fresh], users);
      watch(fresh);
    } finally {
      // What does not come back is a node that is down, and its place stays taken.
      pointEndpoints();
    }
    await settlePair(inOrder(leaderId), ending);
    present.set({ parameters });
  };

  /** The primary first. */
  const inOrder = (leaderId: string | undefined) =>
    runningNodes().sort((left, right) => Number(right.id === leaderId) - Number(left.id === leaderId));

  const fail: RunningCache['failOver'] = async (shardId, untilPromotion) => {
    const { id, clusterMode, shards } = present.shape();
    const primary = (await primaryNodes()).get(shardId);
    if (!primary) throw new Error(`Shard ${shardId} of cache ${id} has no primary now that could fail.`);
    const places = shards.find((shard) => shard.id === shardId)?.nodes ?? [];
    const replicas = places.map((place) => nodeOf(place.id)).filter((node) => node !== primary && node.isRunning());
    if (replicas.length === 0) throw new Error(`Shard ${shardId} of cache ${id} has no replica to fail over to.`);
    const onPromoted = (node: Node) => {
      if (!clusterMode) primaryId = node.id;
      pointEndpoints();
    };
    const shard = { clusterMode, primary, replicas, running: runningNodes, onPromoted, signal: ending };
    return { from: primary.id, to: (await failOver(shard, untilPromotion)).id };
  };

  const recover: RunningCache['recover'] = async (nodeId, { parameters, cannotFollow = false } = {}) => {
    const { id, shards, clusterMode, users, maxmemoryBytes, ...shape } = present.shape();
    const old = nodeOf(nodeId);
    if (parameters) checkParameters(parameters);
    const shardId = shards.find((shard) => shard.nodes.some((node) => node.id === nodeId))?.id ?? '';
    const primary = (await primaryNodes()).get(shardId);
    if (!primary) throw new Error(`Shard ${shardId} of cache ${id} has no primary now that ${nodeId} could follow.`);
    if (primary === old) throw new Error(`${nodeId} is the primary of its shard and cannot be recovered.`);
    aside.add(old);
    pointEndpoints();
    await transit.release(old);
    await old.kill();
    const fresh = await bringBack({
      clusterMode,
      starter,
      transit,
      settings: { maxmemoryBytes, parameters: parameters ?? shape.parameters },
      users,
      old,
      primary,
      others: runningNodes(),
      cannotFollow,
      signal: ending,
    });
    if (cannotFollow) aside.add(fresh);
    nodes.set(nodeId, fresh);
    watch(fresh);
    pointEndpoints();
  };

  const move: RunningCache['moveSlots'] = async (layout, onProgress, signal = ending) => {
    const places = present.shape().shards.flatMap((shard) => shard.nodes.map(({ id }) => ({ id, shardId: shard.id })));
    await moveSlots({
      primaries: await primaryNodes(),
      shardOf: new Map(places.map(({ id, shardId }) => [nodeOf(id).name, shardId])),
      layout,
      nodes: runningNodes(),
      admin: starter.admin,
      signal: AbortSignal.any([ending, signal]),
      onMoved(slot, shardId, movedFraction) {
        present.giveSlot(slot, shardId);
        onProgress?.(movedFraction);
      },
      onOwners(shardId, slots) {
        for (const slot of slotsIn(slots)) present.giveSlot(slot, shardId);
      },
    });
  };

  return {
    get shape() {
      return present.shape();
    },
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
    addNodes: (shards, parameters) => members.take(() => settings.take(() => add(shards, parameters))),
    removeNodes: (nodeIds) => members.take(() => remove(nodeIds)),
    moveSlots: (layout, onProgress, signal) => members.take(() => move(layout, onProgress, signal)),
    setUsers: (users, faults) =>
      settings.take(async () => {
        await applyUsers(allNodes(), users, faults);
        present.set({ users });
      }),
    setParameters: (parameters) =>
      settings.take(async () => {
        checkParameters(parameters);
        const pairs = Object.entries(parameters).flat();
        if (pairs.length === 0) return;
        await onEach(allNodes(), (node) => node.call(CHANGE_DEADLINE_MS, 'CONFIG', 'SET', ...pairs));
        present.set({ parameters: { ...present.shape().parameters, ...parameters } });
      }),
    setMaxmemory: (maxmemoryBytes) =>
      settings.take(async () => {
        await onEach(allNodes(), (node) =>
          node.call(CHANGE_DEADLINE_MS, 'CONFIG', 'SET', 'maxmemory', String(maxmemoryBytes)),
        );
        present.set({ maxmemoryBytes });
      }),
    restart: (nodeId, parameters, keepsData) =>
      members.take(() => settings.take(() => restart(nodeId, parameters, keepsData))),
    failOver: (shardId, untilPromotion) => members.take(() => fail(shardId, untilPromotion)),
    recover: (nodeId, how) => members.take(() => settings.take(() => recover(nodeId, how))),
    setTransit: (mode) =>
      members.take(() =>
        settings.take(async () => {
          await transit.moveTo(mode, allNodes());
          present.set({ tls: mode !== 'off' });
        }),
      ),
    isRunning: (nodeId) => nodeOf(nodeId).isRunning(),
    info: async (nodeId) => parseInfo(await nodeOf(nodeId).call(INFO_DEADLINE_MS, 'INFO', 'everything')),
    command: async (nodeId, ...args) => await nodeOf(nodeId).call(COMMAND_DEADLINE_MS, ...args),
    logFile: (nodeId) => nodeOf(nodeId).logFile,
    saveTo: async (nodeId, file) => await saveNode(nodeOf(nodeId), file),
    kill: async (nodeId) => await nodeOf(nodeId).kill(),
    onExit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopping ??= (async () => {
        closing.abort(new Error(`Cache ${parts.shape.id} is stopping.`));
        const endpoints = [parts.configuration, parts.primary, parts.reader];
        await Promise.all([
          ...endpoints.map((endpoint) => endpoint?.close()),
          ...allNodes().map((node) => node.kill()),
        ]);
        // Nodes that were just coming end with the change that brings them.
        await members.over();
        await Promise.all(allNodes().map((node) => node.kill()));
        starter.release(allNodes());
        await transit.close();
        parts.stopped();
      })();
      return stopping;
    },
  };
};
