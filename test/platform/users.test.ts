import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { describe, expect, it } from 'vitest';
import { elastiCacheUsers } from '../../functions/platform/users.ts';
import { type Answer, anSdkClient, named } from '../builders/an-sdk-client.ts';

const USER = {
  UserId: 'orders-app',
  UserName: 'app',
  Status: 'active',
  UserGroupIds: ['orders-users', 'others'],
  Authentication: { Type: 'password', PasswordCount: 2 },
};
const users = (answers: Readonly<Record<string, Answer>>) =>
  elastiCacheUsers(anSdkClient<ElastiCacheClient>(answers).client);

describe('elastiCacheUsers', () => {
  it('tells a user with all of its groups', async () => {
    const seen = await users({
      DescribeUsers: () => ({ Users: [USER] }),
      DescribeUserGroups: ({ UserGroupId }) =>
        UserGroupId === 'others'
          ? { UserGroups: [{ Status: 'modifying', ServerlessCaches: ['shop'] }] }
          : { UserGroups: [{ Status: 'active', ReplicationGroups: ['orders'] }] },
    }).find('orders-app');
    expect(seen).toEqual({
      userId: 'orders-app',
      name: 'app',
      status: 'active',
      authentication: 'password',
      passwordCount: 2,
      groups: [
        { groupId: 'orders-users', status: 'active', cacheIds: ['orders'], serverlessIds: [] },
        { groupId: 'others', status: 'modifying', cacheIds: [], serverlessIds: ['shop'] },
      ],
    });
  });

  it('knows no user that is not there', async () => {
    expect(await users({ DescribeUsers: () => named('UserNotFoundFault') }).find('orders-app')).toBeUndefined();
    expect(await users({ DescribeUsers: () => ({ Users: [] }) }).find('orders-app')).toBeUndefined();
  });

  it('says that a group is gone which was deleted between the two questions', async () => {
    const seen = await users({
      DescribeUsers: () => ({ Users: [{ ...USER, UserGroupIds: ['orders-users'] }] }),
      DescribeUserGroups: () => named('UserGroupNotFoundFault'),
    }).find('orders-app');
    expect(seen?.groups).toEqual([{ groupId: 'orders-users', status: 'gone', cacheIds: [], serverlessIds: [] }]);
  });

  it('does not take what ElastiCache does not tell for something good', async () => {
    const seen = await users({ DescribeUsers: () => ({ Users: [{}] }) }).find('orders-app');
    expect(seen).toMatchObject({ status: 'unknown', authentication: 'unknown', passwordCount: 0, groups: [] });
  });

  it('hands on every other error', async () => {
    for (const operation of ['DescribeUsers', 'DescribeUserGroups']) {
      const answers = { DescribeUsers: () => ({ Users: [USER] }), [operation]: () => named('AccessDenied') };
      await expect(users(answers).find('orders-app')).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });

  it('lists the users of some groups, each once', async () => {
    const groups: Readonly<Record<string, readonly string[]>> = { one: ['default', 'app'], two: ['default', 'batch'] };
    const seen = users({
      DescribeUserGroups: ({ UserGroupId }) =>
        UserGroupId === 'gone'
          ? named('UserGroupNotFoundFault')
          : { UserGroups: [{ UserIds: groups[String(UserGroupId)] }] },
    });
    expect(await seen.inGroups(['one', 'gone', 'two'])).toEqual(['default', 'app', 'batch']);
    expect(await seen.inGroups([])).toEqual([]);
    const denied = named('AccessDeniedException');
    await expect(users({ DescribeUserGroups: () => denied }).inGroups(['one'])).rejects.toBe(denied);
  });
});
