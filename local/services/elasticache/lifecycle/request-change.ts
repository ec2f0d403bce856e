import { ServiceError } from '../../../service.ts';
import type { ControlPlane } from '../control-plane.ts';
import { checkParameterGroup, chooseVersion, saysCluster } from '../creating/engine-choice.ts';
import { MOST_RETENTION_DAYS } from '../creating/foundations.ts';
import { chooseSecurityGroups } from '../creating/subnets.ts';
import { findVersion, isAtLeast } from '../engine-versions.ts';
import { type LogChangeRequest, planLogs } from '../log-delivery/plan.ts';
import { findSubnetGroup } from '../lookups.ts';
import { allowedNodeTypes } from '../node-types.ts';
import { defaultGroupName } from '../parameter-families.ts';
import { type Cache, type NodeChange, nodesOf, transitModeOf } from '../state/cache.ts';
import { checkInteger, invalidCombination, invalidValue } from '../validation/faults.ts';
import { checkTopicArn } from '../validation/topic.ts';
import { checkWindows } from '../validation/windows.ts';
import { applyPending, awaitMaintenance, hasChanges } from './change.ts';
import { type AccessRequest, planAccess } from './plan-access.ts';
import { type AvailabilityRequest, planAvailability } from './plan-availability.ts';
import { planTransit, type TransitRequest } from './plan-transit.ts';

/** What the two calls that change caches have in common. */
export interface ChangeRequest extends AccessRequest, AvailabilityRequest, LogChangeRequest, TransitRequest {
  readonly ApplyImmediately?: boolean | undefined;
  readonly CacheNodeType?: string | undefined;
  readonly EngineVersion?: string | undefined;
  readonly CacheParameterGroupName?: string | undefined;
  readonly SecurityGroupIds?: readonly string[] | undefined;
  readonly PreferredMaintenanceWindow?: string | undefined;
  readonly SnapshotWindow?: string | undefined;
  readonly SnapshotRetentionLimit?: number | undefined;
  readonly NotificationTopicArn?: string | undefined;
  readonly NotificationTopicStatus?: string | undefined;
  readonly AutoMinorVersionUpgrade?: boolean | undefined;
}

/**
 * Checks the whole request, then changes the settings at once and the nodes as asked: immediately, or in the next
 * maintenance window.
 *
 * @throws ServiceError for the first rule broken; then nothing has changed
 */
export const requestChange = async (plane: ControlPlane, cache: Cache, request: ChangeRequest): Promise<void> => {
  const nodeChange = planNodeChange(plane, cache, request);
  const settings = await planSettings(plane, cache, request);
  // The checks above asked EC2: meanwhile another call may have begun its own change.
  if (cache.status !== 'available') throw notAvailable(cache);
  Object.assign(cache, settings);
  if (request.NotificationTopicArn !== undefined || request.NotificationTopicStatus !== undefined) {
    const topicStatus = request.NotificationTopicStatus === 'inactive' ? 'inactive' : 'active';
    for (const node of nodesOf(cache)) node.topicStatus = topicStatus;
  }
  if (settings.securityGroupIds) {
    plane.jobs.run(`Telling of security groups of ${cache.id}`, async () => {
      for (const { id } of nodesOf(cache)) await plane.notify(cache, 'CacheClusterSecurityGroupModified', id);
    });
  }
  const shown = cache.pending;
  cache.pending = withoutPresent(cache, { ...cache.pending, ...nodeChange });
  // Applying immediately also flushes what waited for the window.
  if (request.ApplyImmediately && hasChanges(cache.pending)) applyPending(plane, cache, shown);
  else if (hasChanges(nodeChange)) awaitMaintenance(plane, cache, shown);
};

/** A value that is there already calls off what was pending. */
const withoutPresent = (cache: Cache, change: NodeChange): NodeChange => {
  const { automaticFailover, multiAz, transit, ...rest } = change;
  return {
    ...rest,
    ...(automaticFailover && automaticFailover !== cache.automaticFailover ? { automaticFailover } : {}),
    ...(multiAz !== undefined && multiAz !== cache.multiAz ? { multiAz } : {}),
    ...(transit && transit !== transitModeOf(cache) ? { transit } : {}),
  };
};

/** @throws ServiceError the fault of a group or a cluster that is not `available` */
export const notAvailable = ({ kind }: Pick<Cache, 'kind'>): ServiceError =>
  kind === 'replication-group'
    ? new ServiceError('InvalidReplicationGroupStateFault', 'Replication group must be in available state to modify.')
    : new ServiceError('InvalidCacheClusterStateFault', 'Cache cluster must be in available state to modify.');

