import {
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  CreateUserCommand,
  CreateUserGroupCommand,
  DeleteUserGroupCommand,
  DescribeReplicationGroupsCommand,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../local/services/elasticache/validation/auth-token.ts';
import { type AnElastiCache, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';
const TOKEN = 'first-token-0123456789';
const OTHER_TOKEN = 'second-token-0123456789';
const OPEN = { name: 'default', open: true, passwordHashes: [] };

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
  const user = { UserId: 'app', UserName: 'app', Engine: 'redis', AccessString: 'on ~app:* +@read' };
  await cache.client.send(new CreateUserCommand({ ...user, Passwords: ['password-of-the-app'] }));
  await cache.handle.idle();
  for (const UserGroupId of ['shop', 'office']) {
    await cache.client.send(new CreateUserGroupCommand({ UserGroupId, Engine: 'redis', UserIds: ['default', 'app'] }));
  }
  await cache.client.send(new CreateUserGroupCommand({ UserGroupId: 'valkeys', Engine: 'valkey', UserIds: [] }));
  await cache.handle.idle();
});
afterEach(() => cache.close());

const create = async (request: Partial<CreateReplicationGroupCommandInput>) => {
  await cache.client.send(new CreateReplicationGroupCommand(aGroup({ TransitEncryptionEnabled: true, ...request })));
  await cache.handle.idle();
};
type Change = Partial<ModifyReplicationGroupCommandInput>;
const modify = async (change: Change) =>
  (await cache.client.send(new ModifyReplicationGroupCommand({ ReplicationGroupId: 'sessions', ...change })))
    .ReplicationGroup;
