import type {
  User as ApiUser,
  CreateUserCommandInput,
  CreateUserCommandOutput,
  DeleteUserCommandInput,
  DeleteUserCommandOutput,
  DescribeUsersCommandInput,
  DescribeUsersCommandOutput,
  Filter,
  ModifyUserCommandInput,
  ModifyUserCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { changeUser, endUser, groupsWith } from '../lifecycle/access.ts';
import { findUser } from '../lookups.ts';
import { pageOf } from '../paging.ts';
import { permissionOn, requestTags, tagOnCreate } from '../permissions.ts';
import { isStale, type User, type UserSettings } from '../state/access.ts';
import { checkAccessString } from '../validation/access-string.ts';
import { readCredentials } from '../validation/credentials.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';
import { checkIdentifier, LONGEST } from '../validation/identifiers.ts';
import { checkTags } from '../validation/tags.ts';

/** The user that every Region has from the start: everybody may do everything, without a password. */
export const DEFAULT_USER_ID = 'default';

const view = (plane: ControlPlane, user: User): ApiUser => {
  const { engine, accessString, passwordHashes, noPasswordRequired } = user.coming ?? user.settings;
  return {
    UserId: user.id,
    UserName: user.name,
    Status: user.status,
    Engine: engine,
    MinimumEngineVersion: engine === 'valkey' ? '7.2' : '6.0',
    AccessString: accessString,
    UserGroupIds: groupsWith(plane, user.id).map(({ id }) => id),
    Authentication: noPasswordRequired
      ? { Type: 'no-password' }
      : { Type: 'password', PasswordCount: passwordHashes.length },
    ARN: user.arn,
  };
};

/** As Describe shows it: the service reads its own writes late. */
const describe = (plane: ControlPlane, { coming, ...user }: User): ApiUser => {
  if (isStale(user, plane.world.clock.now())) return view(plane, { ...user, status: 'active' });
  return view(plane, { ...user, ...(coming ? { coming } : {}) });
};

/** @throws ServiceError InvalidParameterValue */
export const checkAccessEngine = (engine: string | undefined): 'redis' | 'valkey' => {
  const name = engine?.toLowerCase();
  if (name === 'redis' || name === 'valkey') return name;
  throw invalidValue(`The Engine must be redis or valkey, not ${engine}.`);
};

export const createUser = (planeOf: PlaneOf) =>
  operation<CreateUserCommandInput, CreateUserCommandOutput>({
    permissions: (input, call) => {
      const { UserId: id = '', Tags } = input;
      const plane = planeOf(call);
      return [permissionOn(plane, call, 'user', id, requestTags(Tags)), ...tagOnCreate(plane, 'user', id, Tags)];
    },
    handle(input, call) {
      const plane = planeOf(call);
      const { state, quotas } = plane;
      const id = checkIdentifier('UserId', input.UserId, LONGEST.user);
      if (!input.UserName) throw invalidValue('The parameter UserName must be provided.');
      const credentials = readCredentials(input);
      if (!credentials) {
        throw invalidCombination('Give Passwords, NoPasswordRequired or an AuthenticationMode for the user.');
      }
      const user: User = {
        id,
        arn: arnOf(plane.region, plane.accountId, 'user', id),
        name: input.UserName,
        status: 'active',
        settings: checkSettings({
          engine: checkAccessEngine(input.Engine),
          accessString: checkAccessString(input.AccessString ?? ''),
          ...credentials,
        }),
        tags: checkTags(input.Tags, quotas.tagsPerResource),
      };
      if (state.users.has(id)) throw new ServiceError('UserAlreadyExistsFault', `User ${id} already exists.`);
      if (state.users.size >= quotas.users) {
        throw new ServiceError('UserQuotaExceededFault', `The quota of ${quotas.users} users is reached.`);
      }
      state.users.put(id, user);
      plane.journal.record('user', id, `User ${id} created`);
      return view(plane, user);
    },
  });

export const modifyUser = (planeOf: PlaneOf) =>
  operation<ModifyUserCommandInput, ModifyUserCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'user', input.UserId ?? '')],
    handle(input, call) {
      const plane = planeOf(call);
      const user = findUser(plane, input.UserId);
      if (user.id === DEFAULT_USER_ID) throw invalidValue('The user default cannot be modified.');
      requireActive(user);
      const { AccessString, AppendAccessString } = input;
      if (AccessString !== undefined && AppendAccessString !== undefined) {
        throw invalidCombination('Give either AccessString or AppendAccessString.');
      }
      const { settings } = user;
      const asked = AppendAccessString === undefined ? AccessString : `${settings.accessString} ${AppendAccessString}`;
      const coming = checkSettings({
        ...settings,
        ...(asked === undefined ? {} : { accessString: checkAccessString(asked) }),
        ...(input.Engine === undefined ? {} : { engine: checkAccessEngine(input.Engine) }),
        ...readCredentials(input),
      });
      for (const group of groupsWith(plane, user.id)) checkFits(group.engine, user.id, coming);
      changeUser(plane, user, coming);
      return view(plane, user);
    },
  });

