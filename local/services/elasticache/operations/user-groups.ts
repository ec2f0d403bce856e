import type {
  UserGroup as ApiUserGroup,
  CreateUserGroupCommandInput,
  CreateUserGroupCommandOutput,
  DeleteUserGroupCommandInput,
  DeleteUserGroupCommandOutput,
  DescribeUserGroupsCommandInput,
  DescribeUserGroupsCommandOutput,
  ModifyUserGroupCommandInput,
  ModifyUserGroupCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { cacheIdsWith, changeUserGroup, endLater } from '../lifecycle/access.ts';
import { findUser, findUserGroup } from '../lookups.ts';
import { pageOf } from '../paging.ts';
import { permissionOn, requestTags, tagOnCreate } from '../permissions.ts';
import { isStale, type UserGroup } from '../state/access.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';
import { checkIdentifier, LONGEST } from '../validation/identifiers.ts';
import { checkTags } from '../validation/tags.ts';
import { checkAccessEngine, checkFits } from './users.ts';

const view = (plane: ControlPlane, group: UserGroup): ApiUserGroup => ({
  UserGroupId: group.id,
  Status: group.status,
  Engine: group.engine,
  UserIds: [...group.userIds],
  MinimumEngineVersion: group.engine === 'valkey' ? '7.2' : '6.0',
  ...(group.pending
    ? { PendingChanges: { UserIdsToAdd: [...group.pending.toAdd], UserIdsToRemove: [...group.pending.toRemove] } }
    : {}),
  ReplicationGroups: cacheIdsWith(plane, group),
  ServerlessCaches: [],
  ARN: group.arn,
});

/** As Describe shows it: the service reads its own writes late. */
const describe = (plane: ControlPlane, { pending, ...group }: UserGroup): ApiUserGroup => {
  if (isStale(group, plane.world.clock.now())) return view(plane, { ...group, status: 'active' });
  return view(plane, { ...group, ...(pending ? { pending } : {}) });
};

export const createUserGroup = (planeOf: PlaneOf) =>
  operation<CreateUserGroupCommandInput, CreateUserGroupCommandOutput>({
    permissions: (input, call) => {
      const { UserGroupId: id = '', Tags, UserIds = [] } = input;
      const plane = planeOf(call);
      const context = requestTags(Tags);
      return [
        permissionOn(plane, call, 'usergroup', id, context),
        ...UserIds.map((user) => permissionOn(plane, call, 'user', user, context)),
        ...tagOnCreate(plane, 'usergroup', id, Tags),
      ];
    },
    handle(input, call) {
      const plane = planeOf(call);
      const { state, quotas, journal } = plane;
      const id = checkIdentifier('UserGroupId', input.UserGroupId, LONGEST.user);
      const engine = checkAccessEngine(input.Engine);
      const group: UserGroup = {
        id,
        arn: arnOf(plane.region, plane.accountId, 'usergroup', id),
        engine,
        status: 'creating',
        userIds: checkMembers(plane, engine, input.UserIds ?? []),
        tags: checkTags(input.Tags, quotas.tagsPerResource),
      };
      if (state.userGroups.has(id)) {
        throw new ServiceError('UserGroupAlreadyExistsFault', `User group ${id} already exists.`);
      }
      if (state.userGroups.size >= quotas.userGroups) {
        throw new ServiceError(
          'UserGroupQuotaExceededFault',
          `The quota of ${quotas.userGroups} user groups is reached.`,
        );
      }
      state.userGroups.put(id, group);
      endLater(plane, `Creating user group ${id}`, () => {
        group.status = 'active';
        journal.record('user-group', id, `User group ${id} created`);
      });
      return view(plane, group);
    },
  });

export const modifyUserGroup = (planeOf: PlaneOf) =>
  operation<ModifyUserGroupCommandInput, ModifyUserGroupCommandOutput>({
    permissions: (input, call) => {
      const plane = planeOf(call);
      const users = [...(input.UserIdsToAdd ?? []), ...(input.UserIdsToRemove ?? [])];
      return [
        permissionOn(plane, call, 'usergroup', input.UserGroupId ?? ''),
        ...users.map((user) => permissionOn(plane, call, 'user', user)),
      ];
    },
    handle(input, call) {
      const plane = planeOf(call);
      const group = findUserGroup(plane, input.UserGroupId);
      requireActive(group);
      const toAdd = (input.UserIdsToAdd ?? []).map((id) => findUser(plane, id).id);
      const toRemove = (input.UserIdsToRemove ?? []).map((id) => findUser(plane, id).id);
      if (toAdd.length === 0 && toRemove.length === 0) {
        throw invalidCombination('Give UserIdsToAdd or UserIdsToRemove.');
      }
      const present = toAdd.find((id) => group.userIds.includes(id));
      if (present) throw invalidValue(`User ${present} is already in the user group ${group.id}.`);
      const absent = toRemove.find((id) => !group.userIds.includes(id));
      if (absent) throw invalidValue(`User ${absent} is not in the user group ${group.id}.`);
      const kept = group.userIds.filter((id) => !toRemove.includes(id));
      const userIds = checkMembers(plane, group.engine, [...kept, ...toAdd]);
      group.pending = { toAdd, toRemove };
      changeUserGroup(plane, group, userIds);
      return view(plane, group);
    },
  });

export const deleteUserGroup = (planeOf: PlaneOf) =>
  operation<DeleteUserGroupCommandInput, DeleteUserGroupCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'usergroup', input.UserGroupId ?? '')],
    handle(input, call) {
      const plane = planeOf(call);
      const group = findUserGroup(plane, input.UserGroupId);
      requireActive(group);
      const caches = cacheIdsWith(plane, group);
      if (caches.length > 0) {
        const message = `User group ${group.id} is used by ${caches.join(', ')}. Take it from them first.`;
        throw new ServiceError('InvalidUserGroupStateFault', message);
      }
      group.status = 'deleting';
      endLater(plane, `Deleting user group ${group.id}`, () => {
        plane.state.userGroups.delete(group.id);
        plane.journal.record('user-group', group.id, `User group ${group.id} deleted`);
      });
      return view(plane, group);
    },
  });