const now = async (change: Change) => {
  const answer = await modify({ ApplyImmediately: true, ...change });
  await cache.handle.idle();
  return answer;
};
const group = async () => (await cache.client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups?.[0];
/** The users that the engine was given, in their names' order. */
const users = () => {
  const told = cache.engine.caches.get('us-east-1.sessions')?.told;
  return [...(told?.users ?? [])].sort((left, right) => (left.name < right.name ? -1 : 1));
};

describe('a user group', () => {
  it('takes the place of the AUTH token in one call, and the engine has its users', async () => {
    await create({ AuthToken: TOKEN });
    const answer = await now({ AuthTokenUpdateStrategy: 'DELETE', UserGroupIdsToAdd: ['shop'] });
    expect(answer).toMatchObject({ Status: 'modifying', AuthTokenEnabled: true });
    expect(answer?.UserGroupIds).toBeUndefined();
    expect(answer?.PendingModifiedValues).toEqual({
      UserGroups: { UserGroupIdsToAdd: ['shop'], UserGroupIdsToRemove: [] },
    });
    expect(await group()).toMatchObject({ AuthTokenEnabled: false, UserGroupIds: ['shop'], PendingModifiedValues: {} });
    expect(users()).toMatchObject([
      { name: 'app', open: false, passwordHashes: [sha256('password-of-the-app')] },
      { name: 'default' },
    ]);
  });

  it('comes to an open cache, changes places with another, and leaves it open again', async () => {
    await create({});
    expect(users()).toMatchObject([OPEN]);
    await now({ UserGroupIdsToAdd: ['shop'] });
    expect((await group())?.UserGroupIds).toEqual(['shop']);
    await now({ UserGroupIdsToAdd: ['Office'], UserGroupIdsToRemove: ['shop'] });
    expect((await group())?.UserGroupIds).toEqual(['office']);
    await now({ RemoveUserGroups: true });
    expect((await group())?.UserGroupIds).toBeUndefined();
    expect(users()).toMatchObject([OPEN]);
  });

  it('makes room for a token that is optional until SET', async () => {
    await create({ UserGroupIds: ['shop'] });
    const rotated = await now({ RemoveUserGroups: true, AuthToken: TOKEN });
    expect(rotated?.PendingModifiedValues).toEqual({
      AuthTokenStatus: 'ROTATING',
      UserGroups: { UserGroupIdsToAdd: [], UserGroupIdsToRemove: ['shop'] },
    });
    expect(users()).toMatchObject([{ name: 'default', open: true, passwordHashes: [sha256(TOKEN)] }]);
    await now({ AuthToken: TOKEN, AuthTokenUpdateStrategy: 'SET' });
    expect(users()).toMatchObject([{ name: 'default', open: false, passwordHashes: [sha256(TOKEN)] }]);
  });

  it('takes away two tokens as it does one', async () => {
    await create({ AuthToken: TOKEN });
    await now({ AuthToken: OTHER_TOKEN });
    await now({ AuthTokenUpdateStrategy: 'DELETE', UserGroupIdsToAdd: ['shop'] });
    expect(users().map(({ name }) => name)).toEqual(['app', 'default']);
    expect((await group())?.AuthTokenEnabled).toBe(false);
  });

  it('that waits for the maintenance window cannot be deleted, and comes with the next immediate change', async () => {
    await create({});
    await modify({ UserGroupIdsToAdd: ['shop'] });
    expect(users()).toMatchObject([OPEN]);
    const deletion = cache.client.send(new DeleteUserGroupCommand({ UserGroupId: 'shop' }));
    expect(await outcomeOf(deletion)).toBe('InvalidUserGroupStateFault');
    await now({ CacheNodeType: 'cache.r7g.xlarge' });
    expect((await group())?.UserGroupIds).toEqual(['shop']);
  });

  it('is taken back when the engine cannot be changed', async () => {
    await create({ AuthToken: TOKEN });
    cache.engine.failNextChange('no');
    await now({ AuthTokenUpdateStrategy: 'DELETE', UserGroupIdsToAdd: ['shop'] });
    expect(await group()).toMatchObject({ Status: 'available', AuthTokenEnabled: true, PendingModifiedValues: {} });
    expect(users()).toMatchObject([{ name: 'default', open: false, passwordHashes: [sha256(TOKEN)] }]);
  });
});

describe('a token that is rotated in again', () => {
  const hashes = () => users()[0]?.passwordHashes;
  const twoTokens = async () => {
    await create({ AuthToken: TOKEN });
    await now({ AuthToken: OTHER_TOKEN });
  };

  it('is refused when it is the last, and becomes the last when it is the older one', async () => {
    await twoTokens();
    expect(await outcomeOf(now({ AuthToken: OTHER_TOKEN }))).toBe(COMBINATION);
    await now({ AuthToken: TOKEN });
    expect(hashes()).toEqual([sha256(OTHER_TOKEN), sha256(TOKEN)]);
    expect(await outcomeOf(now({ AuthToken: OTHER_TOKEN, AuthTokenUpdateStrategy: 'SET' }))).toBe(COMBINATION);
    await now({ AuthToken: TOKEN, AuthTokenUpdateStrategy: 'SET' });
    expect(hashes()).toEqual([sha256(TOKEN)]);
  });

  it('is a change that changes nothing, where it is accepted', async () => {
    cache.handle.repeatedRotation = 'accepted';
    await twoTokens();
    const answer = await now({ AuthToken: OTHER_TOKEN });
    expect(answer).toMatchObject({ Status: 'modifying', PendingModifiedValues: { AuthTokenStatus: 'ROTATING' } });
    expect(hashes()).toEqual([sha256(TOKEN), sha256(OTHER_TOKEN)]);
  });

  it.each([TOKEN, OTHER_TOKEN])('drops the other one, where it is taken so: %s', async (AuthToken) => {
    cache.handle.repeatedRotation = 'drops-the-other';
    await twoTokens();
    await now({ AuthToken });
    expect(users()).toMatchObject([{ open: false, passwordHashes: [sha256(AuthToken)] }]);
  });
});

const token = { AuthToken: TOKEN };
const rbac = { UserGroupIds: ['shop'] };
const plain = { TransitEncryptionEnabled: false };
const refused: [rule: string, of: Partial<CreateReplicationGroupCommandInput>, change: Change, error: string][] = [
  ['a group beside a token', token, { UserGroupIdsToAdd: ['shop'] }, COMBINATION],
  ['a group with a new token', {}, { UserGroupIdsToAdd: ['shop'], ...token }, COMBINATION],
  ['a token beside a group', rbac, token, COMBINATION],
  [
    'a token set where none was',
    rbac,
    { RemoveUserGroups: true, ...token, AuthTokenUpdateStrategy: 'SET' },
    COMBINATION,
  ],
  ['DELETE without a group', token, { AuthTokenUpdateStrategy: 'DELETE' }, COMBINATION],
  ['DELETE of no token', {}, { AuthTokenUpdateStrategy: 'DELETE', UserGroupIdsToAdd: ['shop'] }, VALUE],
  ['DELETE beside a group', rbac, { AuthTokenUpdateStrategy: 'DELETE' }, VALUE],
  [
    'DELETE with a token',
    token,
    { ...token, AuthTokenUpdateStrategy: 'DELETE', UserGroupIdsToAdd: ['shop'] },
    COMBINATION,
  ],
  ['a group without TLS', plain, { UserGroupIdsToAdd: ['shop'] }, COMBINATION],
  ['a group with an old engine', { EngineVersion: '5.0.6' }, { UserGroupIdsToAdd: ['shop'] }, COMBINATION],
  ['a second group', rbac, { UserGroupIdsToAdd: ['office'] }, COMBINATION],
  ['a group for valkey', {}, { UserGroupIdsToAdd: ['valkeys'] }, COMBINATION],
  ['a group that is there', rbac, { UserGroupIdsToAdd: ['shop'] }, VALUE],
  ['removing what is not there', rbac, { UserGroupIdsToRemove: ['office'] }, VALUE],
  ['a group that does not exist', {}, { UserGroupIdsToAdd: ['none'] }, 'UserGroupNotFoundFault'],
  ['all and one at once', rbac, { RemoveUserGroups: true, UserGroupIdsToRemove: ['shop'] }, COMBINATION],
];
describe('is refused, and the engine keeps its users:', () => {
  it.each(refused)('%s', async (_rule, of, change, error) => {
    await create(of);
    const before = users();
    expect(await outcomeOf(now(change))).toBe(error);
    expect((await group())?.PendingModifiedValues).toEqual({});
    expect(users()).toEqual(before);
  });
});
