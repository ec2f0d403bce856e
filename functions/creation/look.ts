import type { Caches } from '../platform/caches.ts';
import { parameterGroupName, tokenSecretName } from '../platform/names.ts';
import type { ParameterGroups } from '../platform/parameter-groups.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Observation, ParameterSeen, SecurityGroupSeen, SubnetGroupSeen } from './observation.ts';
import { cacheIdRule } from './rules/cache-id.ts';
import { familyOf } from './rules/parameters.ts';
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
}

export interface Eyes {
  readonly caches: Caches;
  readonly parameterGroups: ParameterGroups;
  readonly secrets: Secrets;
  readonly surroundings: Surroundings;
  /** The security group of the verifying function, by VPC. */
  readonly verifierGroups?: Readonly<Record<string, string>>;
}

/** Looks at everything in the account that the plan for this specification depends on. Changes nothing. */
export const look = async (spec: ReadableSpec, now: string, eyes: Eyes): Promise<Observation> => {
  const { caches, parameterGroups, secrets, surroundings, verifierGroups = {} } = eyes;
  const { engine, securityGroupIds = [], cacheParameterGroupName, cacheSubnetGroupName = 'default' } = spec;
  // AWS would refuse to look up an impossible name, and there is nothing of that name anyway.
  const cacheId = spec.cacheId !== undefined && cacheIdRule(spec).length === 0 ? spec.cacheId : undefined;

  const [cache, namedGroup, secret, subnetGroup, groups, engineVersions] = await Promise.all([
    cacheId && caches.find(cacheId, 'with details'),
    cacheParameterGroupName && parameterGroups.find(cacheParameterGroupName),
    cacheId && spec.authToken && secrets.find(tokenSecretName(cacheId)),
    surroundings.subnetGroup(cacheSubnetGroupName),
    surroundings.securityGroups(securityGroupIds),
    engine === undefined || engine === 'memcached' ? [] : surroundings.engineVersions(engine),
  ]);

  const family = familyOf(spec, { engineVersions });
  const standard = family && spec.parameters && `default.${family}${shapeOf(spec).clusterMode ? '.cluster.on' : ''}`;
  const ownGroup = cacheId && family && spec.parameters && parameterGroupName(cacheId, family);
  const [known, group, values, named] = await Promise.all([
    standard ? parameterGroups.parametersOf(standard) : [],
    ownGroup ? parameterGroups.find(ownGroup) : undefined,
    ownGroup ? parameterGroups.parametersOf(ownGroup, 'user') : [],
    namedGroup ? parameterGroups.parametersOf(namedGroup.name) : [],
  ]);

  const verifierGroupId = subnetGroup && verifierGroups[subnetGroup.vpcId];
  const standardGroup =
    verifierGroupId !== undefined && securityGroupIds.length === 0
      ? await surroundings.defaultSecurityGroup(subnetGroup?.vpcId ?? '')
      : undefined;

  return {
    observedAt: now,
    cache: cache || undefined,
    parameterGroup: group
      ? { family: group.family, values: Object.fromEntries(values.map(({ name, value = '' }) => [name, value])) }
      : undefined,
    namedParameterGroup: namedGroup
      ? { family: namedGroup.family, clusterEnabled: named.some(isClusterEnabled) }
      : undefined,
    secret: secret ? { arn: secret.arn, deletionScheduled: secret.deletionScheduled } : undefined,
    subnetGroup,
    securityGroups: groups,
    cacheGroups: standardGroup ? [standardGroup] : groups,
    verifierGroupId,
    engineVersions,
    parameters: Object.fromEntries(known.map(({ name, ...parameter }): [string, ParameterSeen] => [name, parameter])),
  };
};

const isClusterEnabled = ({ name, value }: { name: string; value?: string | undefined }): boolean =>
  name === 'cluster-enabled' && value === 'yes';