export const describeUserGroups = (planeOf: PlaneOf) =>
  operation<DescribeUserGroupsCommandInput, DescribeUserGroupsCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'usergroup', input.UserGroupId)],
    handle(input, call) {
      const plane = planeOf(call);
      const { UserGroupId: id } = input;
      const groups = id === undefined ? plane.state.userGroups.all() : [findUserGroup(plane, id)];
      const { items, Marker } = pageOf(groups, (group) => group.id, input);
      return { UserGroups: items.map((group) => describe(plane, group)), Marker };
    },
  });

/** @throws ServiceError UserNotFound, DuplicateUserName, DefaultUserRequired, UserGroupQuotaExceeded */
const checkMembers = (plane: ControlPlane, engine: UserGroup['engine'], ids: readonly string[]): readonly string[] => {
  const { usersPerGroup } = plane.quotas;
  const users = [...new Set(ids)].map((id) => findUser(plane, id));
  if (users.length > usersPerGroup) {
    const message = `${users.length} users exceed the quota of ${usersPerGroup} in a user group.`;
    throw new ServiceError('UserGroupQuotaExceededFault', message);
  }
  for (const { id, settings } of users) checkFits(engine, id, settings);
  const names = users.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new ServiceError('DuplicateUserNameFault', `Two users of the group are named ${twice}.`);
  if (engine === 'redis' && !names.includes('default')) {
    throw new ServiceError('DefaultUserRequired', 'A user group for redis must contain a user named default.');
  }
  return users.map(({ id }) => id);
};

const requireActive = ({ id, status }: UserGroup) => {
  if (status === 'active') return;
  throw new ServiceError('InvalidUserGroupStateFault', `User group ${id} is ${status}, not active.`);
};
