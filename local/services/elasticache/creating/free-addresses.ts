import { ServiceError } from '../../../service.ts';
import type { ControlPlane } from '../control-plane.ts';
import { findSubnetGroup } from '../lookups.ts';
import type { Cache } from '../state/cache.ts';
import { allCaches, type SubnetGroup } from '../state/region-state.ts';

/**
 * Every node takes an address of a subnet in its zone (ElastiCache guide, subnets and subnet groups).
 *
 * @param zones of the nodes that are to come to this cache
 * @throws ServiceError InvalidVPCNetworkStateFault
 */
export const checkFreeAddresses = async (
  plane: ControlPlane,
  { subnetGroupName }: Pick<Cache, 'subnetGroupName'>,
  zones: readonly string[],
): Promise<void> => {
  if (zones.length === 0) return;
  const group = findSubnetGroup(plane, subnetGroupName);
  const free = await plane.network.freeAddresses(group.subnets.map(({ id }) => id));
  for (const zone of new Set(zones)) {
    const wanted = zones.filter((each) => each === zone).length;
    const subnets = group.subnets.filter(({ availabilityZone }) => availabilityZone === zone);
    const addresses = subnets.reduce((sum, { id }) => sum + (free.get(id) ?? 0), 0);
    // EC2 here does not know of the nodes' network interfaces: what they have taken is counted by ourselves.
    const left = addresses - takenIn(plane, group, zone);
    if (wanted <= left) continue;
    throw new ServiceError(
      'InvalidVPCNetworkStateFault',
      `The subnets of ${group.name} in ${zone} have ${Math.max(0, left)} free addresses; ${wanted} more are needed.`,
    );
  }
};

const takenIn = ({ state }: ControlPlane, group: SubnetGroup, zone: string): number => {
  const isShared = ({ id }: { readonly id: string }) => group.subnets.some((subnet) => subnet.id === id);
  const sharing = (name: string) =>
    state.subnetGroups.get(name)?.subnets.some((subnet) => subnet.availabilityZone === zone && isShared(subnet)) ??
    false;
  const clusters = [
    ...allCaches(state).map(({ subnetGroupName, shards }) => ({
      subnetGroupName,
      nodes: shards.flatMap(({ nodes }) => nodes),
    })),
    ...state.memcached.all(),
  ];
  return clusters
    .filter(({ subnetGroupName }) => sharing(subnetGroupName))
    .flatMap(({ nodes }): readonly { readonly availabilityZone: string }[] => nodes)
    .filter(({ availabilityZone }) => availabilityZone === zone).length;
};
