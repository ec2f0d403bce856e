import type { RunningCache } from '../../../engine/types.ts';
import type { ControlPlane } from '../control-plane.ts';
import { startParameters } from '../engine-shape.ts';
import { type Cache, type Node, nodesOf } from '../state/cache.ts';
import { moveTo } from '../transitions.ts';
import { type PlannedShardNodes, writeDown } from './new-nodes.ts';

/** Why a change that was begun is not carried out; customers read it in the events. */
export class ResizeRefused extends Error {
  override readonly name = 'ResizeRefused';
}

/** One change of a cache's shape, from the call to the end. */
export interface Resize {
  /** For the log: `Resharding orders`. */
  readonly name: string;
  /** Nodes that count against the quota from now on. */
  readonly coming: readonly PlannedShardNodes[];
  /** Does the work on the engine; what it throws is said in the events, and the cache is as the engine then has it. */
  work(running: RunningCache, signal: AbortSignal): Promise<void>;
}

/**
 * Carries a change of shards or replicas out in the background. The cache is `modifying` until the engine has done its
 * part and the service's time is over; then its record is what the engine has, whether all of it worked or a part.
 */
export const beginResize = (plane: ControlPlane, cache: Cache, resize: Resize): void => {
  const { clock } = plane.world;
  const lagMs = plane.delays.readAfterWriteLagSeconds * 1000;
  cache.nodesToCome = resize.coming.reduce((sum, { nodes }) => sum + nodes.length, 0);
  moveTo(cache, 'modifying', clock.now() + lagMs);
  plane.jobs.run(resize.name, async (signal) => {
    const before = nodesOf(cache).map(({ id }) => id);
    const running = plane.engines.get(cache);
    let gone: readonly Node[] = [];
    try {
      // New nodes are not seen before the new status is.
      await clock.sleep(lagMs, signal);
      writeDown(plane, cache, resize.coming);
      cache.nodesToCome = 0;
      await clock.sleep(plane.delays.changeSeconds * 1000, signal);
      if (!running) throw new Error(`The processes of ${cache.id} are not running.`);
      await resize.work(running, signal);
    } catch (error) {
      if (signal.aborted) return;
      reportFailure(plane, cache, error as Error);
    } finally {
      cache.nodesToCome = 0;
      delete cache.resharding;
      if (running) gone = adoptShape(cache, running);
    }
    moveTo(cache, 'available');
    await reportNodes(plane, cache, before, gone);
  });
};

/** Brings planned nodes into the cache, which shows them as its own as soon as the engine has them. */
export const bringIn = async (
  plane: ControlPlane,
  cache: Cache,
  running: RunningCache,
  coming: readonly PlannedShardNodes[],
): Promise<void> => {
  const shards = coming.map(({ shardId, nodes }) => ({ shardId, nodes: nodes.map(({ id }) => ({ id })) }));
  await running.addNodes(shards, startParameters(plane.state, cache));
  for (const shard of cache.shards) shard.status = 'modifying';
  for (const node of nodesOf(cache)) node.status = 'modifying';
};

/** Makes the record of shards, nodes and slots what the engine has. The answer: nodes that it no longer has. */
export const adoptShape = (cache: Cache, running: RunningCache): readonly Node[] => {
  const real = new Map(running.shape.shards.map((shard) => [shard.id, shard]));
  const isReal = ({ id }: Node) => [...real.values()].some(({ nodes }) => nodes.some((node) => node.id === id));
  const gone = nodesOf(cache).filter((node) => !isReal(node));
  for (const shard of cache.shards) {
    shard.slots = real.get(shard.id)?.slots ?? [];
    shard.nodes.splice(0, shard.nodes.length, ...shard.nodes.filter(isReal));
  }
  cache.shards.splice(0, cache.shards.length, ...cache.shards.filter(({ nodes }) => nodes.length > 0));
  return gone;
};

const reportFailure = (plane: ControlPlane, cache: Cache, error: Error) => {
  plane.world.log('elasticache', `${cache.arn} could not be resized: ${error.message}`);
  // What went wrong with processes on this machine is for the log: AWS would not tell either.
  const reason = error instanceof ResizeRefused ? ` ${error.message}` : '';
  plane.journal.record('replication-group', cache.id, `Failed applying modification.${reason}`);
};

const reportNodes = async (plane: ControlPlane, cache: Cache, before: readonly string[], gone: readonly Node[]) => {
  const added = nodesOf(cache).filter(({ id }) => !before.includes(id));
  const removed = gone.filter(({ id }) => before.includes(id));
  for (const { id, availabilityZone } of added) {
    plane.journal.record('cache-cluster', id, `Added cache node 0001 in availability zone ${availabilityZone}`);
    plane.journal.record('cache-cluster', id, 'Cache cluster created');
  }
  for (const { id } of removed) plane.journal.record('cache-cluster', id, 'Cache cluster deleted');
  for (const { id } of added) await plane.notify(cache, 'CacheClusterProvisioningComplete', id);
  for (const { id } of removed) await plane.notify(cache, 'DeleteCacheClusterComplete', id);
};
