import {
  CreateReplicationGroupCommand,
  CreateUserCommand,
  type CreateUserCommandInput,
  CreateUserGroupCommand,
  DeleteUserCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  DescribeUserGroupsCommand,
  DescribeUsersCommand,
  ModifyUserCommand,
  type ModifyUserCommandInput,
  ModifyUserGroupCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../local/services/elasticache/validation/auth-token.ts';
import { type AnElastiCache, type AnElastiCacheOptions, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';
const FIRST = 'first-password-0123456789';
const SECOND = 'second-password-0123456789';
const THIRD = 'third-password-0123456789';

let cache: AnElastiCache;
afterEach(() => cache.close());

const createUser = (UserId: string, more: Partial<CreateUserCommandInput> = {}) =>
  cache.client.send(
    new CreateUserCommand({
      UserId,
      UserName: UserId,
      Engine: 'redis',
      AccessString: 'on ~* +@all',
      Passwords: [FIRST],
      ...more,
    }),
  );

/** Two caches, `shop` and `office`, each with a group of its own; the user `app` is in both. */
const start = async (options: AnElastiCacheOptions = {}) => {
  cache = await anElastiCache(options);
  await createUser('app');
  await createUser('clerk');
  for (const id of ['shop', 'office']) {
    const users = {
      UserGroupId: id,
      Engine: 'redis',
      UserIds: ['default', 'app', ...(id === 'shop' ? ['clerk'] : [])],
    };
    await cache.client.send(new CreateUserGroupCommand(users));
  }
  await cache.handle.idle();
  for (const id of ['shop', 'office']) {
    const request = aGroup({ ReplicationGroupId: id, TransitEncryptionEnabled: true, UserGroupIds: [id] });
    await cache.client.send(new CreateReplicationGroupCommand(request));
  }
  await cache.handle.idle();
};
const modify = (change: Partial<ModifyUserCommandInput>) =>
  cache.client.send(new ModifyUserCommand({ UserId: 'app', ...change }));
const user = async (UserId = 'app') => (await cache.client.send(new DescribeUsersCommand({ UserId }))).Users?.[0] ?? {};
/** Statuses of the user, of both groups and of both caches. */
const statuses = async () => {
  const { UserGroups = [] } = await cache.client.send(new DescribeUserGroupsCommand({}));
  const { ReplicationGroups = [] } = await cache.client.send(new DescribeReplicationGroupsCommand({}));
  return [(await user()).Status, ...UserGroups.map(({ Status }) => Status), ...ReplicationGroups.map((g) => g.Status)];
};
const AT_REST = ['active', 'active', 'active', 'available', 'available'];
const AT_WORK = ['modifying', 'modifying', 'modifying', 'modifying', 'modifying'];
const told = (id: string) => cache.engine.caches.get(`us-east-1.${id}`)?.told;
const hashes = (id: string, name = 'app') => told(id)?.users.find((found) => found.name === name)?.passwordHashes;
const messages = async () =>
  (await cache.client.send(new DescribeEventsCommand({ Duration: 600 }))).Events?.map(({ Message }) => Message);

describe('the passwords of a user', () => {
  it('are replaced as a whole, in every cache that has the user', async () => {
    await start();
    for (const Passwords of [[FIRST, SECOND], [SECOND], [SECOND, THIRD], [FIRST]]) {
      expect(await modify({ Passwords })).toMatchObject({ Status: 'modifying' });
      await cache.handle.idle();
      for (const id of ['shop', 'office']) expect(hashes(id)).toEqual(Passwords.map(sha256));
      expect(await user()).toMatchObject({ Authentication: { PasswordCount: Passwords.length } });
    }
  });

  it('come by AuthenticationMode, too', async () => {
    await start();
    await modify({ AuthenticationMode: { Type: 'password', Passwords: [FIRST, SECOND] } });
    await cache.handle.idle();
    expect(hashes('shop')).toEqual([sha256(FIRST), sha256(SECOND)]);
    await modify({ AuthenticationMode: { Type: 'no-password-required' } });
    await cache.handle.idle();
    expect(await user()).toMatchObject({ Authentication: { Type: 'no-password' } });
    expect(told('shop')?.users.find(({ name }) => name === 'app')).toMatchObject({ open: true, passwordHashes: [] });
  });

  it('are counted as the change will have them while no node knows it yet', async () => {
    await start();
    const goOn = cache.handle.holdNextTokenChange();
    expect(await modify({ Passwords: [FIRST, SECOND] })).toMatchObject({ Authentication: { PasswordCount: 2 } });
    expect(await user()).toMatchObject({ Status: 'modifying', Authentication: { PasswordCount: 2 } });
    expect(hashes('shop')).toEqual([sha256(FIRST)]);
    goOn();
    await cache.handle.idle();
    expect(hashes('shop')).toHaveLength(2);
  });

  it('do not reach the nodes by another change of the cache meanwhile', async () => {
    await start();
    const goOn = cache.handle.holdNextTokenChange();
    await modify({ Passwords: [FIRST, SECOND] });
    await cache.client.send(new ModifyUserCommand({ UserId: 'clerk', Passwords: [THIRD] }));
    await expect.poll(() => hashes('shop', 'clerk'), { timeout: 10_000 }).toEqual([sha256(THIRD)]);
    expect(hashes('shop')).toEqual([sha256(FIRST)]);
    goOn();
    await cache.handle.idle();
    expect(hashes('shop')).toHaveLength(2);
  });

  it('never appear in an answer', async () => {
    await start();
    const answers = [
      await modify({ Passwords: [FIRST, SECOND] }),
      await user(),
      await outcomeText({ Passwords: [`${THIRD}"`] }),
    ];
    for (const password of [FIRST, SECOND, THIRD]) expect(JSON.stringify(answers)).not.toContain(password);
    await cache.handle.idle();
  });
});

const outcomeText = (change: Partial<ModifyUserCommandInput>) =>
  modify(change).then(
    () => 'accepted',
    (error: Error) => `${error.name} ${error.message}`,
  );

describe('a change of a user', () => {
  it('is `modifying` with its groups and their caches, and the next one waits', async () => {
    await start();
    expect(await statuses()).toEqual(AT_REST);
    const goOn = cache.handle.holdNextTokenChange();
    await modify({ Passwords: [FIRST, SECOND] });
    expect(await statuses()).toEqual(AT_WORK);
    expect(await outcomeOf(modify({ Passwords: [SECOND] }))).toBe('InvalidUserStateFault');
    expect(await outcomeOf(cache.client.send(new DeleteUserCommand({ UserId: 'app' })))).toBe('InvalidUserStateFault');
    goOn();
    await cache.handle.idle();
    expect(await statuses()).toEqual(AT_REST);
  });

  it('may look done for a moment in which it has only begun', async () => {
    await start({ delays: { readAfterWriteLagSeconds: 2000, accessSeconds: 6000 } });
    await expect.poll(statuses, { timeout: 15_000 }).toEqual(AT_REST);
    expect(await modify({ Passwords: [FIRST, SECOND] })).toMatchObject({ Status: 'modifying' });
    expect(await statuses()).toEqual(AT_REST);
    expect(await user()).toMatchObject({ Authentication: { PasswordCount: 1 } });
    expect(await outcomeOf(modify({ Passwords: [SECOND] }))).toBe('InvalidUserStateFault');
    await expect.poll(statuses, { timeout: 10_000 }).toEqual(AT_WORK);
    await cache.handle.idle();
    expect(await statuses()).toEqual(AT_REST);
  });

  it('keeps a group and its cache busy until the last of two is done', async () => {
    await start();
    const goOn = cache.handle.holdNextTokenChange();
    await modify({ Passwords: [FIRST, SECOND] });
    await cache.client.send(new ModifyUserCommand({ UserId: 'clerk', Passwords: [THIRD] }));
    await expect.poll(async () => (await user('clerk')).Status, { timeout: 10_000 }).toBe('active');
    expect(await statuses()).toEqual(AT_WORK);
    goOn();
    await cache.handle.idle();
    expect(await statuses()).toEqual(AT_REST);
  });

  it.each<[string, Partial<ModifyUserCommandInput>, string]>([
    ['of the user that everybody has', { UserId: 'default', Passwords: [FIRST] }, VALUE],
    ['of nobody', { UserId: 'nobody', Passwords: [FIRST] }, 'UserNotFoundFault'],
    ['to a password twice', { Passwords: [FIRST, FIRST] }, VALUE],
    ['to three passwords', { Passwords: [FIRST, SECOND, THIRD] }, VALUE],
    ['to a short password', { Passwords: [FIRST, 'short'] }, VALUE],
    ['to a password and none', { Passwords: [FIRST], NoPasswordRequired: true }, COMBINATION],
    ['to two ways at once', { Passwords: [FIRST], AuthenticationMode: { Type: 'password' } }, COMBINATION],
    ['to IAM', { AuthenticationMode: { Type: 'iam' } }, 'NotImplemented'],
    ['to an engine that its groups are not for', { Engine: 'valkey' }, VALUE],
  ])('is refused %s, and nothing is modifying', async (_what, change, error) => {
    await start();
    expect(await outcomeOf(modify(change))).toBe(error);
    expect(await statuses()).toEqual(AT_REST);
    expect(hashes('shop')).toEqual([sha256(FIRST)]);
  });

  it('is refused when a group for valkey would have a user without a password', async () => {
    await start();
    await createUser('vera', { Engine: 'valkey' });
    const valkeys = (UserIds: string[]) =>
      cache.client.send(new CreateUserGroupCommand({ UserGroupId: 'valkeys', Engine: 'valkey', UserIds }));
    expect(await outcomeOf(valkeys(['default']))).toBe(COMBINATION);
    await valkeys(['vera', 'app']);
    await cache.handle.idle();
    for (const UserId of ['vera', 'app']) {
      expect(await outcomeOf(modify({ UserId, NoPasswordRequired: true }))).toBe(COMBINATION);
    }
  });
});

describe('the next change of passwords', () => {
  it('fails when it was ordered to, and says so in the events', async () => {
    await start();
    cache.handle.failNextTokenChange();
    expect((await modify({ Passwords: [FIRST, SECOND] })).Status).toBe('modifying');
    await cache.handle.idle();
    expect(await statuses()).toEqual(AT_REST);
    expect(await user()).toMatchObject({ Authentication: { PasswordCount: 1 } });
    for (const id of ['shop', 'office']) expect(hashes(id)).toEqual([sha256(FIRST)]);
    expect(await messages()).toContain('Failed modifying user app.');
  });

  it('forgets a node of the first cache until the fault is ended', async () => {
    await start();
    const remember = cache.handle.forgetNodeInNextTokenChange(1);
    await modify({ Passwords: [FIRST, SECOND] });
    await cache.handle.idle();
    const faults = () => [told('office')?.userFaults, told('shop')?.userFaults];
    expect(faults()).toEqual([{ forgets: 'office-002' }, {}]);
    remember();
    await cache.handle.idle();
    expect(faults()).toEqual([{}, {}]);
  });

  it('leaves the faults to themselves when only rights change', async () => {
    await start();
    cache.handle.failNextTokenChange();
    await modify({ AccessString: 'on ~app:* +@read' });
    await cache.handle.idle();
    expect(told('shop')?.users.find(({ name }) => name === 'app')?.access).toBe('~app:* +@read');
    await modify({ Passwords: [SECOND] });
    await cache.handle.idle();
    expect(hashes('shop')).toEqual([sha256(FIRST)]);
  });
});

describe('a user that is deleted, or leaves a group', () => {
  it('is gone from the nodes of every cache, which are modifying meanwhile', async () => {
    await start();
    const release = cache.engine.hold();
    await cache.client.send(new DeleteUserCommand({ UserId: 'app' }));
    expect(await statuses()).toEqual(['deleting', 'modifying', 'modifying', 'modifying', 'modifying']);
    release();
    await cache.handle.idle();
    for (const id of ['shop', 'office']) expect(hashes(id)).toBeUndefined();
    const { UserGroups = [] } = await cache.client.send(new DescribeUserGroupsCommand({}));
    expect(UserGroups.map(({ Status, UserIds }) => [Status, UserIds])).toEqual([
      ['active', ['default']],
      ['active', ['default', 'clerk']],
    ]);
  });

  it('is gone from that cache only', async () => {
    await start();
    await cache.client.send(new ModifyUserGroupCommand({ UserGroupId: 'office', UserIdsToRemove: ['app'] }));
    await cache.handle.idle();
    expect(hashes('office')).toBeUndefined();
    expect(hashes('shop')).toEqual([sha256(FIRST)]);
    expect(await user()).toMatchObject({ UserGroupIds: ['shop'] });
  });
});
