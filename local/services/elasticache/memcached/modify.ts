import type { ModifyCacheClusterCommandInput as Input } from '@aws-sdk/client-elasticache';
import { ServiceError } from '../../../service.ts';
import type { ControlPlane } from '../control-plane.ts';
import { checkParameterGroup, chooseVersion } from '../creating/engine-choice.ts';
import { checkNodeQuota } from '../creating/foundations.ts';
import { chooseSecurityGroups, zonesOf } from '../creating/subnets.ts';
import { findVersion, isAtLeast } from '../engine-versions.ts';
import { findSubnetGroup } from '../lookups.ts';
import { checkInteger, invalidCombination, invalidValue, notEmulated, refuseParameters } from '../validation/faults.ts';
import { checkTopicArn } from '../validation/topic.ts';
import { parseMaintenanceWindow } from '../validation/windows.ts';
import { applyPending, awaitMaintenance, hasChanges } from './apply.ts';
import { checkNodesPerCluster, refuseWhatRedisHas } from './create.ts';
import { placeNodes } from './placement.ts';
import type { MemcachedCluster, PendingChange } from './state.ts';

const LATER = ['CacheSecurityGroupNames', 'ScaleConfig'] as const;

/**
 * Changes a memcached cluster: settings at once, nodes, engine and parameter group immediately or in the next
 * maintenance window.
 *
 * @throws ServiceError with the code that AWS gives for the first rule broken; then nothing has changed
 */
export const modifyMemcachedCluster = async (
  plane: ControlPlane,
  cluster: MemcachedCluster,
  input: Input,
): Promise<void> => {
  checkAvailable(cluster);
  refuseParameters('ModifyCacheCluster', input, LATER);
  if (input.IpDiscovery !== undefined && input.IpDiscovery !== 'ipv4')
    throw notEmulated(`IpDiscovery ${input.IpDiscovery}`);
  refuseWhatRedisHas(input);
  if (input.AuthTokenUpdateStrategy !== undefined) {
    throw invalidCombination('AuthTokenUpdateStrategy is not for the engine memcached.');
  }
  if (input.Engine !== undefined && input.Engine.toLowerCase() !== 'memcached')
    throw notEmulated('changing the engine');
  if (input.CacheNodeType !== undefined && input.CacheNodeType !== cluster.nodeType) {
    throw invalidCombination('The node type of a memcached cluster cannot be changed. Create a new cluster instead.');
  }
  const settings = await planSettings(plane, cluster, input);
  // EC2 was asked: meanwhile another call may have begun its own change. From here on nobody comes in between.
  checkAvailable(cluster);
  const planned = planNodes(plane, cluster, { ...cluster.pending, ...planEngine(plane, cluster, input) }, input);
  const before = JSON.stringify(cluster.pending);
  Object.assign(cluster, settings);
  cluster.pending = planned;
  if (settings.securityGroupIds) {
    plane.jobs.run(`Telling of security groups of ${cluster.id}`, () =>
      plane.notify(cluster, 'CacheClusterSecurityGroupModified', cluster.id),
    );
  }
  recordRequest(plane, cluster, input);
  if (!hasChanges(planned)) {
    cluster.cancelMaintenance?.();
    delete cluster.cancelMaintenance;
  } else if (input.ApplyImmediately) applyPending(plane, cluster);
  else if (JSON.stringify(planned) !== before) awaitMaintenance(plane, cluster);
};

const checkAvailable = ({ status }: MemcachedCluster) => {
  if (status === 'available') return;
  throw new ServiceError('InvalidCacheClusterStateFault', 'Cache cluster must be in available state to modify.');
};

const planEngine = (plane: ControlPlane, cluster: MemcachedCluster, input: Input): PendingChange => {
  const present = findVersion('memcached', cluster.engineVersion);
  const target = input.EngineVersion === undefined ? present : chooseVersion('memcached', input.EngineVersion);
  if (!present || !target) throw new Error(`${cluster.id} has the unknown engine version ${cluster.engineVersion}`);
  if (!isAtLeast(target.full, present.full)) {
    throw invalidCombination(`The engine cannot be downgraded from ${present.full} to ${target.full}.`);
  }
  const name = input.CacheParameterGroupName?.toLowerCase() ?? cluster.parameterGroupName;
  const group = checkParameterGroup(plane, name, target);
  return {
    ...(target === present ? {} : { engineVersion: target.full }),
    ...(group.name === cluster.parameterGroupName ? {} : { parameterGroupName: group.name }),
  };
};

/**
 * What of nodes is to come after this request. A removal takes the place of whatever waited; an addition takes the
 * place of a removal, and adds to an addition; the present number cancels both (API reference, NumCacheNodes).
 */
