import {
  CreateCacheParameterGroupCommand,
  CreateCacheSubnetGroupCommand,
  CreateReplicationGroupCommand,
  CreateUserCommand,
  type CreateUserCommandInput,
  CreateUserGroupCommand,
  DeleteCacheParameterGroupCommand,
  DeleteCacheSubnetGroupCommand,
  DeleteUserCommand,
  DeleteUserGroupCommand,
  DescribeCacheParameterGroupsCommand,
  DescribeCacheSubnetGroupsCommand,
  DescribeEngineDefaultParametersCommand,
  DescribeReplicationGroupsCommand,
  DescribeUserGroupsCommand,
  DescribeUsersCommand,
  ModifyCacheSubnetGroupCommand,
  ModifyUserCommand,
  ModifyUserGroupCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';
const PASSWORD = 'a-password-of-many-letters';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache({
    quotas: { parameterGroups: 2, subnetGroups: 2, subnetsPerGroup: 3, users: 4, userGroups: 2, usersPerGroup: 2 },
  });
});
afterEach(() => cache.close());

describe('parameter groups', () => {
  const create = (overrides: object = {}) =>
    cache.client.send(
      new CreateCacheParameterGroupCommand({
        CacheParameterGroupName: 'autopilot-Orders',
        CacheParameterGroupFamily: 'valkey8',
        Description: 'orders',
        ...overrides,
      }),
    );

  it('exist by default for each family, with and without cluster mode', async () => {
    const { CacheParameterGroups } = await cache.client.send(new DescribeCacheParameterGroupsCommand({}));
    const names = CacheParameterGroups?.map(({ CacheParameterGroupName }) => CacheParameterGroupName);
    expect(names).toHaveLength(11);
    expect(names).toContain('default.redis7');
    expect(names).toContain('default.valkey8.cluster.on');
  });

  it('are stored in lower case, found in any, and gone after deletion', async () => {
    expect((await create()).CacheParameterGroup).toEqual({
      CacheParameterGroupName: 'autopilot-orders',
      CacheParameterGroupFamily: 'valkey8',
      Description: 'orders',
      IsGlobal: false,
      ARN: 'arn:aws:elasticache:us-east-1:111122223333:parametergroup:autopilot-orders',
    });
    expect(await outcomeOf(create())).toBe('CacheParameterGroupAlreadyExistsFault');
    await cache.client.send(new DeleteCacheParameterGroupCommand({ CacheParameterGroupName: 'AUTOPILOT-orders' }));
    const describeGone = cache.client.send(
      new DescribeCacheParameterGroupsCommand({ CacheParameterGroupName: 'autopilot-orders' }),
    );
    expect(await outcomeOf(describeGone)).toBe('CacheParameterGroupNotFoundFault');
  });

  it.each<[string, object, string]>([
    ['a name with a digit first', { CacheParameterGroupName: '1x' }, VALUE],
    ['an unknown family', { CacheParameterGroupFamily: 'redis9' }, VALUE],
    ['a family of old', { CacheParameterGroupFamily: 'memcached1.5' }, VALUE],
    ['no description', { Description: '' }, VALUE],
    ['a reserved tag', { Tags: [{ Key: 'aws:a', Value: 'b' }] }, VALUE],
  ])('refuse %s', async (_what, overrides, error) => {
    expect(await outcomeOf(create(overrides))).toBe(error);
  });

  it('have a quota, which the default ones do not use up', async () => {
    await create({ CacheParameterGroupName: 'a' });
    await create({ CacheParameterGroupName: 'b' });
    expect(await outcomeOf(create({ CacheParameterGroupName: 'c' }))).toBe('CacheParameterGroupQuotaExceededFault');
  });

  it('cannot be deleted while a cache uses them, nor when they are default ones', async () => {
    await create({ CacheParameterGroupName: 'used', CacheParameterGroupFamily: 'redis7' });
    await cache.client.send(new CreateReplicationGroupCommand(aGroup({ CacheParameterGroupName: 'used' })));
    for (const CacheParameterGroupName of ['used', 'default.redis7']) {
      const call = cache.client.send(new DeleteCacheParameterGroupCommand({ CacheParameterGroupName }));
      expect(await outcomeOf(call)).toBe('InvalidCacheParameterGroupStateFault');
    }
  });

  it('show a family as the engine has it', async () => {
    const { EngineDefaults } = await cache.client.send(
      new DescribeEngineDefaultParametersCommand({ CacheParameterGroupFamily: 'redis7', MaxRecords: 20 }),
    );
    expect(EngineDefaults).toMatchObject({ CacheParameterGroupFamily: 'redis7', Marker: expect.any(String) });
    expect(EngineDefaults?.Parameters).toHaveLength(20);
  });
});

