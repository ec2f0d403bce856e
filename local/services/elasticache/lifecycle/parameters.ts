import type { ControlPlane } from '../control-plane.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import { allCaches } from '../state/region-state.ts';

export const cachesWithGroup = (plane: ControlPlane, name: string): readonly Cache[] =>
  allCaches(plane.state).filter(
    ({ parameterGroupName, pending }) => parameterGroupName === name || pending.parameterGroupName === name,
  );

/** Takes a parameter group's changed values to the caches that use it. Those being made pick them up when they are ready. */
export const spreadParameters = (plane: ControlPlane, groupName: string): void => {
  const caches = cachesWithGroup(plane, groupName).filter(
    ({ status, parameterGroupName }) =>
      parameterGroupName === groupName && (status === 'available' || status === 'modifying'),
  );
  for (const cache of caches) {
    cache.applyingParameters = true;
    plane.jobs.run(`Applying parameters to ${cache.id}`, async (signal) => {
      try {
        await plane.world.clock.sleep(plane.delays.accessSeconds * 1000, signal);
        if (cache.status !== 'deleting') await plane.engines.reconcile(cache);
      } finally {
        cache.applyingParameters = false;
      }
      for (const { id } of nodesOf(cache)) {
        plane.journal.record('cache-cluster', id, `Applied changes of the cache parameter group ${groupName}`);
        await plane.notify(cache, 'CacheClusterParametersChanged', id);
      }
    });
  }
};
