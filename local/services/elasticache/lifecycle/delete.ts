import type { ControlPlane } from '../control-plane.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { moveTo } from '../transitions.ts';
import { registryOf } from './registry-of.ts';
import { beginSnapshotDeletion, takeSnapshot } from './snapshot.ts';

/**
 * Ends a cache: its final snapshot first, if one is asked for, then its processes and, after the time that the service
 * takes, its record. A cache whose final snapshot fails stays.
 */
export const beginDeletion = (plane: ControlPlane, cache: Cache, finalSnapshot?: Snapshot): void => {
  const staleUntil = plane.world.clock.now() + plane.delays.readAfterWriteLagSeconds * 1000;
  moveTo(cache, finalSnapshot ? 'snapshotting' : 'deleting', staleUntil);
  cache.cancelMaintenance?.();
  plane.jobs.run(`Deleting ${cache.id}`, async (signal) => {
    if (finalSnapshot) {
      await takeSnapshot(plane, cache, finalSnapshot, signal);
      if (finalSnapshot.status !== 'available') {
        if (!signal.aborted) moveTo(cache, 'available');
        return;
      }
      moveTo(cache, 'deleting');
    }
    // A cache whose processes do not end stays `deleting`: its id is not free again.
    await plane.engines.stop(cache);
    await plane.world.clock.sleep(plane.delays.deletionSeconds * 1000, signal);
    registryOf(plane.state, cache).delete(cache.id);
    // Automatic snapshots go with their cache, manual ones stay (ElastiCache guide, "Deleting a cluster").
    for (const snapshot of plane.state.snapshots.all()) {
      const isItsOwn = snapshot.groupId === cache.id || snapshot.clusterId === cache.id;
      if (isItsOwn && snapshot.source === 'automated') beginSnapshotDeletion(plane, snapshot);
    }
    for (const { id } of nodesOf(cache)) plane.journal.record('cache-cluster', id, 'Cache cluster deleted');
    if (cache.kind === 'replication-group') {
      plane.journal.record('replication-group', cache.id, `Replication group ${cache.id} deleted`);
    }
    for (const { id } of nodesOf(cache)) await plane.notify(cache, 'DeleteCacheClusterComplete', id);
  });
};
