import type { CacheSeen, Caches } from '../platform/caches.ts';
import type { RememberedSpec } from '../platform/ledger.ts';
import { parameterGroupName, tokenSecretName } from '../platform/names.ts';
import type { ParameterGroups, ParameterInGroup } from '../platform/parameter-groups.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Snapshots } from '../platform/snapshots.ts';
import { wantedParameterGroup } from './changes/parameters.ts';
import { type SnapshotPurpose, snapshotNameOf } from './changes/upgrade.ts';
import { lookForRoom } from './look-for-room.ts';
import type {
  NodeQuotasSeen,
  Observation,
  ParameterSeen,
  SecurityGroupSeen,
  SubnetGroupSeen,
  UserGroupSeen,
} from './observation.ts';
import { cacheIdRule } from './rules/cache-id.ts';
import { familyOf, likelyFamilyOf } from './rules/parameters.ts';
import { shapeOf } from './rules/topology.ts';
import type { ReadableSpec } from './spec.ts';

/** The rest of the account that a new cache depends on. */
export interface Surroundings {
  subnetGroup(name: string): Promise<SubnetGroupSeen | undefined>;
  /** Those that exist. */
  securityGroups(ids: readonly string[]): Promise<readonly SecurityGroupSeen[]>;
  /** The group that ElastiCache takes when none is named. */
  defaultSecurityGroup(vpcId: string): Promise<SecurityGroupSeen | undefined>;
  engineVersions(engine: string): Promise<Observation['engineVersions']>;
  /** The node types to which ElastiCache would move an existing cache. */
  allowedNodeTypes(cacheId: string): Promise<NonNullable<Observation['allowedNodeTypes']>>;
  /** Whether this Region has nodes of the type. */
  isNodeTypeOffered(nodeType: string): Promise<boolean>;
  /** Those of CloudWatch Logs that exist. */
  logGroups(names: readonly string[]): Promise<readonly string[]>;
  /** Those that exist. */
  userGroups(ids: readonly string[]): Promise<readonly UserGroupSeen[]>;
  nodeQuotas(): Promise<NodeQuotasSeen>;
}

export interface Eyes {
  readonly caches: Caches;
  readonly parameterGroups: ParameterGroups;
  readonly secrets: Secrets;
  readonly surroundings: Surroundings;
  readonly snapshots: Pick<Snapshots, 'find'>;
  /** What the ledger remembers of a cache. */
  readonly rememberedSpec: (cacheId: string) => Promise<RememberedSpec | undefined>;
  /** The security group of the verifying function, by VPC. */
  readonly verifierGroups?: Readonly<Record<string, string>>;
}

/** What is asked for: the specification, as far as it can be read, by one operation at one time. */
export interface Question {
  readonly spec: ReadableSpec;
  readonly operationId: string;
  /** ISO 8601, UTC. */
  readonly now: string;
}

