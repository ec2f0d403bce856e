import type { ControlPlane } from '../control-plane.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import { moveTo } from '../transitions.ts';
import { registryOf } from './registry-of.ts';

/** Ends a cache: its processes first, then, after the time that the service takes, its record. */
export const beginDeletion = (plane: ControlPlane, cache: Cache): void => {
  const staleUntil = plane.world.clock.now() + plane.delays.readAfterWriteLagSeconds * 1000;
  moveTo(cache, 'deleting', staleUntil);
  cache.cancelMaintenance?.();
  plane.jobs.run(`Deleting ${cache.id}`, async (signal) => {
    // A cache whose processes do not end stays `deleting`: its id is not free again.
    await plane.engines.stop(cache);
    await plane.world.clock.sleep(plane.delays.deletionSeconds * 1000, signal);
    registryOf(plane.state, cache).delete(cache.id);
    for (const { id } of nodesOf(cache)) plane.journal.record('cache-cluster', id, 'Cache cluster deleted');
    if (cache.kind === 'replication-group') {
      plane.journal.record('replication-group', cache.id, `Replication group ${cache.id} deleted`);
    }
    for (const { id } of nodesOf(cache)) await plane.notify(cache, 'DeleteCacheClusterComplete', id);
  });
};
