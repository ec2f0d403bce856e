import type {
  DeleteCacheClusterCommandInput,
  DeleteCacheClusterCommandOutput,
  DescribeCacheClustersCommandInput,
  DescribeCacheClustersCommandOutput,
  ModifyCacheClusterCommandInput,
  ModifyCacheClusterCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { beginDeletion } from '../lifecycle/delete.ts';
import { notAvailable, requestChange } from '../lifecycle/request-change.ts';
import { logPermissions, prepareLogDestinations } from '../log-delivery/prepare.ts';
import { findCluster, isVisible } from '../lookups.ts';
import { beginDeletion as beginMemcachedDeletion, mayBecome } from '../memcached/life.ts';
import { modifyMemcachedCluster } from '../memcached/modify.ts';
import { findMemcached, isMemcachedVisible, type MemcachedCluster } from '../memcached/state.ts';
import { viewMemcachedCluster } from '../memcached/view.ts';
import { pageOf } from '../paging.ts';
import { cacheKeys, permissionOn } from '../permissions.ts';
import { nodesOf } from '../state/cache.ts';
import { allNodes, type FoundNode } from '../state/region-state.ts';
import { mayFollow } from '../transitions.ts';
import { invalidCombination, invalidValue, notEmulated, refuseParameters } from '../validation/faults.ts';
import { viewCacheCluster } from '../views/cache-cluster.ts';
import { finalSnapshot, finalSnapshotPermissions } from './final-snapshot.ts';

export const describeCacheClusters = (planeOf: PlaneOf) =>
  operation<DescribeCacheClustersCommandInput, DescribeCacheClustersCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'cluster', input.CacheClusterId)],
    handle(input, call) {
      const plane = planeOf(call);
      const { CacheClusterId: id, ShowCacheClustersNotInReplicationGroups: onlyAlone, ShowCacheNodeInfo } = input;
      const showNodes = ShowCacheNodeInfo ?? false;
      const listed = (found: FoundNode) => ({
        id: found.node.id,
        view: () => viewCacheCluster(plane, found, showNodes),
      });
      const listedMemcached = (cluster: MemcachedCluster) => ({
        id: cluster.id,
        view: () => viewMemcachedCluster(plane, cluster, showNodes),
      });
      const all = () => [
        ...allNodes(plane.state)
          .filter(({ cache }) => isVisible(plane, cache))
          .filter(({ cache }) => !onlyAlone || cache.kind === 'cluster')
          .map(listed),
        ...plane.state.memcached
          .all()
          .filter((cluster) => isMemcachedVisible(plane, cluster))
          .map(listedMemcached),
      ];
      const one = () => {
        const memcached = findMemcached(plane, id);
        return memcached ? listedMemcached(memcached) : listed(findCluster(plane, id));
      };
      const clusters = id === undefined ? all().sort((left, right) => (left.id < right.id ? -1 : 1)) : [one()];
      const { items, Marker } = pageOf(clusters, (cluster) => cluster.id, input);
      return { CacheClusters: items.map(({ view }) => view()), Marker };
    },
  });

export const modifyCacheCluster = (planeOf: PlaneOf) =>
  operation<ModifyCacheClusterCommandInput, ModifyCacheClusterCommandOutput>({
    permissions: (input, call) => {
      const plane = planeOf(call);
      const context = cacheKeys(input);
      const { CacheParameterGroupName: group } = input;
      return [
        permissionOn(plane, call, 'cluster', input.CacheClusterId ?? '', context),
        ...logPermissions(input),
        ...(group === undefined ? [] : [permissionOn(plane, call, 'parametergroup', group, context)]),
      ];
    },
    async handle(input, call) {
      const plane = planeOf(call);
      const memcached = findMemcached(plane, input.CacheClusterId);
      if (memcached) {
        await modifyMemcachedCluster(plane, memcached, input);
        return { CacheCluster: viewMemcachedCluster(plane, memcached, false) };
      }
      const found = findCluster(plane, input.CacheClusterId);
      const { cache, node } = found;
      if (cache.kind === 'replication-group') {
        throw invalidCombination(`${node.id} is a member of ${cache.id}. Use ModifyReplicationGroup.`);
      }
      if (cache.status !== 'available') throw notAvailable(cache);
      if (input.NumCacheNodes !== undefined && input.NumCacheNodes !== 1) {
        throw invalidValue(`NumCacheNodes must be 1 for the engine redis, not ${input.NumCacheNodes}.`);
      }
      if (input.AZMode !== undefined || input.NewAvailabilityZones !== undefined || input.CacheNodeIdsToRemove) {
        throw invalidCombination('AZMode, NewAvailabilityZones and CacheNodeIdsToRemove are for memcached only.');
      }
      refuseParameters('ModifyCacheCluster', input, ['CacheSecurityGroupNames', 'ScaleConfig']);
      if (input.Engine !== undefined && input.Engine !== cache.engine) throw notEmulated('changing the engine');
      await prepareLogDestinations(plane, call, input);
      await requestChange(plane, cache, input);
      return { CacheCluster: viewCacheCluster(plane, found, false) };
    },
  });

export const deleteCacheCluster = (planeOf: PlaneOf) =>
  operation<DeleteCacheClusterCommandInput, DeleteCacheClusterCommandOutput>({
    permissions: (input, call) => [
      permissionOn(planeOf(call), call, 'cluster', input.CacheClusterId ?? ''),
      ...finalSnapshotPermissions(planeOf(call), 'cluster', input.CacheClusterId, input),
    ],
    async handle(input, call) {
      const plane = planeOf(call);
      const memcached = findMemcached(plane, input.CacheClusterId);
      if (memcached) {
        deleteMemcachedCluster(plane, memcached, input.FinalSnapshotIdentifier);
        const view = viewMemcachedCluster(plane, memcached, false);
        return { CacheCluster: { ...view, CacheClusterStatus: memcached.status } };
      }
      const found = findCluster(plane, input.CacheClusterId);
      checkDeletable(found);
      beginDeletion(plane, found.cache, await finalSnapshot(plane, found.cache, input.FinalSnapshotIdentifier));
      return { CacheCluster: { ...viewCacheCluster(plane, found, false), CacheClusterStatus: found.node.status } };
    },
  });

const deleteMemcachedCluster = (plane: ControlPlane, cluster: MemcachedCluster, finalSnapshot: string | undefined) => {
  if (finalSnapshot !== undefined) {
    const message = `${cluster.id} runs memcached, which has no snapshots. Leave FinalSnapshotIdentifier out.`;
    throw new ServiceError('SnapshotFeatureNotSupportedFault', message);
  }
  if (!mayBecome(cluster, 'deleting')) {
    const message = `Cache cluster ${cluster.id} has status ${cluster.status} which is not valid for deletion.`;
    throw new ServiceError('InvalidCacheClusterStateFault', message);
  }
  beginMemcachedDeletion(plane, cluster);
};

const checkDeletable = ({ cache, node }: FoundNode) => {
  if (cache.kind === 'replication-group') {
    if (nodesOf(cache).length === 1) {
      throw new ServiceError(
        'InvalidCacheClusterStateFault',
        'Cannot delete the cache cluster since it is the only member of a replication group. Delete the replication group instead.',
      );
    }
    throw notEmulated(`deleting ${node.id}, one member of ${cache.id}`);
  }
  if (mayFollow(cache.status, 'deleting')) return;
  throw new ServiceError(
    'InvalidCacheClusterStateFault',
    `Cache cluster ${node.id} has status ${node.status} which is not valid for deletion.`,
  );
};
