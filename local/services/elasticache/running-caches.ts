import type { Engine, RunningCache, TransitMode, UserFaults } from '../../engine/types.ts';
import { engineUsers, immediateParameters, maxmemoryBytes, rebootValues, shapeOf } from './engine-shape.ts';
import { type Cache, nodesOf, transitModeOf } from './state/cache.ts';
import type { RegionState } from './state/region-state.ts';

/** The real processes behind the caches of one Region. */
export interface RunningCaches {
  /** Resolves when the engine confirms that the cache works. */
  start(cache: Cache): Promise<void>;
  get(cache: Cache): RunningCache | undefined;
  /** Brings users, parameters, memory and encryption in transit to what the state says now. Safe to repeat; changes only what differs. */
  reconcile(cache: Cache, faults?: UserFaults): Promise<void>;
  /** Tells every node who may log in, also those that were told. */
  tellUsers(cache: Cache): Promise<void>;
  /** Node id of each shard's primary; falls back on the last answer when the engine gives none. */
  primaries(cache: Cache): Promise<ReadonlyMap<string, string>>;
  /** The largest `used_memory` of any node, bytes. */
  usedBytes(cache: Cache): Promise<number>;
  stop(cache: Cache): Promise<void>;
  stopAll(): Promise<void>;
}

interface Entry {
  readonly started: Promise<RunningCache>;
  running?: RunningCache;
  /** What the engine was told last, to tell it only what differs. */
  told: {
    /** Undefined after a change that failed halfway: some nodes know it, some do not. */
    users?: string | undefined;
    parameters: Record<string, string>;
    maxmemory: number;
    /** Undefined after a change that failed halfway. */
    transit?: TransitMode | undefined;
  };
  primaries: ReadonlyMap<string, string>;
  /** Calls of `reconcile` wait for each other. */
  turn: Promise<void>;
}

export const createRunningCaches = (engine: Engine, state: RegionState): RunningCaches => {
  const entries = new Map<string, Entry>();

  const tellUsers = async (cache: Cache, entry: Entry, faults?: UserFaults) => {
    const running = await entry.started;
    const users = engineUsers(state, cache);
    delete entry.told.users;
    await running.setUsers(users, faults);
    entry.told.users = JSON.stringify(users);
  };

  const inTurn = async (cache: Cache, work: (entry: Entry) => Promise<void>) => {
    const entry = entries.get(cache.arn);
    if (!entry) return;
    const turn = entry.turn.then(() => work(entry));
    entry.turn = turn.catch(() => undefined);
    await turn;
  };

  const bringUpToDate = async (cache: Cache, entry: Entry, faults: UserFaults) => {
    const running = await entry.started;
    const users = JSON.stringify(engineUsers(state, cache));
    const parameters = immediateParameters(state, cache);
    const maxmemory = maxmemoryBytes(state, cache);
    const changed = Object.fromEntries(
      Object.entries(parameters).filter(([name, value]) => entry.told.parameters[name] !== value),
    );
    if (users !== entry.told.users || faults.dropsConnections) await tellUsers(cache, entry, faults);
    if (Object.keys(changed).length > 0) await running.setParameters(changed);
    if (maxmemory !== entry.told.maxmemory) await running.setMaxmemory(maxmemory);
    const transit = transitModeOf(cache);
    if (transit !== entry.told.transit) {
      entry.told.transit = undefined;
      await running.setTransit(transit);
    }
    entry.told = { users: entry.told.users, parameters, maxmemory, transit };
  };

  const stop = async (cache: Pick<Cache, 'arn'>) => {
    const entry = entries.get(cache.arn);
    if (!entry) return;
    const running = await entry.started.catch(() => undefined);
    await running?.stop();
    if (entries.get(cache.arn) === entry) entries.delete(cache.arn);
  };

  return {
    async start(cache) {
      for (const node of nodesOf(cache)) node.bootParameters = rebootValues(state, cache);
      const shape = shapeOf(state, cache);
      const started = engine.start(shape);
      const entry: Entry = {
        started,
        told: {
          users: JSON.stringify(shape.users),
          parameters: { ...shape.parameters },
          maxmemory: shape.maxmemoryBytes,
          transit: shape.tls ? 'required' : 'off',
        },
        primaries: new Map(shape.shards.map(({ id, nodes }) => [id, nodes[0]?.id ?? ''])),
        turn: Promise.resolve(),
      };
      entries.set(cache.arn, entry);
      entry.running = await started;
    },
    get: (cache) => entries.get(cache.arn)?.running,
    reconcile: (cache, faults = {}) => inTurn(cache, (entry) => bringUpToDate(cache, entry, faults)),
    tellUsers: (cache) => inTurn(cache, (entry) => tellUsers(cache, entry)),
    async primaries(cache) {
      const entry = entries.get(cache.arn);
      if (!entry?.running) return new Map();
      try {
        const answer = await entry.running.primaries();
        entry.primaries = new Map([...entry.primaries, ...answer]);
      } catch {
        // A node that does not answer: on AWS, too, Describe goes on showing the roles it knew last.
      }
      return entry.primaries;
    },
    async usedBytes(cache) {
      const running = entries.get(cache.arn)?.running;
      if (!running) return 0;
      // A node that is down holds nothing.
      const nodes = nodesOf(cache).filter(({ id }) => running.isRunning(id));
      const used = await Promise.all(nodes.map(async ({ id }) => (await running.info(id)).used_memory));
      return Math.max(0, ...used.map(Number));
    },
    stop,
    async stopAll() {
      await Promise.all([...entries.keys()].map((arn) => stop({ arn })));
    },
  };
};
