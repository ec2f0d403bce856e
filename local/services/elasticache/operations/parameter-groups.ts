import type {
  CacheParameterGroup,
  CreateCacheParameterGroupCommandInput,
  CreateCacheParameterGroupCommandOutput,
  DeleteCacheParameterGroupCommandInput,
  DeleteCacheParameterGroupCommandOutput,
  DescribeCacheParameterGroupsCommandInput,
  DescribeCacheParameterGroupsCommandOutput,
  ModifyCacheParameterGroupCommandInput,
  ModifyCacheParameterGroupCommandOutput,
  ParameterNameValue,
  ResetCacheParameterGroupCommandInput,
  ResetCacheParameterGroupCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { cachesWithGroup, spreadParameters } from '../lifecycle/parameters.ts';
import { findParameterGroup } from '../lookups.ts';
import { memcachedWithGroup } from '../memcached/state.ts';
import { pageOf } from '../paging.ts';
import { FAMILIES, type FamilyName, isFamily } from '../parameter-families.ts';
import { permissionOn, requestTags, tagOnCreate } from '../permissions.ts';
import type { ParameterGroup } from '../state/region-state.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';
import { checkGroupName } from '../validation/identifiers.ts';
import { checkParameterValue, definitionFor } from '../validation/parameters.ts';
import { checkTags } from '../validation/tags.ts';

/** Parameters that one call can change (API reference). */
const MOST_CHANGES = 20;

const view = (group: ParameterGroup): CacheParameterGroup => ({
  CacheParameterGroupName: group.name,
  CacheParameterGroupFamily: group.family,
  Description: group.description,
  IsGlobal: false,
  ARN: group.arn,
});

/** @throws ServiceError InvalidParameterValue */
export const checkFamily = (family: string | undefined): FamilyName => {
  if (family !== undefined && isFamily(family)) return family;
  throw invalidValue(
    `CacheParameterGroupFamily ${family} is not a valid parameter group family. Use ${FAMILIES.join(', ')}.`,
  );
};

export const createCacheParameterGroup = (planeOf: PlaneOf) =>
  operation<CreateCacheParameterGroupCommandInput, CreateCacheParameterGroupCommandOutput>({
    permissions: (input, call) => {
      const { CacheParameterGroupName: name = '', Tags } = input;
      const plane = planeOf(call);
      return [
        permissionOn(plane, call, 'parametergroup', name, requestTags(Tags)),
        ...tagOnCreate(plane, 'parametergroup', name, Tags),
      ];
    },
    handle(input, call) {
      const { state, quotas, region, accountId, journal } = planeOf(call);
      const name = checkGroupName('CacheParameterGroupName', input.CacheParameterGroupName);
      const family = checkFamily(input.CacheParameterGroupFamily);
      if (!input.Description) throw invalidValue('The parameter Description must be provided.');
      const tags = checkTags(input.Tags, quotas.tagsPerResource);
      if (state.parameterGroups.has(name)) {
        throw new ServiceError(
          'CacheParameterGroupAlreadyExistsFault',
          `Cache parameter group ${name} already exists.`,
        );
      }
      const own = state.parameterGroups.all().filter(({ isDefault }) => !isDefault).length;
      if (own >= quotas.parameterGroups) {
        const message = `The quota of ${quotas.parameterGroups} cache parameter groups is reached.`;
        throw new ServiceError('CacheParameterGroupQuotaExceededFault', message);
      }
      const arn = arnOf(region, accountId, 'parametergroup', name);
      const group = { name, arn, family, description: input.Description, isDefault: false, values: new Map(), tags };
      state.parameterGroups.put(name, group);
      journal.record('cache-parameter-group', name, `Cache parameter group ${name} created`);
      return { CacheParameterGroup: view(group) };
    },
  });

export const describeCacheParameterGroups = (planeOf: PlaneOf) =>
  operation<DescribeCacheParameterGroupsCommandInput, DescribeCacheParameterGroupsCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'parametergroup', input.CacheParameterGroupName)],
    handle(input, call) {
      const plane = planeOf(call);
      const { CacheParameterGroupName: name } = input;
      const groups = name === undefined ? plane.state.parameterGroups.all() : [findParameterGroup(plane, name)];
      const { items, Marker } = pageOf(groups, (group) => group.name, input);
      return { CacheParameterGroups: items.map(view), Marker };
    },
  });

