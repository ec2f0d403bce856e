import { ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane } from '../control-plane.ts';
import { findSubnetGroup } from '../lookups.ts';
import type { Subnet, SubnetGroup } from '../state/region-state.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';

const DEFAULT_NAME = 'default';

/** Every account with a default VPC has a subnet group `default` over its subnets. */
export const ensureDefaultSubnetGroup = async (plane: ControlPlane): Promise<SubnetGroup | undefined> => {
  const known = plane.state.subnetGroups.get(DEFAULT_NAME);
  if (known) return known;
  const subnets = await plane.network.defaultSubnets();
  const vpcId = subnets[0]?.vpcId;
  if (vpcId === undefined) return undefined;
  const group: SubnetGroup = {
    name: DEFAULT_NAME,
    arn: arnOf(plane.region, plane.accountId, 'subnetgroup', DEFAULT_NAME),
    description: 'Default CacheSubnetGroup',
    vpcId,
    subnets,
    tags: new Map(),
  };
  plane.state.subnetGroups.put(DEFAULT_NAME, group);
  return group;
};

/** The named subnet group, or the default one. @throws ServiceError CacheSubnetGroupNotFoundFault */
export const chooseSubnetGroup = async (plane: ControlPlane, name: string | undefined): Promise<SubnetGroup> => {
  const fallback = await ensureDefaultSubnetGroup(plane);
  if (name !== undefined) return findSubnetGroup(plane, name);
  if (fallback) return fallback;
  const message = `There is no default VPC in ${plane.region}. Name a CacheSubnetGroupName.`;
  throw new ServiceError('CacheSubnetGroupNotFoundFault', message);
};

/** In the order in which the group's subnets name them. */
export const zonesOf = ({ subnets }: SubnetGroup): readonly string[] => [
  ...new Set(subnets.map(({ availabilityZone }) => availabilityZone)),
];

/**
 * The security groups of a new or changed cache: those asked for, else the VPC's default one.
 *
 * @throws ServiceError for a group that does not exist or lies in another VPC
 */
export const chooseSecurityGroups = async (
  plane: ControlPlane,
  ids: readonly string[] | undefined,
  vpcId: string,
): Promise<readonly string[]> => {
  if (!ids?.length) {
    const fallback = await plane.network.defaultSecurityGroup(vpcId);
    return fallback ? [fallback.id] : [];
  }
  const found = new Map((await plane.network.securityGroups(ids)).map((group) => [group.id, group]));
  for (const id of ids) {
    const group = found.get(id);
    if (!group) throw invalidValue(`Some security group was not found: ${id} does not exist in ${plane.region}.`);
    if (group.vpcId !== vpcId) {
      throw invalidCombination(`Security group ${id} is in ${group.vpcId}, but the subnet group is in ${vpcId}.`);
    }
  }
  return ids;
};

/**
 * Subnets for a subnet group, as EC2 knows them.
 *
 * @throws ServiceError CacheSubnetQuotaExceededFault, InvalidSubnet
 */
export const chooseSubnets = async (plane: ControlPlane, ids: readonly string[]): Promise<readonly Subnet[]> => {
  const { subnetsPerGroup } = plane.quotas;
  const wanted = [...new Set(ids)];
  if (wanted.length > subnetsPerGroup) {
    const message = `${wanted.length} subnets exceed the quota of ${subnetsPerGroup} in a subnet group.`;
    throw new ServiceError('CacheSubnetQuotaExceededFault', message);
  }
  if (wanted.length === 0) throw new ServiceError('InvalidSubnet', 'Give at least one subnet in SubnetIds.');
  const found = new Map((await plane.network.subnets(wanted)).map((subnet) => [subnet.id, subnet]));
  const subnets = wanted.map((id) => {
    const subnet = found.get(id);
    if (!subnet) throw new ServiceError('InvalidSubnet', `The subnet ID '${id}' does not exist`);
    return subnet;
  });
  if (new Set(subnets.map(({ vpcId }) => vpcId)).size > 1) {
    throw new ServiceError('InvalidSubnet', 'All subnets of a subnet group must be in the same VPC.');
  }
  return subnets;
};
