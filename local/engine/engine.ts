import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInternalUsers } from './access.ts';
import type { Certificates } from './certificates.ts';
import { checkShape } from './check-shape.ts';
import { openEndpoint } from './endpoint.ts';
import { type Node, NodeDidNotStart, startNode } from './node.ts';
import { checkParameters } from './node-config.ts';
import { type ClusterMember, nodesFile } from './nodes-file.ts';
import { createPorts, type Ports } from './ports.ts';
import { applyUsers, runCache } from './running-cache.ts';
import { settleCluster, settlePair } from './settle.ts';
import type { CacheShape, Engine, EngineBinary, RunningCache } from './types.ts';

export interface EngineOptions {
  readonly binary: EngineBinary;
  /** Each cache has a folder in it while it runs. */
  readonly folder: string;
  /** `<node id>.log` of each node, which outlive the caches. */
  readonly logFolder: string;
  readonly certificates: Certificates;
  readonly ports?: Ports;
}

/** Ports are looked at before the engine binds them; who comes in between twice running is not met by chance. */
const ATTEMPTS = 4;

interface Place extends ClusterMember {
  readonly id: string;
}

/** Starts the processes of one account's caches and answers for their end. */
export const createEngine = (options: EngineOptions): Engine => {
  const { binary, certificates, ports = createPorts() } = options;
  const folder = path.resolve(options.folder);
  const logFolder = path.resolve(options.logFolder);
  const closing = new AbortController();
  const running = new Set<RunningCache>();
  const nodesInUse = new Set<Node>();
  const starting = new Set<Promise<unknown>>();
  const namesInUse = new Set<string>();

  /** The cache's id; with a number when another Region has a cache of that id. */
  const takeName = (id: string): string => {
    let name = id;
    for (let number = 2; namesInUse.has(name); number += 1) name = `${id}~${number}`;
    namesInUse.add(name);
    return name;
  };

  const takePlaces = async (shape: CacheShape): Promise<readonly (readonly Place[])[]> => {
    const places: Place[][] = [];
    for (const { nodes } of shape.shards) {
      const members: Place[] = [];
      for (const { id } of nodes) members.push({ id, name: randomBytes(20).toString('hex'), port: await ports.take() });
      places.push(members);
    }
    return places;
  };

  /** Starts all nodes at once. When one fails, none is left. */
  const startNodes = async (shape: CacheShape, name: string, places: readonly (readonly Place[])[]) => {
    const users = createInternalUsers();
    const shards = shape.shards.map(({ slots }, index) => ({ slots, members: places[index] ?? [] }));
    const starts = places.flatMap((members) =>
      members.map((member, place) =>
        startNode({
          id: member.id,
          binary,
          logFile: path.join(logFolder, `${member.id}${name.slice(shape.id.length)}.log`),
          signal: closing.signal,
          nodesFile: shape.clusterMode ? nodesFile(shards, member) : undefined,
          config: {
            port: member.port,
            folder: path.join(folder, name, member.id),
            clusterMode: shape.clusterMode,
            certificates: shape.tls ? certificates : undefined,
            maxmemoryBytes: shape.maxmemoryBytes,
            parameters: shape.parameters,
            users,
            primaryPort: !shape.clusterMode && place > 0 ? members[0]?.port : undefined,
          },
        }),
      ),
    );
    const outcomes = await Promise.allSettled(starts);
    const nodes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    try {
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      await applyUsers(nodes, shape.users);
      await (shape.clusterMode ? settleCluster : settlePair)(nodes, closing.signal);
    } catch (error) {
      await Promise.all(nodes.map((node) => node.kill()));
      throw error;
    }
    return nodes;
  };

  const attempt = async (shape: CacheShape, name: string): Promise<RunningCache> => {
    const cacheFolder = path.join(folder, name);
    rmSync(cacheFolder, { recursive: true, force: true });
    const places = await takePlaces(shape);
    const release = () => {
      for (const { port } of places.flat()) ports.giveBack(port);
      rmSync(cacheFolder, { recursive: true, force: true });
    };
    let nodes: readonly Node[] = [];
    try {
      nodes = await startNodes(shape, name, places);
      const endpoints = shape.clusterMode
        ? { configuration: await openEndpoint() }
        : { primary: await openEndpoint(), reader: await openEndpoint() };
      for (const node of nodes) nodesInUse.add(node);
      const cache = runCache({
        shape,
        nodes: new Map(nodes.map((node) => [node.id, node])),
        ...endpoints,
        stopped() {
          for (const node of nodes) nodesInUse.delete(node);
          running.delete(cache);
          namesInUse.delete(name);
          release();
        },
      });
      running.add(cache);
      return cache;
    } catch (error) {
      await Promise.all(nodes.map((node) => node.kill()));
      release();
      throw error;
    }
  };

  const start = async (shape: CacheShape): Promise<RunningCache> => {
    if (closing.signal.aborted) throw new Error(`Cache ${shape.id} cannot be started: the account is stopping.`);
    checkShape(shape);
    checkParameters(shape.parameters);
    mkdirSync(logFolder, { recursive: true, mode: 0o700 });
    const name = takeName(shape.id);
    try {
      for (let attempts = 1; ; attempts += 1) {
        try {
          return await attempt(shape, name);
        } catch (error) {
          if (!(error instanceof NodeDidNotStart && error.portTaken) || attempts === ATTEMPTS) throw error;
        }
      }
    } catch (error) {
      namesInUse.delete(name);
      throw error;
    }
  };

  return {
    binary,
    start(shape) {
      const work = start(shape);
      starting.add(work);
      const done = () => starting.delete(work);
      work.then(done, done);
      return work;
    },
    residentBytes: () => [...nodesInUse].reduce((sum, node) => sum + node.residentBytes(), 0),
    async stop() {
      closing.abort(new Error('The account is stopping.'));
      await Promise.allSettled(starting);
      await Promise.all([...running].map((cache) => cache.stop()));
    },
  };
};