const planNodeChange = (plane: ControlPlane, cache: Cache, request: ChangeRequest): NodeChange => {
  const change: NodeChange = {};
  const { CacheNodeType: nodeType } = request;
  if (nodeType !== undefined && nodeType !== cache.nodeType) {
    const { scaleUp, scaleDown } = allowedNodeTypes(cache.nodeType);
    if (![...scaleUp, ...scaleDown].includes(nodeType)) {
      throw invalidValue(
        `Cannot change the node type from ${cache.nodeType} to ${nodeType}. See ListAllowedNodeTypeModifications.`,
      );
    }
    if (cache.pending.engineVersion !== undefined && request.EngineVersion === undefined) {
      throw invalidCombination('An engine upgrade is pending. Apply or cancel it before changing the node type.');
    }
    change.nodeType = nodeType;
  }
  return {
    ...change,
    ...planEngine(plane, cache, request),
    ...planAccess(plane, cache, request),
    ...planAvailability(cache, request),
    ...planLogs(cache, request),
    ...planTransit(cache, request),
  };
};

const planEngine = (plane: ControlPlane, cache: Cache, request: ChangeRequest): NodeChange => {
  const present = findVersion(cache.engine, cache.engineVersion);
  const target = request.EngineVersion === undefined ? present : chooseVersion(cache.engine, request.EngineVersion);
  if (!present || !target) throw new Error(`${cache.id} has the unknown engine version ${cache.engineVersion}`);
  if (!isAtLeast(target.full, present.full)) {
    throw invalidCombination(`The engine cannot be downgraded from ${present.full} to ${target.full}.`);
  }
  const change: NodeChange = target === present ? {} : { engineVersion: target.full };
  const isDefault = cache.parameterGroupName === defaultGroupName(present.family, cache.clusterMode);
  const named = request.CacheParameterGroupName?.toLowerCase();
  const name = named ?? (isDefault ? defaultGroupName(target.family, cache.clusterMode) : cache.parameterGroupName);
  // Also without a new group: an upgrade out of the group's family needs one.
  const group = checkParameterGroup(plane, name, target);
  if (saysCluster(group) !== cache.clusterMode) {
    const needed = cache.clusterMode ? 'yes' : 'no';
    throw invalidCombination(`The parameter group ${name} must have cluster-enabled set to ${needed} for ${cache.id}.`);
  }
  return group.name === cache.parameterGroupName ? change : { ...change, parameterGroupName: group.name };
};

type Settings = Partial<
  Pick<
    Cache,
    | 'securityGroupIds'
    | 'maintenanceWindow'
    | 'snapshotWindow'
    | 'snapshotRetentionLimit'
    | 'topicArn'
    | 'autoMinorVersionUpgrade'
  >
>;

const planSettings = async (plane: ControlPlane, cache: Cache, request: ChangeRequest): Promise<Settings> => {
  const { SnapshotWindow, PreferredMaintenanceWindow, SnapshotRetentionLimit, NotificationTopicArn } = request;
  checkInteger('SnapshotRetentionLimit', SnapshotRetentionLimit, 0, MOST_RETENTION_DAYS);
  const snapshotWindow = SnapshotWindow ?? cache.snapshotWindow;
  const maintenanceWindow = PreferredMaintenanceWindow?.toLowerCase() ?? cache.maintenanceWindow;
  checkWindows(snapshotWindow, maintenanceWindow);
  const status = request.NotificationTopicStatus;
  if (status !== undefined && status !== 'active' && status !== 'inactive') {
    throw invalidValue(`NotificationTopicStatus must be active or inactive, not ${status}.`);
  }
  const topicArn = NotificationTopicArn && checkTopicArn(NotificationTopicArn, plane.region, plane.accountId);
  const { vpcId } = findSubnetGroup(plane, cache.subnetGroupName);
  const groups = request.SecurityGroupIds;
  return {
    snapshotWindow,
    maintenanceWindow,
    ...(SnapshotRetentionLimit === undefined ? {} : { snapshotRetentionLimit: SnapshotRetentionLimit }),
    ...(NotificationTopicArn === undefined ? {} : { topicArn: topicArn || undefined }),
    ...(request.AutoMinorVersionUpgrade === undefined
      ? {}
      : { autoMinorVersionUpgrade: request.AutoMinorVersionUpgrade }),
    ...(groups?.length ? { securityGroupIds: await chooseSecurityGroups(plane, groups, vpcId) } : {}),
  };
};
