import type { InboundRule, PeerRule } from '../observation.ts';
import type { Fault } from '../schemas.ts';
import { isKnown } from '../spec.ts';
import { portOf } from './port.ts';
import { type AccountRule, faultsOf } from './rule.ts';
import { nodesToAdd } from './topology.ts';

type PortRange = Pick<PeerRule, 'fromPort' | 'toPort'>;

/** A range larger than the largest private network (10.0.0.0/8, fc00::/7) is the world, also when written in halves. */
const PRIVATE_PREFIX_BITS = { ipv4: 8, ipv6: 7 };

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

/** Each security group exists, is in the cache's VPC, and does not let the world in on the cache's port. */
export const securityGroupsRule: AccountRule = (spec, { securityGroups, subnetGroup }) => {
  const { securityGroupIds = [] } = spec;
  const port = portOf(spec);
  return securityGroupIds.flatMap((id, index): Fault[] => {
    const group = securityGroups.find((found) => found.id === id);
    const open = group?.inbound.filter((rule) => letsTheWorldIn(rule, port)).map(({ cidr }) => cidr) ?? [];
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
      {
        broken: open.length > 0,
        rule: `The security group ${id} opens port ${port} to ${open.join(' and ')}.`,
        remedy: 'Let in only the security groups or private addresses of the clients.',
      },
    );
  });
};

/**
 * One of the cache's groups lets in the function that verifies it: otherwise a good cache would be made, and then undone.
 * Refuses only what cannot work: which addresses a range or a prefix list covers is not looked up.
 */
export const verifierRule: AccountRule = (spec, { cacheGroups = [], verifierGroupId }) => {
  const { securityGroupIds } = spec;
  const port = portOf(spec);
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

const letsTheWorldIn = ({ cidr, fromPort, toPort }: InboundRule, port: number): boolean => {
  const bits = Number(cidr.split('/')[1]);
  // What cannot be read counts as open: doubt never opens a port.
  const wide = !Number.isInteger(bits) || bits < PRIVATE_PREFIX_BITS[cidr.includes(':') ? 'ipv6' : 'ipv4'];
  return wide && fromPort <= port && port <= toPort;
};
