import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { applyUsers } from './apply-users.ts';
import type { Certificates } from './certificates.ts';
import { checkShape } from './check-shape.ts';
import { openEndpoint } from './endpoint.ts';
import { createMemberStarter, type MemberStarter, type Place, withFreshPorts } from './member-starter.ts';
import type { Node } from './node.ts';
import { checkParameters } from './node-config.ts';
import { createPorts, type Ports } from './ports.ts';
import { runCache } from './running-cache.ts';
import { settleCluster, settlePair } from './settle.ts';
import { createTransit } from './transit.ts';
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

  /** Starts all nodes at once and brings them together. When one fails, none is left. */
  const startNodes = async (shape: CacheShape, starter: MemberStarter, places: readonly (readonly Place[])[]) => {
    const shards = shape.shards.map(({ slots }, index) => ({ slots, members: places[index] ?? [] }));
    const members = places.flatMap((shard) =>
      shard.map((place, index) => ({
        place,
        settings: shape,
        primaryPort: !shape.clusterMode && index > 0 ? shard[0]?.port : undefined,
        shards: shape.clusterMode ? shards : undefined,
      })),
    );
    const nodes = await starter.start(members);
    try {
      await applyUsers(nodes, shape.users);
      await (shape.clusterMode ? settleCluster : settlePair)(nodes, closing.signal);
    } catch (error) {
      await Promise.all(nodes.map((node) => node.kill()));
      throw error;
    }
    return nodes;
  };

  const attempt = async (shape: CacheShape, name: string): Promise<RunningCache> => {
    const transit = createTransit({ tls: shape.tls, clusterMode: shape.clusterMode, certificates, ports });
    const starter = createMemberStarter({
      shape,
      usesTls: transit.usesTlsInside,
      name,
      folder,
      logFolder,
      binary,
      certificates,
      ports,
      signal: closing.signal,
      onStart(node) {
        nodesInUse.add(node);
        void node.ended.then(() => nodesInUse.delete(node));
      },
    });
    rmSync(starter.folder, { recursive: true, force: true });
    const places: (readonly Place[])[] = [];
    let nodes: readonly Node[] = [];
    try {
      for (const shard of shape.shards) places.push(await starter.takePlaces(shard.nodes));
      nodes = await startNodes(shape, starter, places);
      const endpoints = shape.clusterMode
        ? { configuration: await openEndpoint() }
        : { primary: await openEndpoint(), reader: await openEndpoint() };
      const cache = runCache({
        shape,
        nodes,
        starter,
        transit,
        signal: closing.signal,
        ...endpoints,
        stopped() {
          running.delete(cache);
          namesInUse.delete(name);
          rmSync(starter.folder, { recursive: true, force: true });
        },
      });
      running.add(cache);
      return cache;
    } catch (error) {
      await Promise.all(nodes.map((node) => node.kill()));
      starter.release(places.flat());
      rmSync(starter.folder, { recursive: true, force: true });
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
      return await withFreshPorts(() => attempt(shape, name));
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
