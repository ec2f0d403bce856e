import {
  DescribeUserGroupsCommand,
  DescribeUsersCommand,
  type ElastiCacheClient,
  type UserGroup,
} from '@aws-sdk/client-elasticache';
import { isNamed } from './aws-errors.ts';
import { tagsOfResource } from './elasticache-caches.ts';

/** A user of user groups (RBAC). ElastiCache never tells a password. */
export interface UserSeen {
  readonly userId: string;
  /** What it calls itself when it logs in; several users can have one name. */
  readonly name: string;
  /** active, modifying, deleting. */
  readonly status: string;
  readonly authentication: 'password' | 'no-password' | 'iam' | 'unknown';
  /** How many passwords are valid for it: 2 at most. */
  readonly passwordCount: number;
  readonly groups: readonly UserGroupSeen[];
  /** Undefined when ElastiCache does not tell. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export interface UserGroupSeen {
  readonly groupId: string;
  /** creating, active, modifying, deleting; `gone` when it was deleted a moment ago. */
  readonly status: string;
  /** The replication groups that it lets its users into. */
  readonly cacheIds: readonly string[];
  /** The serverless caches. */
  readonly serverlessIds: readonly string[];
}

/** ElastiCache's users, as far as we need them. Their in-memory twin is in test/. */
export interface Users {
  /** @param tags asks for its tags, too */
  find(userId: string, tags?: 'with tags'): Promise<UserSeen | undefined>;
  /** The ids of all users of these groups, each once; a group that is gone has none. */
  inGroups(groupIds: readonly string[]): Promise<readonly string[]>;
}

/** ElastiCache by its SDK client. */
export const elastiCacheUsers = (client: ElastiCacheClient): Users => ({
  async find(UserId, withTags) {
    const user = await unlessGone(client.send(new DescribeUsersCommand({ UserId })), 'UserNotFoundFault');
    const [seen] = user?.Users ?? [];
    if (!seen) return undefined;
    return {
      userId: seen.UserId ?? UserId,
      name: seen.UserName ?? '',
      status: seen.Status ?? 'unknown',
      authentication: seen.Authentication?.Type ?? 'unknown',
      passwordCount: seen.Authentication?.PasswordCount ?? 0,
      groups: await Promise.all((seen.UserGroupIds ?? []).map((id) => groupSeen(client, id))),
      ...(withTags && seen.ARN ? { tags: await tagsOfResource(client, seen.ARN) } : {}),
    };
  },

  async inGroups(groupIds) {
    const groups = await Promise.all(groupIds.map((id) => describeGroup(client, id)));
    return [...new Set(groups.flatMap((group) => group?.UserIds ?? []))];
  },
});

const describeGroup = async (client: ElastiCacheClient, UserGroupId: string): Promise<UserGroup | undefined> => {
  const describing = client.send(new DescribeUserGroupsCommand({ UserGroupId }));
  const [group] = (await unlessGone(describing, 'UserGroupNotFoundFault'))?.UserGroups ?? [];
  return group;
};

const groupSeen = async (client: ElastiCacheClient, UserGroupId: string): Promise<UserGroupSeen> => {
  const group = await describeGroup(client, UserGroupId);
  return {
    groupId: UserGroupId,
    status: group ? (group.Status ?? 'unknown') : 'gone',
    cacheIds: group?.ReplicationGroups ?? [],
    serverlessIds: group?.ServerlessCaches ?? [],
  };
};

const unlessGone = async <T>(answer: Promise<T>, fault: string): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (isNamed(error, fault)) return undefined;
    throw error;
  }
};
