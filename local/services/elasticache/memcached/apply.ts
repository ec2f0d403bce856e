import type { ControlPlane } from '../control-plane.ts';
import { msUntilOpen, parseMaintenanceWindow } from '../validation/windows.ts';
import { moveTo } from './life.ts';
import { type MemcachedCluster, newNodes, type PendingChange } from './state.ts';

export const hasChanges = (change: PendingChange): boolean => Object.keys(change).length > 0;

/**
 * Applies `cluster.pending` in the background: `modifying` until memcached has taken it and the service's time is over.
 * What cannot be applied is taken back, said in the events, and the cluster is available as before.
 */
export const applyPending = (plane: ControlPlane, cluster: MemcachedCluster): void => {
  cluster.cancelMaintenance?.();
  delete cluster.cancelMaintenance;
  const change = cluster.pending;
  const staleUntil = plane.world.clock.now() + plane.delays.readAfterWriteLagSeconds * 1000;
  moveTo(cluster, 'modifying', staleUntil);
  plane.jobs.run(`Changing ${cluster.id}`, async (signal) => {
    let isDone = false;
    try {
      await apply(plane, cluster, change, signal);
      isDone = true;
    } catch (error) {
      if (signal.aborted) return;
      plane.world.log('elasticache', `${cluster.arn} could not be changed: ${(error as Error).message}`);
    }
    cluster.pending = {};
    moveTo(cluster, 'available');
    if (isDone) await reportSuccess(plane, cluster, change);
    else await reportFailure(plane, cluster, change);
  });
};

/** Leaves `cluster.pending` to the next maintenance window; a cluster that is busy then is looked at again a minute later. */
export const awaitMaintenance = (plane: ControlPlane, cluster: MemcachedCluster): void => {
  cluster.cancelMaintenance?.();
  const { clock } = plane.world;
  const attempt = () => {
    if (cluster.status === 'available') applyPending(plane, cluster);
    else cluster.cancelMaintenance = clock.after(60_000, attempt);
  };
  const wait = msUntilOpen(parseMaintenanceWindow(cluster.maintenanceWindow), clock.now());
  cluster.cancelMaintenance = clock.after(wait, attempt);
};

const apply = async (
  plane: ControlPlane,
  cluster: MemcachedCluster,
  change: PendingChange,
  signal: AbortSignal,
): Promise<void> => {
  const { engineVersion, parameterGroupName, zonesToAdd = [], nodeIdsToRemove = [] } = change;
  const before = { engineVersion: cluster.engineVersion, parameterGroupName: cluster.parameterGroupName };
  const kept = cluster.nodes;
  cluster.engineVersion = engineVersion ?? cluster.engineVersion;
  cluster.parameterGroupName = parameterGroupName ?? cluster.parameterGroupName;
  const leaving = kept.filter(({ id }) => nodeIdsToRemove.includes(id));
  const coming = newNodes(cluster, zonesToAdd, new Date(plane.world.clock.now()));
  for (const node of leaving) node.status = 'deleting';
  cluster.nodes = [...kept, ...coming];
  try {
    await plane.world.clock.sleep(plane.delays.changeSeconds * 1000, signal);
    if (coming.length > 0) await plane.memcached.addNodes(cluster, coming);
    if (leaving.length > 0) await plane.memcached.get(cluster)?.remove(nodeIdsToRemove);
    const staying = kept.filter((node) => !leaving.includes(node));
    // A new engine version comes with a restart, and memcached keeps nothing over that (guide, upgrading engines).
    if (engineVersion) await plane.memcached.restart(cluster, staying);
    for (const node of coming) node.status = 'available';
    cluster.nodes = [...staying, ...coming];
  } catch (error) {
    Object.assign(cluster, before);
    for (const node of leaving) node.status = 'available';
    // Nodes that run although a later step failed stay: they are in nobody's way, and clients may know them already.
    const running = plane.memcached.get(cluster)?.nodeIds ?? [];
    cluster.nodes = [...kept, ...coming].filter(({ id }) => running.includes(id));
    for (const node of cluster.nodes) node.status = 'available';
    throw error;
  }
};

const reportSuccess = async (plane: ControlPlane, cluster: MemcachedCluster, change: PendingChange) => {
  const record = (message: string) => plane.journal.record('cache-cluster', cluster.id, message);
  const { zonesToAdd, nodeIdsToRemove, engineVersion, parameterGroupName } = change;
  const now = cluster.nodes.length;
  if (zonesToAdd) {
    for (const { id, availabilityZone } of cluster.nodes.slice(-zonesToAdd.length)) {
      record(`Added cache node ${id} in availability zone ${availabilityZone}`);
    }
    record(`Finished modifying number of nodes from ${now - zonesToAdd.length} to ${now}`);
    await plane.notify(cluster, 'AddCacheNodeComplete', cluster.id);
  }
  if (nodeIdsToRemove) {
    for (const id of nodeIdsToRemove) record(`Removed cache node ${id}`);
    record(`Finished modifying number of nodes from ${now + nodeIdsToRemove.length} to ${now}`);
    await plane.notify(cluster, 'RemoveCacheNodeComplete', cluster.id);
  }
  if (engineVersion) record(`Cache engine upgraded to ${engineVersion}`);
  if (parameterGroupName) {
    record(`Applied the cache parameter group ${parameterGroupName}`);
    await plane.notify(cluster, 'CacheClusterParametersChanged', cluster.id);
  }
};

const reportFailure = async (plane: ControlPlane, cluster: MemcachedCluster, change: PendingChange) => {
  plane.journal.record('cache-cluster', cluster.id, 'Failed applying modification.');
  if (change.zonesToAdd) await plane.notify(cluster, 'AddCacheNodeFailed', cluster.id);
};
