import type { ControlPlane } from '../control-plane.ts';
import type { NotificationName } from '../notifications.ts';
import type { ClusterStatus, MemcachedCluster, MemcachedNode } from './state.ts';

/** Which status may follow which (API reference, CacheCluster.CacheClusterStatus). */
const NEXT: Readonly<Record<ClusterStatus, readonly ClusterStatus[]>> = {
  creating: ['available', 'incompatible-network'],
  available: ['modifying', 'rebooting cluster nodes', 'deleting'],
  modifying: ['available'],
  'rebooting cluster nodes': ['available'],
  'incompatible-network': ['deleting'],
  deleting: [],
};

export const mayBecome = ({ status }: MemcachedCluster, next: ClusterStatus): boolean => NEXT[status].includes(next);

/** @param staleUntil account time (ms) until which Describe still shows the status before */
export const moveTo = (cluster: MemcachedCluster, status: ClusterStatus, staleUntil?: number): void => {
  if (!mayBecome(cluster, status)) throw new Error(`${cluster.id} cannot go from ${cluster.status} to ${status}`);
  if (staleUntil === undefined) delete cluster.stale;
  else cluster.stale = { status: cluster.status, until: staleUntil };
  cluster.status = status;
};

const lagEnd = ({ world, delays }: ControlPlane) => world.clock.now() + delays.readAfterWriteLagSeconds * 1000;

const record = ({ journal }: ControlPlane, { id }: MemcachedCluster, message: string) =>
  journal.record('cache-cluster', id, message);
const notify = (plane: ControlPlane, cluster: MemcachedCluster, name: NotificationName) =>
  plane.notify(cluster, name, cluster.id);

/** Writes a new cluster down as `creating` and makes it real in the background. */
export const beginCreation = (plane: ControlPlane, cluster: MemcachedCluster): void => {
  plane.state.memcached.put(cluster.id, cluster);
  const failure = plane.switches.takeFailure();
  plane.jobs.run(`Creating ${cluster.id}`, async (signal) => {
    const waited = plane.world.clock.sleep(plane.delays.creationSeconds * 1000, signal);
    try {
      // Both have to be over: memcached's own answer, and the time that the service takes.
      await Promise.all([waited, plane.switches.pass(signal), failure ? undefined : plane.memcached.start(cluster)]);
      if (failure) throw new Error(failure);
    } catch (error) {
      await waited.catch(() => undefined);
      await plane.memcached.stop(cluster).catch(() => undefined);
      if (signal.aborted) return;
      const { message } = error as Error;
      moveTo(cluster, 'incompatible-network');
      plane.world.log('elasticache', `${cluster.arn} could not be created: ${message}`);
      record(plane, cluster, `Failed to create the cache cluster: ${message}`);
      await notify(plane, cluster, 'CacheClusterProvisioningFailed');
      return;
    }
    if (signal.aborted) return;
    for (const node of cluster.nodes) node.status = 'available';
    moveTo(cluster, 'available');
    recordAdded(plane, cluster, cluster.nodes);
    record(plane, cluster, 'Cache cluster created');
    await notify(plane, cluster, 'CacheClusterProvisioningComplete');
  });
};

const recordAdded = (plane: ControlPlane, cluster: MemcachedCluster, nodes: readonly MemcachedNode[]) => {
  for (const { id, availabilityZone } of nodes) {
    record(plane, cluster, `Added cache node ${id} in availability zone ${availabilityZone}`);
  }
};

/** Ends a cluster: its processes first, then, after the time that the service takes, its record. */
export const beginDeletion = (plane: ControlPlane, cluster: MemcachedCluster): void => {
  moveTo(cluster, 'deleting', lagEnd(plane));
  cluster.cancelMaintenance?.();
  plane.jobs.run(`Deleting ${cluster.id}`, async (signal) => {
    await plane.memcached.stop(cluster);
    await plane.world.clock.sleep(plane.delays.deletionSeconds * 1000, signal);
    plane.state.memcached.delete(cluster.id);
    record(plane, cluster, 'Cache cluster deleted');
    await notify(plane, cluster, 'DeleteCacheClusterComplete');
  });
};

/** Nodes go down and come back empty; parameters that waited for it hold from then on. */
export const beginReboot = (plane: ControlPlane, cluster: MemcachedCluster, nodes: readonly MemcachedNode[]): void => {
  moveTo(cluster, 'rebooting cluster nodes');
  for (const node of nodes) node.status = 'rebooting';
  plane.jobs.run(`Rebooting nodes of ${cluster.id}`, async (signal) => {
    for (const { id } of nodes) record(plane, cluster, `Cache node ${id} shutdown`);
    try {
      await plane.memcached.restart(cluster, nodes);
      await plane.world.clock.sleep(plane.delays.changeSeconds * 1000, signal);
    } finally {
      if (!signal.aborted) {
        for (const node of nodes) node.status = 'available';
        moveTo(cluster, 'available');
      }
    }
    for (const { id } of nodes) record(plane, cluster, `Cache node ${id} restarted`);
    await notify(plane, cluster, 'CacheNodesRebooted');
  });
};
