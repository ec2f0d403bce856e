import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createTurns } from '../../../local/engine/turns.ts';
import type {
  CacheShape,
  Engine,
  EngineUser,
  RunningCache,
  TransitMode,
  UserFaults,
} from '../../../local/engine/types.ts';

/** A cache without processes: it remembers what it was told. */
export interface FakeCache extends RunningCache {
  readonly told: {
    users: readonly EngineUser[];
    /** With which faults the users were told last. */
    userFaults: UserFaults;
    parameters: Record<string, string>;
    maxmemoryBytes: number;
    usedBytes: number;
    transit: TransitMode;
    isStopped: boolean;
    /** Commands that the control plane gave, with the node's id first. */
    readonly commands: string[];
  };
  /** Makes another node the primary of its shard, as a failover would. */
  promote(shardId: string, nodeId: string): void;
  /** Whether a replica is connected to its primary from now on. */
  setLink(nodeId: string, status: 'up' | 'down'): void;
}

export interface FakeEngine extends Engine {
  /** By the engine's own id, the last one started. */
  readonly caches: ReadonlyMap<string, FakeCache>;
  /** The next start fails with this error. */
  failNext(message: string): void;
  /** The next change of users, parameters or memory fails with this error. */
  failNextChange(message: string): void;
  /** Changes and stops wait until the answer is called, so that a test can look in between. */
  hold(): () => void;
}

