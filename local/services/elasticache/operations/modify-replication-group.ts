import type {
  ModifyReplicationGroupCommandInput as Input,
  ModifyReplicationGroupCommandOutput as Output,
} from '@aws-sdk/client-elasticache';
import { operation } from '../../../service.ts';
import type { PlaneOf } from '../control-plane.ts';
import { notAvailable, requestChange } from '../lifecycle/request-change.ts';
import { logPermissions, prepareLogDestinations } from '../log-delivery/prepare.ts';
import { findGroup } from '../lookups.ts';
import { cacheKeys, permissionOn } from '../permissions.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import { invalidCombination, invalidValue, refuseParameters } from '../validation/faults.ts';
import { viewReplicationGroup } from '../views/replication-group.ts';

/** Each comes with its own capability. */
const LATER = ['PrimaryClusterId', 'ClusterMode', 'CacheSecurityGroupNames', 'IpDiscovery', 'Durability'] as const;

/** Longest description (API reference, ModifyReplicationGroup). */
const LONGEST_DESCRIPTION = 255;

export const modifyReplicationGroup = (planeOf: PlaneOf) =>
  operation<Input, Output>({
    permissions: (input, call) => {
      const plane = planeOf(call);
      const context = cacheKeys(input);
      const { CacheParameterGroupName: group, UserGroupIdsToAdd = [], UserGroupIdsToRemove = [] } = input;
      return [
        permissionOn(plane, call, 'replicationgroup', input.ReplicationGroupId ?? '', context),
        ...(group === undefined ? [] : [permissionOn(plane, call, 'parametergroup', group, context)]),
        ...logPermissions(input),
        ...[...UserGroupIdsToAdd, ...UserGroupIdsToRemove].map((id) =>
          permissionOn(plane, call, 'usergroup', id, context),
        ),
      ];
    },
    async handle(input, call) {
      const plane = planeOf(call);
      const cache = findGroup(plane, input.ReplicationGroupId);
      if (cache.status !== 'available') throw notAvailable(cache);
      refuseUnchanged(input, cache);
      const description = input.ReplicationGroupDescription;
      if (description !== undefined && description.length > LONGEST_DESCRIPTION) {
        throw invalidValue(
          `ReplicationGroupDescription has ${description.length} characters; at most 255 are allowed.`,
        );
      }
      await prepareLogDestinations(plane, call, input);
      const snapshottingNodeId = chooseSnapshottingNode(cache, input);
      await requestChange(plane, cache, input);
      if (description !== undefined) cache.description = description;
      cache.snapshottingNodeId = snapshottingNodeId;
      return { ReplicationGroup: await viewReplicationGroup(plane, cache) };
    },
  });

/** The service takes a field's present value as no change; only a real change of these is beyond the local account. */
const refuseUnchanged = (input: Input, cache: Cache) => {
  const present: Partial<Record<keyof Input, unknown>> = {
    ClusterMode: cache.clusterMode ? 'enabled' : 'disabled',
    IpDiscovery: 'ipv4',
  };
  const changed = LATER.filter((name) => input[name] !== present[name]);
  refuseParameters('ModifyReplicationGroup', input, changed);
  if (input.Engine !== undefined && input.Engine.toLowerCase() !== cache.engine) {
    refuseParameters('ModifyReplicationGroup', input, ['Engine']);
  }
};

const chooseSnapshottingNode = (cache: Cache, input: Input): string | undefined => {
  const { SnapshottingClusterId: asked, SnapshotRetentionLimit: retention } = input;
  if (asked !== undefined) {
    if (cache.clusterMode) throw invalidCombination('SnapshottingClusterId cannot be set with cluster mode enabled.');
    const node = nodesOf(cache).find(({ id }) => id === asked.toLowerCase());
    if (!node) throw invalidValue(`SnapshottingClusterId ${asked} is no member of ${cache.id}.`);
    return node.id;
  }
  const turnsOn = retention !== undefined && retention > 0 && !cache.clusterMode && !cache.snapshottingNodeId;
  if (turnsOn) {
    throw invalidCombination('Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots');
  }
  return retention === 0 ? undefined : cache.snapshottingNodeId;
};