export const modifyCacheParameterGroup = (planeOf: PlaneOf) =>
  operation<ModifyCacheParameterGroupCommandInput, ModifyCacheParameterGroupCommandOutput>({
    permissions: (input, call) => [
      permissionOn(planeOf(call), call, 'parametergroup', input.CacheParameterGroupName ?? ''),
    ],
    handle(input, call) {
      const plane = planeOf(call);
      const group = findChangeable(plane, input.CacheParameterGroupName);
      const pairs = input.ParameterNameValues ?? [];
      if (pairs.length < 1 || pairs.length > MOST_CHANGES) {
        throw invalidValue(`ParameterNameValues must have 1-${MOST_CHANGES} entries, not ${pairs.length}.`);
      }
      const changes = checkPairs(group, pairs);
      for (const [name, value] of changes) group.values.set(name, value);
      finishChange(plane, group);
      return { CacheParameterGroupName: group.name };
    },
  });

export const resetCacheParameterGroup = (planeOf: PlaneOf) =>
  operation<ResetCacheParameterGroupCommandInput, ResetCacheParameterGroupCommandOutput>({
    permissions: (input, call) => [
      permissionOn(planeOf(call), call, 'parametergroup', input.CacheParameterGroupName ?? ''),
    ],
    handle(input, call) {
      const plane = planeOf(call);
      const group = findChangeable(plane, input.CacheParameterGroupName);
      const pairs = input.ParameterNameValues ?? [];
      if (input.ResetAllParameters && pairs.length > 0) {
        throw invalidCombination('Give either ResetAllParameters or ParameterNameValues, not both.');
      }
      if (!input.ResetAllParameters && pairs.length === 0) {
        throw invalidCombination('Give the ParameterNameValues to reset, or set ResetAllParameters.');
      }
      const names = input.ResetAllParameters
        ? [...group.values.keys()]
        : pairs.map(({ ParameterName }) => definitionFor(group.family, ParameterName).name);
      for (const name of names) group.values.delete(name);
      finishChange(plane, group);
      return { CacheParameterGroupName: group.name };
    },
  });

export const deleteCacheParameterGroup = (planeOf: PlaneOf) =>
  operation<DeleteCacheParameterGroupCommandInput, DeleteCacheParameterGroupCommandOutput>({
    permissions: (input, call) => [
      permissionOn(planeOf(call), call, 'parametergroup', input.CacheParameterGroupName ?? ''),
    ],
    handle(input, call) {
      const plane = planeOf(call);
      const group = findChangeable(plane, input.CacheParameterGroupName);
      const users = [...cachesWithGroup(plane, group.name), ...memcachedWithGroup(plane.state, group.name)];
      if (users.length > 0) {
        throw invalidState(
          `One or more cache clusters are still members of this parameter group ${group.name}, so the group cannot be deleted: ${users.map(({ id }) => id).join(', ')}.`,
        );
      }
      plane.state.parameterGroups.delete(group.name);
      plane.journal.record('cache-parameter-group', group.name, `Cache parameter group ${group.name} deleted`);
      return {};
    },
  });

const invalidState = (message: string) => new ServiceError('InvalidCacheParameterGroupStateFault', message);

/** @throws ServiceError InvalidCacheParameterGroupState for a default group */
const findChangeable = (plane: ControlPlane, name: string | undefined): ParameterGroup => {
  const group = findParameterGroup(plane, name);
  if (group.isDefault) throw invalidState(`The default parameter group ${group.name} cannot be changed or deleted.`);
  return group;
};

const checkPairs = (group: ParameterGroup, pairs: readonly ParameterNameValue[]) => {
  const names = pairs.map(({ ParameterName }) => ParameterName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidCombination(`The parameter ${twice} is given twice.`);
  return pairs.map(({ ParameterName, ParameterValue }) =>
    checkParameterValue(group.family, ParameterName, ParameterValue),
  );
};

const finishChange = (plane: ControlPlane, group: ParameterGroup) => {
  plane.journal.record('cache-parameter-group', group.name, `Updated cache parameter group ${group.name}`);
  spreadParameters(plane, group.name);
};
