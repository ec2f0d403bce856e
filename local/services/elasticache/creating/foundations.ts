import type { Tag } from '@aws-sdk/client-elasticache';
import { ServiceError } from '../../../service.ts';
import { NO_TOKENS, type TokenSet } from '../auth-tokens.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { EngineVersion } from '../engine-versions.ts';
import type { EngineName } from '../state/cache.ts';
import { nodeCount, type ParameterGroup, type SubnetGroup } from '../state/region-state.ts';
import { hashAuthToken } from '../validation/auth-token.ts';
import { checkInteger, invalidValue, notEmulated, refuseParameters } from '../validation/faults.ts';
import { checkTags } from '../validation/tags.ts';
import { checkTopicArn } from '../validation/topic.ts';
import {
  checkWindows,
  defaultWindows,
  overlap,
  parseMaintenanceWindow,
  parseSnapshotWindow,
} from '../validation/windows.ts';
import { checkNodeType, checkParameterGroup, chooseEngine, chooseVersion } from './engine-choice.ts';
import { chooseSecurityGroups, chooseSubnetGroup } from './subnets.ts';

/** What the two calls that make caches have in common. */
export interface CommonRequest {
  readonly Engine?: string | undefined;
  readonly EngineVersion?: string | undefined;
  readonly CacheNodeType?: string | undefined;
  readonly CacheParameterGroupName?: string | undefined;
  readonly CacheSubnetGroupName?: string | undefined;
  readonly SecurityGroupIds?: readonly string[] | undefined;
  readonly PreferredMaintenanceWindow?: string | undefined;
  readonly SnapshotWindow?: string | undefined;
  readonly SnapshotRetentionLimit?: number | undefined;
  readonly NotificationTopicArn?: string | undefined;
  readonly AutoMinorVersionUpgrade?: boolean | undefined;
  readonly AuthToken?: string | undefined;
  readonly TransitEncryptionEnabled?: boolean | undefined;
  readonly Port?: number | undefined;
  readonly NetworkType?: string | undefined;
  readonly IpDiscovery?: string | undefined;
  readonly Tags?: readonly Tag[] | undefined;
}

/** What is settled in the same way for every engine. */
export interface Ground {
  readonly version: EngineVersion;
  readonly nodeType: string;
  /** Undefined when the request names none: the default depends on the cluster mode. */
  readonly parameterGroup: ParameterGroup | undefined;
  readonly subnetGroup: SubnetGroup;
  readonly securityGroupIds: readonly string[];
  readonly snapshotWindow: string;
  readonly maintenanceWindow: string;
  readonly topicArn: string | undefined;
  readonly autoMinorVersionUpgrade: boolean;
  readonly port: number;
  readonly tags: Map<string, string>;
}

/** A request's settings, checked and completed. */
export interface Foundations extends Ground {
  readonly engine: EngineName;
  readonly snapshotRetentionLimit: number;
  readonly tls: boolean;
  readonly tokens: TokenSet;
}

/** Automatic backups are kept at most this long (guide, scheduling automatic backups). */
export const MOST_RETENTION_DAYS = 35;

/** Parameters that need a capability which the local account does not have yet. */
const LATER = ['CacheSecurityGroupNames', 'SnapshotArns', 'SnapshotName', 'PreferredOutpostArn'] as const;

/** @throws ServiceError with the code that AWS gives for the first rule broken */
export const layFoundations = async (
  plane: ControlPlane,
  operation: string,
  id: string,
  request: CommonRequest,
): Promise<Foundations> => {
  refuseUnknown(operation, request);
  const engine = chooseEngine(request.Engine);
  const version = chooseVersion(engine, request.EngineVersion);
  checkNodeType(request.CacheNodeType);
  const tls = request.TransitEncryptionEnabled ?? false;
  const tokens: TokenSet =
    request.AuthToken === undefined ? NO_TOKENS : { hashes: [hashAuthToken(request.AuthToken, tls)], required: true };
  checkInteger('SnapshotRetentionLimit', request.SnapshotRetentionLimit, 0, MOST_RETENTION_DAYS);
  const ground = await layGround(plane, id, request, version, 6379);
  return { ...ground, engine, snapshotRetentionLimit: request.SnapshotRetentionLimit ?? 0, tls, tokens };
};