export const deleteUser = (planeOf: PlaneOf) =>
  operation<DeleteUserCommandInput, DeleteUserCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'user', input.UserId ?? '')],
    handle(input, call) {
      const plane = planeOf(call);
      const user = findUser(plane, input.UserId);
      requireActive(user);
      if (user.id === DEFAULT_USER_ID) throw invalidValue('The user default cannot be deleted.');
      const groups = groupsWith(plane, user.id);
      if (user.name === 'default' && groups.length > 0) {
        const message = `User ${user.id} is the default user of ${groups.map(({ id }) => id).join(', ')}.`;
        throw new ServiceError('DefaultUserAssociatedToUserGroupFault', message);
      }
      if (groups.some(({ status }) => status !== 'active')) {
        throw new ServiceError('InvalidUserStateFault', `A user group of ${user.id} is not active.`);
      }
      endUser(plane, user);
      return view(plane, user);
    },
  });

export const describeUsers = (planeOf: PlaneOf) =>
  operation<DescribeUsersCommandInput, DescribeUsersCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'user', input.UserId)],
    handle(input, call) {
      const plane = planeOf(call);
      const users = (input.UserId === undefined ? plane.state.users.all() : [findUser(plane, input.UserId)])
        .filter(({ settings }) => input.Engine === undefined || settings.engine === checkAccessEngine(input.Engine))
        .filter((user) => (input.Filters ?? []).every((filter) => fits(plane, user, filter)));
      const { items, Marker } = pageOf(users, ({ id }) => id, input);
      return { Users: items.map((user) => describe(plane, user)), Marker };
    },
  });

const fits = (plane: ControlPlane, user: User, { Name, Values = [] }: Filter): boolean => {
  if (Name === 'user-id') return Values.includes(user.id);
  if (Name === 'user-name') return Values.includes(user.name);
  if (Name === 'user-group-id') return groupsWith(plane, user.id).some(({ id }) => Values.includes(id));
  throw invalidValue(`The filter ${Name} is not known. Use user-id, user-name or user-group-id.`);
};

const requireActive = ({ id, status }: User) => {
  if (status === 'active') return;
  throw new ServiceError(
    'InvalidUserStateFault',
    `User ${id} has status ${status}. Only active users can be modified.`,
  );
};

/** @throws ServiceError InvalidParameterCombination: nobody comes without a password to valkey (guide, RBAC) */
const checkSettings = (settings: UserSettings): UserSettings => {
  if (settings.engine === 'valkey' && settings.noPasswordRequired) {
    throw invalidCombination('A user for the engine valkey needs a password.');
  }
  return settings;
};

/** @throws ServiceError for a user who cannot be in a group for this engine */
export const checkFits = (groupEngine: UserSettings['engine'], userId: string, settings: UserSettings): void => {
  if (groupEngine === 'redis' && settings.engine === 'valkey') {
    throw invalidValue(`User ${userId} is for the engine valkey, the user group for redis.`);
  }
  if (groupEngine === 'valkey' && settings.noPasswordRequired) {
    throw invalidCombination(`User ${userId} needs no password and cannot be in a user group for valkey.`);
  }
};
