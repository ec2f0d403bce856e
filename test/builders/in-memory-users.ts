import type { UserGroupSeen, UserSeen, Users } from '../../functions/platform/users.ts';

export interface InMemoryUsers extends Users {
  readonly there: Map<string, UserSeen>;
}

/** The one group of most users, which lets them into one cache. */
export const aUserGroup = (overrides: Partial<UserGroupSeen> = {}): UserGroupSeen => ({
  groupId: 'orders-users',
  status: 'active',
  cacheIds: ['orders'],
  serverlessIds: [],
  ...overrides,
});

/** A user with one password. */
export const aUser = (overrides: Partial<UserSeen> = {}): UserSeen => ({
  userId: 'orders-app',
  name: 'app',
  status: 'active',
  authentication: 'password',
  passwordCount: 1,
  groups: [aUserGroup()],
  ...overrides,
});

/** ElastiCache's users by their ids. */
export const inMemoryUsers = (...users: readonly UserSeen[]): InMemoryUsers => {
  const there = new Map(users.map((user) => [user.userId, user]));
  return {
    there,
    async find(userId) {
      return there.get(userId);
    },
    async inGroups(groupIds) {
      const isIn = ({ groups }: UserSeen) => groups.some(({ groupId }) => groupIds.includes(groupId));
      return [...there.values()].filter(isIn).map(({ userId }) => userId);
    },
  };
};