/** Stands for the real engine where a test is about the control plane only. */
export const aFakeEngine = (): FakeEngine => {
  const caches = new Map<string, FakeCache>();
  const failures: string[] = [];
  const changeFailures: string[] = [];
  let lastPort = 20_000;
  let held = Promise.resolve();
  const address = () => {
    lastPort += 1;
    return { host: '127.0.0.1', port: lastPort };
  };
  const change = async (told: FakeCache['told'], changes: Partial<FakeCache['told']>) => {
    await held;
    const failure = changeFailures.shift();
    if (failure) throw new Error(failure);
    Object.assign(told, changes);
  };

  const startCache = (start: CacheShape): FakeCache => {
    let shape = start;
    const nodes = shape.shards.flatMap((shard) => shard.nodes);
    const addresses = new Map(nodes.map(({ id }) => [id, address()]));
    const primaries = new Map(shape.shards.map(({ id, nodes: [first] }) => [id, first?.id ?? '']));
    const dead = new Set<string>();
    const behind = new Set<string>();
    /** One failover, recovery or change of nodes at a time, as with the real engine. */
    const members = createTurns(new AbortController().signal);
    const stopping = new AbortController();
    const told: FakeCache['told'] = {
      users: shape.users,
      userFaults: {},
      parameters: { ...shape.parameters },
      maxmemoryBytes: shape.maxmemoryBytes,
      usedBytes: 1_000_000,
      transit: shape.tls ? 'required' : 'off',
      isStopped: false,
      commands: [],
    };
    const reshape = async (shards: CacheShape['shards']) => {
      await change(told, {});
      shape = { ...shape, shards };
    };
    return {
      get shape() {
        return shape;
      },
      told,
      endpoints: shape.clusterMode ? { configuration: address() } : { primary: address(), reader: address() },
      nodeAddress(id) {
        const found = addresses.get(id);
        if (!found) throw new Error(`Cache ${shape.id} has no node ${id}.`);
        return found;
      },
      primaries: async () => primaries,
      async setUsers(users, userFaults = {}) {
        await held;
        // A change that fails has reached some of the nodes.
        Object.assign(told, { users, userFaults });
        await change(told, {});
      },
      setParameters: (parameters) => change(told, { parameters: { ...told.parameters, ...parameters } }),
      setMaxmemory: (maxmemoryBytes) => change(told, { maxmemoryBytes }),
      async addNodes(added) {
        const isNew = ({ shardId }: { shardId: string }) => !shape.shards.some(({ id }) => id === shardId);
        const more = new Map(added.map((shard) => [shard.shardId, shard.nodes]));
        const fresh = added.filter(isNew).map((shard) => ({ id: shard.shardId, nodes: shard.nodes, slots: [] }));
        const grown = shape.shards.map((shard) => ({
          ...shard,
          nodes: [...shard.nodes, ...(more.get(shard.id) ?? [])],
        }));
        await reshape([...grown, ...fresh]);
        for (const {
          id,
          nodes: [first],
        } of fresh)
          primaries.set(id, first?.id ?? '');
        for (const { id } of added.flatMap((shard) => shard.nodes)) addresses.set(id, address());
      },
      async removeNodes(ids) {
        const left = shape.shards.map((shard) => ({
          ...shard,
          nodes: shard.nodes.filter(({ id }) => !ids.includes(id)),
        }));
        await reshape(left.filter((shard) => shard.nodes.length > 0));
        for (const id of ids) addresses.delete(id);
      },
      async moveSlots(layout, onProgress) {
        onProgress?.(0.5);
        await reshape(shape.shards.map((shard) => ({ ...shard, slots: layout.get(shard.id) ?? shard.slots })));
        onProgress?.(1);
      },
      restart: (id, parameters, keepsData) => {
        told.commands.push([id, 'restart', keepsData ? 'with its data' : 'empty'].join(' '));
        return change(told, { parameters: { ...parameters } });
      },
      setTransit: (transit) => change(told, { transit }),
      async info(id) {
        if (dead.has(id)) throw new Error(`Node ${id} is not running.`);
        const isPrimary = [...primaries.values()].includes(id);
        const link = { master_link_status: behind.has(id) ? 'down' : 'up' };
        return {
          used_memory: String(told.usedBytes),
          maxmemory: String(told.maxmemoryBytes),
          ...(isPrimary ? { role: 'master' } : { role: 'slave', ...link }),
        };
      },
      failOver: (shardId, untilPromotion) =>
        members.take(async () => {
          const from = primaries.get(shardId) ?? '';
          dead.add(from);
          told.commands.push(`${from} dies`);
          await untilPromotion(stopping.signal);
          await change(told, {});
          const shard = shape.shards.find(({ id }) => id === shardId);
          const to = shard?.nodes.find(({ id }) => !dead.has(id) && !behind.has(id))?.id;
          if (to === undefined) throw new Error(`No replica of ${from} is fit.`);
          primaries.set(shardId, to);
          told.commands.push(`${to} is promoted`);
          return { from, to };
        }),
      recover: (id, { parameters = {}, cannotFollow = false } = {}) =>
        members.take(async () => {
          await change(told, {});
          dead.delete(id);
          if (cannotFollow) behind.add(id);
          else behind.delete(id);
          told.commands.push(
            `${id} ${cannotFollow ? 'comes back and cannot follow' : 'follows'} ${parameters.databases}`,
          );
        }),
      isRunning: (id) => !dead.has(id),
      async command(id, ...words) {
        await held;
        told.commands.push([id, ...words].join(' '));
        return 'OK';
      },
      logFile: () => '/nowhere',
      async saveTo(id, file) {
        await held;
        const failure = changeFailures.shift();
        if (failure) throw new Error(failure);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, `the data of ${id}`);
        return told.usedBytes;
      },
      kill: async () => undefined,
      onExit: () => () => undefined,
      followPrimaries: async () => undefined,
      async stop() {
        stopping.abort(new Error(`Cache ${shape.id} is stopping.`));
        await held;
        told.isStopped = true;
      },
      promote: (shardId, nodeId) => void primaries.set(shardId, nodeId),
      setLink: (nodeId, status) => void (status === 'up' ? behind.delete(nodeId) : behind.add(nodeId)),
    };
  };

  return {
    binary: { engine: 'redis', version: '7.0.0', path: '/nowhere', env: {} },
    caches,
    failNext: (message) => void failures.push(message),
    failNextChange: (message) => void changeFailures.push(message),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    async start(shape) {
      const failure = failures.shift();
      if (failure) throw new Error(failure);
      const cache = startCache(shape);
      caches.set(shape.id, cache);
      return cache;
    },
    residentBytes: () => 0,
    stop: async () => undefined,
  };
};