/** Looks at everything in the account that the plan for this specification depends on. Changes nothing. */
export const look = async ({ spec, operationId, now }: Question, eyes: Eyes): Promise<Observation> => {
  const { caches, parameterGroups, secrets, surroundings, verifierGroups = {} } = eyes;
  const { engine, cacheParameterGroupName } = spec;
  // AWS would refuse to look up an impossible name, and there is nothing of that name anyway.
  const cacheId = spec.cacheId !== undefined && cacheIdRule(spec).length === 0 ? spec.cacheId : undefined;

  const cache = cacheId === undefined ? undefined : await caches.find(cacheId, 'with details');
  // A cache that is there stays where it is; one that is not gets ElastiCache's own choices.
  const subnetGroupName = spec.cacheSubnetGroupName ?? cache?.subnetGroup ?? 'default';
  const securityGroupIds = spec.securityGroupIds ?? cache?.securityGroupIds ?? [];
  const changing = cache && (await lookAtChanges(cache, spec, operationId, eyes));
  const [namedGroup, secret, userSecret, subnetGroup, groups, engineVersions] = await Promise.all([
    cacheParameterGroupName && parameterGroups.find(cacheParameterGroupName),
    cacheId && spec.authToken && secrets.find(tokenSecretName(cacheId)),
    spec.userSecretName === undefined ? undefined : lookAtUserSecret(spec.userSecretName, secrets),
    surroundings.subnetGroup(subnetGroupName),
    surroundings.securityGroups(securityGroupIds),
    engine === undefined ? [] : surroundings.engineVersions(engine),
  ]);

  const family = familyOf(spec, { engineVersions });
  // Parameters are judged also when the version does not exist: one fault must not hide the others.
  const likely = likelyFamilyOf(spec, { engineVersions });
  const standard = likely && spec.parameters && `default.${likely}${isClusterMode(spec) ? '.cluster.on' : ''}`;
  const ownGroup = cacheId && family && spec.parameters && parameterGroupName(cacheId, family);
  const moves = cacheId && cache?.status === 'available' && family ? { ...spec, cacheId } : undefined;
  const wanted =
    moves && wantedParameterGroup({ spec: moves, seen: { engineVersions, remembered: changing?.remembered } });
  // Its own group is built on the family's defaults, which are looked at anyway, and so is a named one.
  const usual = wanted && !spec.parameters && !namedGroup ? wanted : undefined;
  const old = wanted && wanted !== cache?.parameterGroup ? cache?.parameterGroup : undefined;
  const [room, known, group, values, named, before, after] = await Promise.all([
    lookForRoom({ spec, cache, subnetGroup }, surroundings),
    standard ? parameterGroups.parametersOf(standard) : [],
    ownGroup ? parameterGroups.find(ownGroup) : undefined,
    ownGroup ? parameterGroups.parametersOf(ownGroup, 'user') : [],
    namedGroup ? parameterGroups.parametersOf(namedGroup.name) : [],
    old ? parameterGroups.parametersOf(old) : [],
    old && usual ? parameterGroups.parametersOf(usual) : [],
  ]);

  const verifierGroupId = subnetGroup && verifierGroups[subnetGroup.vpcId];
  const standardGroup =
    subnetGroup !== undefined && securityGroupIds.length === 0
      ? await surroundings.defaultSecurityGroup(subnetGroup.vpcId)
      : undefined;

  return {
    observedAt: now,
    cache,
    ...changing,
    ...room,
    parameterGroup: group
      ? { family: group.family, values: Object.fromEntries(values.map(({ name, value = '' }) => [name, value])) }
      : undefined,
    namedParameterGroup: namedGroup
      ? { family: namedGroup.family, clusterEnabled: named.some(isClusterEnabled) }
      : undefined,
    bootValues: old ? { from: bootValuesOf(before), to: bootValuesOf([...after, ...named, ...known]) } : undefined,
    secret: secret ? { arn: secret.arn, deletionScheduled: secret.deletionScheduled } : undefined,
    ...(userSecret ? { userSecret } : {}),
    subnetGroup,
    securityGroups: groups,
    cacheGroups: standardGroup ? [standardGroup] : groups,
    verifierGroupId,
    engineVersions,
    parameters: Object.fromEntries(known.map(({ name, ...parameter }): [string, ParameterSeen] => [name, parameter])),
  };
};

/** What only the change of a cache depends on. */
const lookAtChanges = async (cache: CacheSeen, spec: ReadableSpec, operationId: string, eyes: Eyes) => {
  const { cacheId, kind, status, nodeType } = cache;
  const moves =
    kind !== 'cluster' && status === 'available' && spec.cacheNodeType !== undefined && spec.cacheNodeType !== nodeType;
  const snapshotBefore = async (purpose: SnapshotPurpose) => {
    const found = await eyes.snapshots.find(snapshotNameOf(cacheId, operationId, purpose));
    return found && { name: found.name, status: found.status };
  };
  const [remembered, upgrade, restart, allowedNodeTypes] = await Promise.all([
    eyes.rememberedSpec(cacheId),
    snapshotBefore('upgrade'),
    snapshotBefore('restart'),
    moves ? eyes.surroundings.allowedNodeTypes(cacheId) : undefined,
  ]);
  return {
    remembered: remembered?.spec,
    snapshotsBefore: { ...(upgrade ? { upgrade } : {}), ...(restart ? { restart } : {}) },
    allowedNodeTypes,
  };
};

/** What Secrets Manager takes for a name (CreateSecret, Name); it would refuse to look up another. */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

const lookAtUserSecret = async (name: string, secrets: Secrets): Promise<Observation['userSecret']> => {
  const found = SECRET_NAME.test(name) ? await secrets.find(name) : undefined;
  if (!found) return 'missing';
  return found.deletionScheduled ? 'deletion scheduled' : 'there';
};

const isClusterMode = (spec: ReadableSpec): boolean => spec.engine !== 'memcached' && shapeOf(spec).clusterMode;

const isClusterEnabled = ({ name, value }: { name: string; value?: string | undefined }): boolean =>
  name === 'cluster-enabled' && value === 'yes';

const bootValuesOf = (parameters: readonly ParameterInGroup[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    parameters
      .filter(({ changeType }) => changeType === 'requires-reboot')
      .map(({ name, value = '' }) => [name, value]),
  );
