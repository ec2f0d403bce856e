import type {
  CacheSubnetGroup,
  CreateCacheSubnetGroupCommandInput,
  CreateCacheSubnetGroupCommandOutput,
  DeleteCacheSubnetGroupCommandInput,
  DeleteCacheSubnetGroupCommandOutput,
  DescribeCacheSubnetGroupsCommandInput,
  DescribeCacheSubnetGroupsCommandOutput,
  ModifyCacheSubnetGroupCommandInput,
  ModifyCacheSubnetGroupCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { chooseSubnets, ensureDefaultSubnetGroup } from '../creating/subnets.ts';
import { findSubnetGroup } from '../lookups.ts';
import { zonesOfNodes } from '../memcached/state.ts';
import { pageOf } from '../paging.ts';
import { permissionOn, requestTags, tagOnCreate } from '../permissions.ts';
import { nodesOf } from '../state/cache.ts';
import { allCaches, type SubnetGroup } from '../state/region-state.ts';
import { invalidValue } from '../validation/faults.ts';
import { checkGroupName } from '../validation/identifiers.ts';
import { checkTags } from '../validation/tags.ts';

const view = (group: SubnetGroup): CacheSubnetGroup => ({
  CacheSubnetGroupName: group.name,
  CacheSubnetGroupDescription: group.description,
  VpcId: group.vpcId,
  Subnets: group.subnets.map(({ id, availabilityZone }) => ({
    SubnetIdentifier: id,
    SubnetAvailabilityZone: { Name: availabilityZone },
    SupportedNetworkTypes: ['ipv4'],
  })),
  ARN: group.arn,
  SupportedNetworkTypes: ['ipv4'],
});

/** Caches in a subnet group, with the zones of their nodes. */
const usersOf = ({ state }: ControlPlane, name: string) =>
  [
    ...allCaches(state).map((cache) => ({
      cache,
      zones: nodesOf(cache).map(({ availabilityZone }) => availabilityZone),
    })),
    ...state.memcached.all().map((cache) => ({ cache, zones: zonesOfNodes(cache) })),
  ].filter(({ cache }) => cache.subnetGroupName === name);

export const createCacheSubnetGroup = (planeOf: PlaneOf) =>
  operation<CreateCacheSubnetGroupCommandInput, CreateCacheSubnetGroupCommandOutput>({
    permissions: (input, call) => {
      const { CacheSubnetGroupName: name = '', Tags } = input;
      const plane = planeOf(call);
      return [
        permissionOn(plane, call, 'subnetgroup', name, requestTags(Tags)),
        ...tagOnCreate(plane, 'subnetgroup', name, Tags),
      ];
    },
    async handle(input, call) {
      const plane = planeOf(call);
      const { state, quotas } = plane;
      const name = checkGroupName('CacheSubnetGroupName', input.CacheSubnetGroupName);
      if (name === 'default') throw invalidValue('CacheSubnetGroupName must not be "default".');
      const tags = checkTags(input.Tags, quotas.tagsPerResource);
      const subnets = await chooseSubnets(plane, input.SubnetIds ?? []);
      if (state.subnetGroups.has(name)) {
        throw new ServiceError('CacheSubnetGroupAlreadyExistsFault', `Cache subnet group ${name} already exists.`);
      }
      const own = state.subnetGroups.all().filter((group) => group.name !== 'default').length;
      if (own >= quotas.subnetGroups) {
        const message = `The quota of ${quotas.subnetGroups} cache subnet groups is reached.`;
        throw new ServiceError('CacheSubnetGroupQuotaExceededFault', message);
      }
      const group: SubnetGroup = {
        name,
        arn: arnOf(plane.region, plane.accountId, 'subnetgroup', name),
        description: input.CacheSubnetGroupDescription ?? '',
        vpcId: subnets[0]?.vpcId ?? '',
        subnets,
        tags,
      };
      state.subnetGroups.put(name, group);
      plane.journal.record('cache-subnet-group', name, `Cache subnet group ${name} created`);
      return { CacheSubnetGroup: view(group) };
    },
  });

export const describeCacheSubnetGroups = (planeOf: PlaneOf) =>
  operation<DescribeCacheSubnetGroupsCommandInput, DescribeCacheSubnetGroupsCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'subnetgroup', input.CacheSubnetGroupName)],
    async handle(input, call) {
      const plane = planeOf(call);
      await ensureDefaultSubnetGroup(plane);
      const { CacheSubnetGroupName: name } = input;
      const groups = name === undefined ? plane.state.subnetGroups.all() : [findSubnetGroup(plane, name)];
      const { items, Marker } = pageOf(groups, (group) => group.name, input);
      return { CacheSubnetGroups: items.map(view), Marker };
    },
  });

export const modifyCacheSubnetGroup = (planeOf: PlaneOf) =>
  operation<ModifyCacheSubnetGroupCommandInput, ModifyCacheSubnetGroupCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'subnetgroup', input.CacheSubnetGroupName ?? '')],
    async handle(input, call) {
      const plane = planeOf(call);
      const group = findSubnetGroup(plane, input.CacheSubnetGroupName);
      if (input.SubnetIds?.length) group.subnets = await chooseKept(plane, group, input.SubnetIds);
      if (input.CacheSubnetGroupDescription !== undefined) group.description = input.CacheSubnetGroupDescription;
      return { CacheSubnetGroup: view(group) };
    },
  });

/** @throws ServiceError InvalidSubnet for another VPC, SubnetInUse for the last subnet of a zone with nodes */
const chooseKept = async (plane: ControlPlane, group: SubnetGroup, ids: readonly string[]) => {
  const subnets = await chooseSubnets(plane, ids);
  if (subnets.some(({ vpcId }) => vpcId !== group.vpcId)) {
    throw new ServiceError('InvalidSubnet', `The subnets must be in ${group.vpcId}, the VPC of ${group.name}.`);
  }
  const kept = new Set(subnets.map(({ availabilityZone }) => availabilityZone));
  const stranded = usersOf(plane, group.name)
    .flatMap(({ cache, zones }) => zones.map((zone) => ({ id: cache.id, zone })))
    .find(({ zone }) => !kept.has(zone));
  if (stranded) {
    const message = `A node of ${stranded.id} uses the subnet in ${stranded.zone}, which would be removed.`;
    throw new ServiceError('SubnetInUse', message);
  }
  return subnets;
};

export const deleteCacheSubnetGroup = (planeOf: PlaneOf) =>
  operation<DeleteCacheSubnetGroupCommandInput, DeleteCacheSubnetGroupCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'subnetgroup', input.CacheSubnetGroupName ?? '')],
    handle(input, call) {
      const plane = planeOf(call);
      const group = findSubnetGroup(plane, input.CacheSubnetGroupName);
      const users = usersOf(plane, group.name).map(({ cache }) => cache.id);
      if (group.name === 'default' || users.length > 0) {
        const why = users.length > 0 ? `it is used by ${users.join(', ')}` : 'it is the default one';
        throw new ServiceError('CacheSubnetGroupInUse', `Cache subnet group ${group.name} cannot be deleted: ${why}.`);
      }
      plane.state.subnetGroups.delete(group.name);
      plane.journal.record('cache-subnet-group', group.name, `Cache subnet group ${group.name} deleted`);
      return {};
    },
  });
