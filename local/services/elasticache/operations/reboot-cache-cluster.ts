import type { RebootCacheClusterCommandInput, RebootCacheClusterCommandOutput } from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { valuesToBoot } from '../engine-shape.ts';
import { beginReboot } from '../lifecycle/reboot.ts';
import { findCluster } from '../lookups.ts';
import { beginReboot as beginMemcachedReboot } from '../memcached/life.ts';
import { findMemcached, type MemcachedCluster } from '../memcached/state.ts';
import { viewMemcachedCluster } from '../memcached/view.ts';
import { permissionOn } from '../permissions.ts';
import { notEmulated } from '../validation/faults.ts';
import { viewCacheCluster } from '../views/cache-cluster.ts';

/** The API models no other error for a reboot that cannot be. */
const invalidState = (message: string) => new ServiceError('InvalidCacheClusterStateFault', message);

export const rebootCacheCluster = (planeOf: PlaneOf) =>
  operation<RebootCacheClusterCommandInput, RebootCacheClusterCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'cluster', input.CacheClusterId ?? '')],
    handle(input, call) {
      const plane = planeOf(call);
      const ids = input.CacheNodeIdsToReboot ?? [];
      const memcached = findMemcached(plane, input.CacheClusterId);
      if (memcached) {
        rebootMemcached(plane, memcached, ids);
        return { CacheCluster: viewMemcachedCluster(plane, memcached, true) };
      }
      const found = findCluster(plane, input.CacheClusterId);
      const { cache, node } = found;
      if (cache.status !== 'available')
        throw invalidState(`Cache cluster ${node.id} is ${node.status}, not available.`);
      if (cache.clusterMode) throw invalidState(`${node.id} has cluster mode enabled and cannot be rebooted.`);
      if (ids.length !== 1 || ids[0] !== '0001') throw invalidState(`${node.id} has only the node 0001 to reboot.`);
      if ('cluster-enabled' in valuesToBoot(plane.state, cache, node)) {
        throw notEmulated('a reboot that brings in the parameter cluster-enabled');
      }
      beginReboot(plane, found);
      return { CacheCluster: viewCacheCluster(plane, found, true) };
    },
  });

const rebootMemcached = (plane: ControlPlane, cluster: MemcachedCluster, ids: readonly string[]) => {
  if (cluster.status !== 'available') {
    throw invalidState(`Cache cluster ${cluster.id} is ${cluster.status}, not available.`);
  }
  const nodes = cluster.nodes.filter(({ id }) => ids.includes(id));
  if (nodes.length === 0 || nodes.length !== ids.length) {
    const known = cluster.nodes.map(({ id }) => id).join(', ');
    throw invalidState(`CacheNodeIdsToReboot must name nodes of ${cluster.id}, each once. It has ${known}.`);
  }
  beginMemcachedReboot(plane, cluster, nodes);
};
