import type { RebootCacheClusterCommandInput, RebootCacheClusterCommandOutput } from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { beginReboot, unbootable } from '../lifecycle/reboot.ts';
import { findCluster } from '../lookups.ts';
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
      const found = findCluster(plane, input.CacheClusterId);
      const { cache, node } = found;
      if (cache.status !== 'available')
        throw invalidState(`Cache cluster ${node.id} is ${node.status}, not available.`);
      if (cache.clusterMode) throw invalidState(`${node.id} has cluster mode enabled and cannot be rebooted.`);
      const ids = input.CacheNodeIdsToReboot ?? [];
      if (ids.length !== 1 || ids[0] !== '0001') throw invalidState(`${node.id} has only the node 0001 to reboot.`);
      const waiting = unbootable(plane, cache, node);
      if (waiting) throw notEmulated(`a reboot that brings in the parameter ${waiting}`);
      beginReboot(plane, found);
      return { CacheCluster: viewCacheCluster(plane, found, true) };
    },
  });
