import type {
  ModifyReplicationGroupShardConfigurationCommandInput as Input,
  ModifyReplicationGroupShardConfigurationCommandOutput as Output,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { checkNodeQuota } from '../creating/foundations.ts';
import { checkFreeAddresses } from '../creating/free-addresses.ts';
import { zonesOf } from '../creating/subnets.ts';
import { chooseZones, nextNodeIds, type PlannedShardNodes, preferredZones } from '../lifecycle/new-nodes.ts';
import { notAvailable } from '../lifecycle/request-change.ts';
import { beginReshard, type ReshardPlan } from '../lifecycle/reshard.ts';
import { findGroup, findSubnetGroup } from '../lookups.ts';
import { permissionOn } from '../permissions.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import { checkInteger, invalidCombination, invalidValue } from '../validation/faults.ts';
import { checkClusterSize, checkShardIds } from '../validation/resizing.ts';
import { areShared } from '../validation/share-slots.ts';
import { checkMultiAz, checkShardQuota } from '../validation/topology.ts';
import { viewReplicationGroup } from '../views/replication-group.ts';

export const modifyReplicationGroupShardConfiguration = (planeOf: PlaneOf) =>
  operation<Input, Output>({
    permissions: (input, call) => {
      const count = input.NodeGroupCount;
      const context = count === undefined ? {} : { 'elasticache:NumNodeGroups': String(count) };
      return [permissionOn(planeOf(call), call, 'replicationgroup', input.ReplicationGroupId ?? '', context)];
    },
    async handle(input, call) {
      const plane = planeOf(call);
      const cache = findGroup(plane, input.ReplicationGroupId);
      if (!cache.clusterMode) {
        throw invalidValue('Operation is only applicable for cluster mode enabled replication groups.');
      }
      if (input.ApplyImmediately !== true) throw invalidValue('ApplyImmediately must be true: resharding cannot wait.');
      checkInteger('NodeGroupCount', input.NodeGroupCount, 1, Number.MAX_SAFE_INTEGER);
      const { coming } = planReshard(plane, cache, input);
      const zones = coming.flatMap(({ nodes }) => nodes.map(({ availabilityZone }) => availabilityZone));
      await checkFreeAddresses(plane, cache, zones);
      // Planned again after EC2 was asked: of two calls at once one has to be refused.
      beginReshard(plane, cache, planReshard(plane, cache, input));
      return { ReplicationGroup: await viewReplicationGroup(plane, cache) };
    },
  });

const planReshard = (plane: ControlPlane, cache: Cache, input: Input): ReshardPlan => {
  if (cache.status !== 'available') throw notAvailable(cache);
  const count = input.NodeGroupCount ?? cache.shards.length;
  checkShardQuota(count, plane);
  const leaving = planLeavingShards(cache, input, count);
  if (count === cache.shards.length) checkRebalance(cache, input);
  return { leaving, coming: count > cache.shards.length ? planNewShards(plane, cache, input, count) : [] };
};

/** Numbers go on from the highest that the group ever had, so that an id never means two shards. */
const newShardIds = (cache: Cache, more: number): readonly string[] => {
  const highest = Math.max(cache.highestShardNumber ?? 0, ...cache.shards.map(({ id }) => Number(id)));
  return Array.from({ length: more }, (_, index) => String(highest + 1 + index).padStart(4, '0'));
};

const planNewShards = (
  plane: ControlPlane,
  cache: Cache,
  input: Input,
  count: number,
): readonly PlannedShardNodes[] => {
  const ids = newShardIds(cache, count - cache.shards.length);
  const configured = input.ReshardingConfiguration ?? [];
  const known = [...cache.shards.map(({ id }) => id), ...ids];
  const named = checkShardIds(
    configured.map(({ NodeGroupId }) => NodeGroupId),
    known,
  );
  // New shards get as many nodes as the smallest has (ElastiCache guide, online resizing).
  const nodeCount = Math.min(...cache.shards.map(({ nodes }) => nodes.length));
  const zones = zonesOf(findSubnetGroup(plane, cache.subnetGroupName));
  const coming = ids.map((shardId, index) => {
    const preferred = configured[named.indexOf(shardId)]?.PreferredAvailabilityZones;
    const places = preferred
      ? preferredZones(preferred, [], nodeCount, zones)
      : chooseZones([], nodeCount, zones, cache.shards.length + index);
    const nodeIds = nextNodeIds(cache, shardId, [], nodeCount);
    return { shardId, nodes: nodeIds.map((id, place) => ({ id, availabilityZone: places[place] ?? '' })) };
  });
  if (cache.multiAz) {
    const placed = coming.map(({ shardId: id, nodes }) => ({ id, zones: nodes.map((node) => node.availabilityZone) }));
    checkMultiAz(true, placed);
  }
  const more = coming.length * nodeCount;
  checkClusterSize(nodesOf(cache).length + more, plane.quotas);
  checkNodeQuota(plane, more);
  return coming;
};

const planLeavingShards = (cache: Cache, input: Input, count: number): readonly string[] => {
  const { NodeGroupsToRemove: toRemove, NodeGroupsToRetain: toRetain, ReshardingConfiguration: configured } = input;
  const present = cache.shards.map(({ id }) => id);
  if (count >= present.length) {
    if (!toRemove?.length && !toRetain?.length) return [];
    throw invalidCombination('NodeGroupsToRemove and NodeGroupsToRetain are for fewer node groups than there are now.');
  }
  if (configured?.length)
    throw invalidCombination('ReshardingConfiguration is for more node groups than there are now.');
  if (Boolean(toRemove?.length) === Boolean(toRetain?.length)) {
    throw invalidCombination('Give either NodeGroupsToRemove or NodeGroupsToRetain to decrease the number of shards.');
  }
  const named = checkShardIds(toRemove?.length ? toRemove : (toRetain ?? []), present);
  const leaving = toRemove?.length ? named : present.filter((id) => !named.includes(id));
  if (leaving.length === present.length - count) return leaving;
  const list = toRemove?.length ? 'NodeGroupsToRemove' : 'NodeGroupsToRetain';
  throw invalidCombination(
    `${list} would leave ${present.length - leaving.length} node groups; NodeGroupCount is ${count}.`,
  );
};

const checkRebalance = (cache: Cache, { ReshardingConfiguration: configured }: Input) => {
  if (configured?.length)
    throw invalidCombination('ReshardingConfiguration is for more node groups than there are now.');
  if (!areShared(cache.shards)) return;
  throw new ServiceError(
    'InvalidReplicationGroupStateFault',
    'Slots in the replication group are uniformly distributed. Nothing to do.',
  );
};