describe('subnet groups', () => {
  const create = (SubnetIds: string[], CacheSubnetGroupName = 'Own') =>
    cache.client.send(
      new CreateCacheSubnetGroupCommand({ CacheSubnetGroupName, CacheSubnetGroupDescription: 'own', SubnetIds }),
    );

  it('have one for the default VPC from the start', async () => {
    const { CacheSubnetGroups } = await cache.client.send(new DescribeCacheSubnetGroupsCommand({}));
    expect(CacheSubnetGroups).toMatchObject([{ CacheSubnetGroupName: 'default', VpcId: 'vpc-main' }]);
    expect(CacheSubnetGroups?.[0]?.Subnets).toHaveLength(3);
  });

  it('name the subnets with their zones, as EC2 knows them', async () => {
    const { CacheSubnetGroup } = await create(['subnet-a', 'subnet-b']);
    expect(CacheSubnetGroup).toMatchObject({
      CacheSubnetGroupName: 'own',
      VpcId: 'vpc-main',
      Subnets: [
        { SubnetIdentifier: 'subnet-a', SubnetAvailabilityZone: { Name: 'us-east-1a' } },
        { SubnetIdentifier: 'subnet-b', SubnetAvailabilityZone: { Name: 'us-east-1b' } },
      ],
    });
  });

  it.each<[string, string[], string, string]>([
    ['an unknown subnet', ['subnet-a', 'subnet-none'], 'own', 'InvalidSubnet'],
    ['two VPCs', ['subnet-a', 'subnet-x'], 'own', 'InvalidSubnet'],
    ['too many subnets', ['subnet-a', 'subnet-b', 'subnet-c', 'subnet-x'], 'own', 'CacheSubnetQuotaExceededFault'],
    ['the default name', ['subnet-a'], 'default', VALUE],
    ['a bad name', ['subnet-a'], 'a--b', VALUE],
  ])('refuse %s', async (_what, subnets, name, error) => {
    expect(await outcomeOf(create(subnets, name))).toBe(error);
  });

  it('have a quota and take an id once', async () => {
    await create(['subnet-a'], 'a');
    expect(await outcomeOf(create(['subnet-a'], 'A'))).toBe('CacheSubnetGroupAlreadyExistsFault');
    await create(['subnet-a'], 'b');
    expect(await outcomeOf(create(['subnet-a'], 'c'))).toBe('CacheSubnetGroupQuotaExceededFault');
  });

  it('answer 400 and not 404 for a name that is not there', async () => {
    const call = cache.client.send(new DescribeCacheSubnetGroupsCommand({ CacheSubnetGroupName: 'none' }));
    await expect(call).rejects.toMatchObject({
      name: 'CacheSubnetGroupNotFoundFault',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('keep what a cache uses', async () => {
    await create(['subnet-a', 'subnet-b']);
    await cache.client.send(new CreateReplicationGroupCommand(aGroup({ CacheSubnetGroupName: 'own' })));
    const remove = cache.client.send(new DeleteCacheSubnetGroupCommand({ CacheSubnetGroupName: 'own' }));
    expect(await outcomeOf(remove)).toBe('CacheSubnetGroupInUse');
    const shrink = { CacheSubnetGroupName: 'own', SubnetIds: ['subnet-b'] };
    expect(await outcomeOf(cache.client.send(new ModifyCacheSubnetGroupCommand(shrink)))).toBe('SubnetInUse');
    const grow = { CacheSubnetGroupName: 'own', SubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'] };
    expect(await outcomeOf(cache.client.send(new ModifyCacheSubnetGroupCommand(grow)))).toBe('accepted');
  });
});

const createUser = (overrides: Partial<CreateUserCommandInput> = {}) =>
  cache.client.send(
    new CreateUserCommand({
      UserId: 'App',
      UserName: 'app',
      Engine: 'Redis',
      AccessString: 'on ~app:* +@all',
      Passwords: [PASSWORD],
      ...overrides,
    }),
  );
const createGroup = (UserIds: string[], UserGroupId = 'shop', Engine = 'redis') =>
  cache.client.send(new CreateUserGroupCommand({ UserGroupId, Engine, UserIds }));

describe('users', () => {
  it('have one named default from the start, which lets everybody in', async () => {
    const { Users } = await cache.client.send(new DescribeUsersCommand({}));
    expect(Users).toMatchObject([
      { UserId: 'default', UserName: 'default', Status: 'active', Authentication: { Type: 'no-password' } },
    ]);
  });

  it('never show a password', async () => {
    expect(await createUser()).toMatchObject({
      UserId: 'app',
      Status: 'active',
      Engine: 'redis',
      Authentication: { Type: 'password', PasswordCount: 1 },
      ARN: 'arn:aws:elasticache:us-east-1:111122223333:user:app',
    });
    expect(JSON.stringify(await cache.client.send(new DescribeUsersCommand({})))).not.toContain(PASSWORD);
  });

  it.each<[string, Partial<CreateUserCommandInput>, string]>([
    ['a bad id', { UserId: '1' }, VALUE],
    ['a bad engine', { Engine: 'memcached' }, VALUE],
    ['a bad access string', { AccessString: 'on >secret' }, VALUE],
    ['no way to log in', { Passwords: [] }, COMBINATION],
    ['a short password', { Passwords: ['short'] }, VALUE],
    ['a password with a quote', { Passwords: [`${PASSWORD}"`] }, VALUE],
    ['a password twice', { Passwords: [PASSWORD, PASSWORD] }, VALUE],
    [
      'nobody without a password for valkey',
      { Engine: 'valkey', Passwords: [], NoPasswordRequired: true },
      COMBINATION,
    ],
    ['three passwords', { Passwords: [PASSWORD, `${PASSWORD}2`, `${PASSWORD}3`] }, VALUE],
    ['a password and none', { NoPasswordRequired: true }, COMBINATION],
    ['two ways at once', { AuthenticationMode: { Type: 'password', Passwords: [PASSWORD] } }, COMBINATION],
    ['IAM, which is not there', { Passwords: [], AuthenticationMode: { Type: 'iam' } }, 'NotImplemented'],
    ['an id that is taken', { UserId: 'default' }, 'UserAlreadyExistsFault'],
  ])('refuse %s', async (_what, overrides, error) => {
    expect(await outcomeOf(createUser(overrides))).toBe(error);
  });

  it('have a quota', async () => {
    for (const UserId of ['a', 'b', 'c']) await createUser({ UserId });
    expect(await outcomeOf(createUser({ UserId: 'd' }))).toBe('UserQuotaExceededFault');
  });

  it('are found by filters', async () => {
    await createUser();
    await createGroup(['default']);
    const find = async (Name: string, Values: string[]) =>
      (await cache.client.send(new DescribeUsersCommand({ Filters: [{ Name, Values }] }))).Users?.map(
        ({ UserId }) => UserId,
      );
    expect(await find('user-name', ['app'])).toEqual(['app']);
    expect(await find('user-group-id', ['shop'])).toEqual(['default']);
    expect(await outcomeOf(find('colour', ['red']))).toBe(VALUE);
  });

  it('go when nothing needs them', async () => {
    await createUser();
    await createGroup(['default', 'app']);
    await cache.handle.idle();
    const remove = (UserId: string) => cache.client.send(new DeleteUserCommand({ UserId }));
    expect(await outcomeOf(remove('default'))).toBe(VALUE);
    const outcomes = await Promise.all([outcomeOf(remove('app')), outcomeOf(remove('app'))]);
    expect(outcomes.sort()).toEqual(['InvalidUserStateFault', 'accepted']);
    await cache.handle.idle();
    expect(await outcomeOf(remove('app'))).toBe('UserNotFoundFault');
    const { UserGroups } = await cache.client.send(new DescribeUserGroupsCommand({ UserGroupId: 'shop' }));
    expect(UserGroups?.[0]?.UserIds).toEqual(['default']);
  });
});

describe('user groups', () => {
  beforeEach(async () => void (await createUser()));

  it.each<[string, string[], string, string]>([
    ['an unknown user', ['default', 'nobody'], 'redis', 'UserNotFoundFault'],
    ['no default user for redis', ['app'], 'redis', 'DefaultUserRequired'],
    ['two users of one name', ['default', 'default-two'], 'redis', 'DuplicateUserNameFault'],
    ['too many users', ['default', 'app', 'default-two'], 'redis', 'UserGroupQuotaExceededFault'],
    ['an unknown engine', ['default'], 'memcached', VALUE],
  ])('refuse %s', async (_what, users, engine, error) => {
    await createUser({ UserId: 'default-two', UserName: 'default' });
    expect(await outcomeOf(createGroup(users, 'shop', engine))).toBe(error);
  });

  it('for valkey need no default user, and the engine is given none', async () => {
    await createGroup(['app'], 'shop', 'valkey');
    await cache.handle.idle();
    const group = aGroup({
      Engine: 'valkey',
      EngineVersion: '8.0',
      TransitEncryptionEnabled: true,
      UserGroupIds: ['shop'],
    });
    const { ReplicationGroup } = await cache.client.send(new CreateReplicationGroupCommand(group));
    expect(ReplicationGroup).toMatchObject({ UserGroupIds: ['shop'], AuthTokenEnabled: false });
    await cache.handle.idle();
    expect(cache.engine.caches.get('us-east-1.sessions')?.told.users).toEqual([
      { name: 'app', open: false, access: '~app:* +@all', passwordHashes: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
    ]);
  });

  it('carry changes of users and members to the engine, modifying all on the way', async () => {
    await createGroup(['default', 'app']);
    await cache.handle.idle();
    const group = aGroup({ TransitEncryptionEnabled: true, UserGroupIds: ['shop'] });
    await cache.client.send(new CreateReplicationGroupCommand(group));
    await cache.handle.idle();
    const told = () => cache.engine.caches.get('us-east-1.sessions')?.told.users ?? [];
    const release = cache.engine.hold();
    const Passwords = [PASSWORD, `${PASSWORD}-two`];
    const answer = await cache.client.send(new ModifyUserCommand({ UserId: 'app', Passwords }));
    expect(answer).toMatchObject({ Status: 'modifying', UserGroupIds: ['shop'] });
    const statuses = async () => {
      const { UserGroups } = await cache.client.send(new DescribeUserGroupsCommand({}));
      const { ReplicationGroups } = await cache.client.send(new DescribeReplicationGroupsCommand({}));
      return [UserGroups?.[0]?.Status, ReplicationGroups?.[0]?.Status];
    };
    expect(await statuses()).toEqual(['modifying', 'modifying']);
    const again = cache.client.send(new ModifyUserCommand({ UserId: 'app', NoPasswordRequired: true }));
    expect(await outcomeOf(again)).toBe('InvalidUserStateFault');
    release();
    await cache.handle.idle();
    expect(await statuses()).toEqual(['active', 'available']);
    expect(told().find(({ name }) => name === 'app')?.passwordHashes).toHaveLength(2);

    const remove = { UserGroupId: 'shop', UserIdsToRemove: ['app'] };
    const pending = await cache.client.send(new ModifyUserGroupCommand(remove));
    expect(pending.PendingChanges).toEqual({ UserIdsToAdd: [], UserIdsToRemove: ['app'] });
    await cache.handle.idle();
    expect(told().map(({ name }) => name)).toEqual(['default']);
    const drop = cache.client.send(new DeleteUserGroupCommand({ UserGroupId: 'shop' }));
    expect(await outcomeOf(drop)).toBe('InvalidUserGroupStateFault');
  });

  it.each<[string, object, string]>([
    ['without their default user', { UserIdsToRemove: ['default'] }, 'DefaultUserRequired'],
    ['by a user that is in', { UserIdsToAdd: ['app'] }, VALUE],
    ['by nothing', {}, COMBINATION],
    ['by an unknown user', { UserIdsToAdd: ['nobody'] }, 'UserNotFoundFault'],
  ])('cannot be changed %s', async (_what, change, error) => {
    await createGroup(['default', 'app']);
    const early = cache.client.send(new ModifyUserGroupCommand({ UserGroupId: 'shop', ...change }));
    await outcomeOf(early);
    await cache.handle.idle();
    const call = cache.client.send(new ModifyUserGroupCommand({ UserGroupId: 'shop', ...change }));
    expect(await outcomeOf(call)).toBe(error);
  });
});