const planNodes = (
  plane: ControlPlane,
  cluster: MemcachedCluster,
  pending: PendingChange,
  input: Input,
): PendingChange => {
  const { zonesToAdd = [], nodeIdsToRemove: _waiting, ...others } = pending;
  const { NumCacheNodes: wanted, CacheNodeIdsToRemove: toRemove, NewAvailabilityZones: newZones } = input;
  const present = cluster.nodes.length;
  checkInteger('NumCacheNodes', wanted, 1, Number.MAX_SAFE_INTEGER);
  if (toRemove !== undefined && (wanted ?? present) >= present) {
    throw invalidCombination('CacheNodeIdsToRemove needs a NumCacheNodes below the present number of nodes.');
  }
  if ((newZones !== undefined || input.AZMode !== undefined) && (wanted ?? present) <= present) {
    throw invalidCombination('AZMode and NewAvailabilityZones need a NumCacheNodes above the present number of nodes.');
  }
  if (wanted === undefined) return pending;
  if (wanted === present) return others;
  if (wanted < present) return { ...others, nodeIdsToRemove: chooseLeaving(cluster, wanted, toRemove) };

  const coming = present + zonesToAdd.length;
  if (wanted <= coming) {
    throw invalidCombination(
      `${zonesToAdd.length} nodes wait to be added to the ${present} there are. Ask for more than ${coming}, or for ${present} to cancel them.`,
    );
  }
  checkNodesPerCluster(plane, wanted);
  checkNodeQuota(plane, wanted - present);
  const offered = zonesOf(findSubnetGroup(plane, cluster.subnetGroupName));
  const single = new Set(cluster.nodes.map(({ availabilityZone }) => availabilityZone));
  const zones = placeNodes(
    {
      azMode: input.AZMode,
      // Nodes that are to be in one zone join those that are there.
      zone: newZones === undefined && input.AZMode !== 'cross-az' ? [...single][0] : undefined,
      zones: newZones,
      zonesName: 'NewAvailabilityZones',
      nodeCount: wanted - coming,
    },
    offered,
  );
  return { ...others, zonesToAdd: [...zonesToAdd, ...zones] };
};

const chooseLeaving = (cluster: MemcachedCluster, wanted: number, ids: readonly string[] = []): readonly string[] => {
  const difference = cluster.nodes.length - wanted;
  if (ids.length !== difference || new Set(ids).size !== ids.length) {
    throw invalidCombination(
      `CacheNodeIdsToRemove must name ${difference} different nodes to get from ${cluster.nodes.length} to ${wanted} nodes.`,
    );
  }
  const unknown = ids.find((id) => cluster.nodes.every((node) => node.id !== id));
  if (unknown === undefined) return ids;
  const known = cluster.nodes.map(({ id }) => id).join(', ');
  throw invalidValue(`${cluster.id} has no cache node ${unknown}. It has ${known}.`);
};

type Settings = Partial<
  Pick<
    MemcachedCluster,
    'securityGroupIds' | 'maintenanceWindow' | 'topicArn' | 'topicStatus' | 'autoMinorVersionUpgrade'
  >
>;

const planSettings = async (plane: ControlPlane, cluster: MemcachedCluster, input: Input): Promise<Settings> => {
  const { NotificationTopicArn: topic, NotificationTopicStatus: topicStatus, SecurityGroupIds: groups } = input;
  const maintenanceWindow = input.PreferredMaintenanceWindow?.toLowerCase();
  if (maintenanceWindow !== undefined) parseMaintenanceWindow(maintenanceWindow);
  if (topicStatus !== undefined && topicStatus !== 'active' && topicStatus !== 'inactive') {
    throw invalidValue(`NotificationTopicStatus must be active or inactive, not ${topicStatus}.`);
  }
  const topicArn = topic && checkTopicArn(topic, plane.region, plane.accountId);
  const { vpcId } = findSubnetGroup(plane, cluster.subnetGroupName);
  return {
    ...(maintenanceWindow === undefined ? {} : { maintenanceWindow }),
    ...(topic === undefined ? {} : { topicArn: topicArn || undefined }),
    ...(topic === undefined && topicStatus === undefined ? {} : { topicStatus: topicStatus ?? 'active' }),
    ...(input.AutoMinorVersionUpgrade === undefined ? {} : { autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade }),
    ...(groups?.length ? { securityGroupIds: await chooseSecurityGroups(plane, groups, vpcId) } : {}),
  };
};

const recordRequest = ({ journal }: ControlPlane, cluster: MemcachedCluster, { NumCacheNodes: wanted }: Input) => {
  const present = cluster.nodes.length;
  if (wanted === undefined || wanted === present) return;
  const direction = wanted > present ? 'Increasing' : 'Decreasing';
  journal.record('cache-cluster', cluster.id, `${direction} number of requested nodes`);
};
