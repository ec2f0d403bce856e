import type { ControlPlane } from '../control-plane.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import type { PlannedShardNodes } from './new-nodes.ts';
import { beginResize, bringIn } from './resize.ts';

/** Starts replicas and brings them into their shards. */
export const beginAddingReplicas = (plane: ControlPlane, cache: Cache, coming: readonly PlannedShardNodes[]): void => {
  const ids = coming.flatMap(({ nodes }) => nodes.map(({ id }) => id));
  beginResize(plane, cache, {
    name: `Adding replicas to ${cache.id}`,
    coming,
    async work(running) {
      for (const id of ids) await plane.notify(cache, 'ReplicationGroupIncreaseReplicaCountStarted', id);
      await bringIn(plane, cache, running, coming);
      for (const id of ids) await plane.notify(cache, 'ReplicationGroupIncreaseReplicaCountFinished', id);
    },
  });
};

/** Ends replicas. One that became a primary in the meantime stays, and with it all of them. */
export const beginRemovingReplicas = (plane: ControlPlane, cache: Cache, nodeIds: readonly string[]): void => {
  beginResize(plane, cache, {
    name: `Removing replicas from ${cache.id}`,
    coming: [],
    async work(running) {
      for (const node of nodesOf(cache)) if (nodeIds.includes(node.id)) node.status = 'deleting';
      await running.removeNodes(nodeIds);
      if (cache.snapshottingNodeId !== undefined && nodeIds.includes(cache.snapshottingNodeId)) {
        cache.snapshottingNodeId = nodesOf(cache).findLast(({ id }) => !nodeIds.includes(id))?.id;
      }
    },
  });
};
