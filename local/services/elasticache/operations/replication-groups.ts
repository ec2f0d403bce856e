import type {
  DeleteReplicationGroupCommandInput,
  DeleteReplicationGroupCommandOutput,
  DescribeReplicationGroupsCommandInput,
  DescribeReplicationGroupsCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { beginDeletion } from '../lifecycle/delete.ts';
import { findGroup, isVisible } from '../lookups.ts';
import { pageOf } from '../paging.ts';
import { permissionOn } from '../permissions.ts';
import { mayFollow } from '../transitions.ts';
import { refuseParameters } from '../validation/faults.ts';
import { viewReplicationGroup } from '../views/replication-group.ts';
import { finalSnapshot, finalSnapshotPermissions } from './final-snapshot.ts';

export const describeReplicationGroups = (planeOf: PlaneOf) =>
  operation<DescribeReplicationGroupsCommandInput, DescribeReplicationGroupsCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'replicationgroup', input.ReplicationGroupId)],
    async handle(input, call) {
      const plane = planeOf(call);
      const { ReplicationGroupId: id } = input;
      const groups =
        id === undefined ? plane.state.groups.all().filter((cache) => isVisible(plane, cache)) : [findGroup(plane, id)];
      const { items, Marker } = pageOf(groups, (cache) => cache.id, input);
      const ReplicationGroups = await Promise.all(items.map((cache) => viewReplicationGroup(plane, cache)));
      return { ReplicationGroups, Marker };
    },
  });

export const deleteReplicationGroup = (planeOf: PlaneOf) =>
  operation<DeleteReplicationGroupCommandInput, DeleteReplicationGroupCommandOutput>({
    permissions: (input, call) => [
      permissionOn(planeOf(call), call, 'replicationgroup', input.ReplicationGroupId ?? ''),
      ...finalSnapshotPermissions(planeOf(call), 'replicationgroup', input.ReplicationGroupId, input),
    ],
    async handle(input, call) {
      const plane = planeOf(call);
      const cache = findGroup(plane, input.ReplicationGroupId);
      if (!mayFollow(cache.status, 'deleting')) {
        throw new ServiceError(
          'InvalidReplicationGroupStateFault',
          `Replication group ${cache.id} has status ${cache.status} which is not valid for deletion.`,
        );
      }
      if (input.RetainPrimaryCluster) refuseParameters('DeleteReplicationGroup', input, ['RetainPrimaryCluster']);
      beginDeletion(plane, cache, await finalSnapshot(plane, cache, input.FinalSnapshotIdentifier));
      const view = await viewReplicationGroup(plane, cache);
      return { ReplicationGroup: { ...view, Status: cache.status } };
    },
  });
