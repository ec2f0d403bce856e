import type { Observation, PeerRule, SecurityGroupSeen } from '../observation.ts';
import type { Fault } from '../schemas.ts';
import { isKnown, type ReadableSpec } from '../spec.ts';
import { portOf } from './port.ts';
import { type Reach, reachOf } from './reach.ts';
import { type AccountRule, faultsOf } from './rule.ts';
import { nodesToAdd } from './topology.ts';

type PortRange = Pick<PeerRule, 'fromPort' | 'toPort'>;

/** The subnet group exists, spans two zones when the cache shall, and has an address for every node that comes. */
export const subnetGroupRule: AccountRule = (spec, { subnetGroup, cache }) => {
  const added = nodesToAdd(spec, cache);
  const free = subnetGroup?.freeAddresses;
  const name = spec.cacheSubnetGroupName ?? 'default';
  return faultsOf(
    'cacheSubnetGroupName',
    spec.cacheSubnetGroupName,
    {
      broken: isKnown(spec, 'cacheSubnetGroupName') && subnetGroup === undefined,
      rule: `There is no subnet group ${name}.`,
      remedy: 'Name an existing subnet group, or create it first.',
    },
    {
      broken:
        subnetGroup !== undefined &&
        spec.engine !== 'memcached' &&
        spec.multiAZEnabled === true &&
        subnetGroup.zones.length < 2,
      rule: 'Multi-AZ needs a subnet group with subnets in at least two zones.',
      remedy: `${name} has subnets in ${subnetGroup?.zones.join(', ') || 'no zone'} only: add one in another zone.`,
    },
    {
      broken: free !== undefined && added > free,
      rule: `Every node takes an address: ${added} would come, and the subnets of ${name} have ${free} left.`,
      remedy: 'Add a larger subnet to the group, or choose a smaller cache.',
    },
  );
};

/** Each security group that is named exists, and is in the cache's VPC. */
export const securityGroupsRule: AccountRule = ({ securityGroupIds = [] }, { securityGroups, subnetGroup }) =>
  securityGroupIds.flatMap((id, index): Fault[] => {
    const group = securityGroups.find((found) => found.id === id);
    return faultsOf(
      `securityGroupIds.${index}`,
      id,
      {
        broken: group === undefined,
        rule: `There is no security group ${id}.`,
        remedy: 'Name an existing security group of the cache’s VPC.',
      },
      {
        broken: group !== undefined && subnetGroup !== undefined && group.vpcId !== subnetGroup.vpcId,
        rule: `The security group ${id} is in ${group?.vpcId}, the subnets are in ${subnetGroup?.vpcId}.`,
        remedy: 'Name a security group of the same VPC.',
      },
    );
  });

/**
 * None of the groups that the cache will have lets the world in on its port, also not those that it has because none is
 * named. Which addresses a prefix list holds is not looked up.
 */
export const openToTheWorldRule: AccountRule = (spec, seen) =>
  openedTo('world', spec, seen).map((opened) => ({
    ...opened,
    remedy: 'Let in only the security groups or private addresses of the clients.',
  }));

/** A few public addresses may be those of an office; they may be those of a provider's other customers too. */
export const publicAddressesWarning: AccountRule = (spec, seen) =>
  openedTo('few', spec, seen).map(({ rule, ...opened }) => ({
    ...opened,
    rule: `${rule.slice(0, -1)}, which are addresses of the Internet.`,
    remedy: 'Let in security groups or private addresses instead, unless these are surely the clients’ own.',
  }));

/**
 * One of the cache's groups lets in the function that verifies it: otherwise a good cache would be made, and then undone.
 * Refuses only what cannot work: which addresses a range or a prefix list covers is not looked up.
 */
export const verifierRule: AccountRule = (spec, { cache, cacheGroups = [], verifierGroupId }) => {
  const { securityGroupIds } = spec;
  const port = portOf(spec, cache);
  const areAllThere = cacheGroups.length > 0 && cacheGroups.length >= (securityGroupIds?.length ?? 0);
  if (verifierGroupId === undefined || !areAllThere) return [];
  const covers = ({ fromPort, toPort }: PortRange) => fromPort <= port && port <= toPort;
  const isKnownPeer = ({ id }: PeerRule) => id === verifierGroupId || id.startsWith('pl-');
  const mayEnter = cacheGroups.some(
    ({ inbound, peers = [] }) => inbound.some(covers) || peers.filter(isKnownPeer).some(covers),
  );
  const which = securityGroupIds
    ? 'one of these security groups'
    : `the VPC’s default group ${cacheGroups[0]?.id}, as none is named`;
  return faultsOf('securityGroupIds', securityGroupIds, {
    broken: isKnown(spec, 'securityGroupIds', 'port') && !mayEnter,
    rule: `Nobody could verify the cache: its security groups do not let ${verifierGroupId} in on port ${port}.`,
    remedy: `Let ${verifierGroupId}, which autopilot.yaml names, in on port ${port}: in ${which}.`,
  });
};

/** Each group of the cache that opens its port to ranges of this reach. */
const openedTo = (
  reach: Reach,
  spec: ReadableSpec,
  { cache, securityGroups, cacheGroups = securityGroups }: Observation,
): Omit<Fault, 'remedy'>[] => {
  const port = portOf(spec, cache);
  return cacheGroups.flatMap((group) => {
    const ranges = group.inbound
      .filter(({ cidr, fromPort, toPort }) => fromPort <= port && port <= toPort && reachOf(cidr) === reach)
      .map(({ cidr }) => cidr);
    if (ranges.length === 0) return [];
    const { where, which } = named(group, spec);
    return [{ ...where, rule: `The security group ${which} opens port ${port} to ${ranges.join(' and ')}.` }];
  });
};

/** Where the specification names a group, or that it does not. */
const named = ({ id }: SecurityGroupSeen, { securityGroupIds = [] }: ReadableSpec) => {
  const index = securityGroupIds.indexOf(id);
  return index < 0
    ? { where: { path: 'securityGroupIds' }, which: `${id}, which applies as none is named,` }
    : { where: { path: `securityGroupIds.${index}`, value: id }, which: id };
};