/** @throws ServiceError for parameters and network types that the local account does not have */
export const refuseUnknown = (operation: string, request: CommonRequest): void => {
  refuseParameters(operation, request, LATER);
  for (const family of ['NetworkType', 'IpDiscovery'] as const) {
    const value = request[family];
    if (value !== undefined && value !== 'ipv4') throw notEmulated(`${family} ${value}`);
  }
};

/** @throws ServiceError with the code that AWS gives for the first rule broken */
export const layGround = async (
  plane: ControlPlane,
  id: string,
  request: CommonRequest,
  version: EngineVersion,
  defaultPort: number,
): Promise<Ground> => {
  const nodeType = checkNodeType(request.CacheNodeType);
  checkInteger('Port', request.Port, 1024, 65_535);
  const windows = chooseWindows(id, request);
  const topicArn = request.NotificationTopicArn;
  if (topicArn !== undefined) checkTopicArn(topicArn, plane.region, plane.accountId);
  const tags = checkTags(request.Tags, plane.quotas.tagsPerResource);
  const groupName = request.CacheParameterGroupName;
  const parameterGroup = groupName === undefined ? undefined : checkParameterGroup(plane, groupName, version);
  const subnetGroup = await chooseSubnetGroup(plane, request.CacheSubnetGroupName);
  const securityGroupIds = await chooseSecurityGroups(plane, request.SecurityGroupIds, subnetGroup.vpcId);
  return {
    version,
    nodeType,
    parameterGroup,
    subnetGroup,
    securityGroupIds,
    ...windows,
    topicArn,
    autoMinorVersionUpgrade: request.AutoMinorVersionUpgrade ?? true,
    port: request.Port ?? defaultPort,
    tags,
  };
};

/** What the request leaves out is chosen so that it does not meet the other window. */
const chooseWindows = (id: string, request: CommonRequest) => {
  const { SnapshotWindow, PreferredMaintenanceWindow } = request;
  const defaults = defaultWindows(id);
  const snapshotWindow = SnapshotWindow ?? firstApart(PreferredMaintenanceWindow, defaults.snapshotWindow);
  const maintenanceWindow = (
    PreferredMaintenanceWindow ?? firstFree(snapshotWindow, defaults.maintenanceWindow)
  ).toLowerCase();
  checkWindows(snapshotWindow, maintenanceWindow);
  return { snapshotWindow, maintenanceWindow };
};

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
const hourAfter = (hour: string) => HOURS[(Number(hour) + 1) % HOURS.length] ?? '00';

const firstApart = (maintenanceWindow: string | undefined, preferred: string): string => {
  if (maintenanceWindow === undefined) return preferred;
  const taken = parseMaintenanceWindow(maintenanceWindow);
  const candidates = [preferred, ...HOURS.map((hour) => `${hour}:00-${hourAfter(hour)}:00`)];
  const free = candidates.find((candidate) => !overlap(parseSnapshotWindow(candidate), taken));
  if (free) return free;
  throw invalidValue(`The maintenance window ${maintenanceWindow} leaves no hour of the day for snapshots.`);
};

const firstFree = (snapshotWindow: string, preferred: string): string => {
  const taken = parseSnapshotWindow(snapshotWindow);
  const candidates = [preferred, ...HOURS.slice(0, -1).map((hour) => `sun:${hour}:00-sun:${hourAfter(hour)}:00`)];
  const free = candidates.find((candidate) => !overlap(taken, parseMaintenanceWindow(candidate)));
  if (free) return free;
  throw invalidValue(`The snapshot window ${snapshotWindow} leaves no hour of the day for maintenance.`);
};

/** @throws ServiceError NodeQuotaForCustomerExceeded */
export const checkNodeQuota = (plane: ControlPlane, more: number): void => {
  const { nodesPerRegion } = plane.quotas;
  const nodes = nodeCount(plane.state) + more;
  if (nodes <= nodesPerRegion) return;
  throw new ServiceError(
    'NodeQuotaForCustomerExceededFault',
    `${nodes} nodes would exceed the quota of ${nodesPerRegion} nodes in ${plane.region}.`,
  );
};
