import {
  CreateReplicationGroupCommand,
  CreateUserCommand,
  CreateUserGroupCommand,
  DeleteUserCommand,
  ModifyReplicationGroupCommand,
  ModifyUserCommand,
  ModifyUserGroupCommand,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo, known } from '../engine/an-engine.ts';
import { type ARealElastiCache, aRealElastiCache } from './a-real-elasticache.ts';
import { aGroup } from './an-elasticache.ts';

const FIRST = 'first-password-0123456789';
const SECOND = 'second-password-0123456789';
const TOKEN = 'first-token-0123456789';
const CACHES = ['shop', 'office'];
/** What an application does, what its client does to connect, and what it takes to look at one's own connection. */
const ACCESS = 'on ~* +@read +@write +ping +info +client|list +client|id +client|setname +acl|whoami';

let cache: ARealElastiCache;
beforeAll(async () => {
  cache = await aRealElastiCache();
  const { client, handle } = cache;
  for (const id of ['app', 'clerk']) {
    const user = { UserId: id, UserName: id, Engine: 'redis', AccessString: ACCESS, Passwords: [FIRST] };
    await client.send(new CreateUserCommand(user));
  }
  const everybody = { UserId: 'closed', UserName: 'default', Engine: 'redis', AccessString: 'off -@all' };
  await client.send(new CreateUserCommand({ ...everybody, Passwords: [FIRST] }));
  for (const UserGroupId of CACHES) {
    const members = { UserGroupId, Engine: 'redis', UserIds: ['closed', 'app', 'clerk'] };
    await client.send(new CreateUserGroupCommand(members));
  }
  await handle.idle();
  for (const id of CACHES) {
    const secure = { TransitEncryptionEnabled: true, UserGroupIds: [id] };
    await client.send(new CreateReplicationGroupCommand(aGroup({ ReplicationGroupId: id, ...secure })));
  }
  await handle.idle();
}, 60_000);
afterAll(() => cache?.close());

const setPasswords = async (...Passwords: string[]) => {
  await cache.client.send(new ModifyUserCommand({ UserId: 'app', Passwords }));
  await cache.handle.idle();
};
/** All answers of all nodes of both caches, a row for each password. */
const doors = async (username: string, ...passwords: string[]) =>
  await Promise.all(
    passwords.map(async (password) =>
      (await Promise.all(CACHES.map((id) => cache.knockAtEach(id, { username, password })))).flat(),
    ),
  );
const everyNode = (answer: string) => Array.from({ length: 4 }, () => answer);
const connect = (id: string, username: string, password: string) =>
  connectTo(known(cache.running(id).endpoints.primary), { caPem: cache.caPem, username, password });

describe('a user of two caches', () => {
  it('comes with either of two passwords to every node, and stays connected while they change', async () => {
    const early = await Promise.all(CACHES.map((id) => connect(id, 'app', FIRST)));
    await setPasswords(FIRST, SECOND);
    expect(await doors('app', FIRST, SECOND)).toEqual([everyNode('PONG'), everyNode('PONG')]);
    await setPasswords(SECOND);
    expect(await doors('app', FIRST, SECOND)).toEqual([everyNode('WRONGPASS'), everyNode('PONG')]);
    expect(await doors('clerk', FIRST)).toEqual([everyNode('PONG')]);
    for (const client of early) {
      expect(await client.set('key', 'still here')).toBe('OK');
      client.disconnect();
    }
  });

  it('has one node with the old passwords only, when it was forgotten', async () => {
    const remember = cache.handle.forgetNodeInNextTokenChange(1);
    await setPasswords(FIRST, SECOND);
    // The first cache by its id is `office`.
    expect(await cache.knockAtEach('office', { username: 'app', password: FIRST })).toEqual(['PONG', 'WRONGPASS']);
    expect(await cache.knockAtEach('shop', { username: 'app', password: FIRST })).toEqual(['PONG', 'PONG']);
    remember();
    await cache.handle.idle();
    expect(await doors('app', FIRST, SECOND)).toEqual([everyNode('PONG'), everyNode('PONG')]);
  });

  it('loses its connections where it leaves the group, and there only', async () => {
    const [shop, office] = await Promise.all(CACHES.map((id) => connect(id, 'app', SECOND)));
    const clerk = await connect('office', 'clerk', FIRST);
    const cut = new Promise((resolve) => office?.once('close', resolve));
    await cache.client.send(new ModifyUserGroupCommand({ UserGroupId: 'office', UserIdsToRemove: ['app'] }));
    await cache.handle.idle();
    await cut;
    expect(await shop?.get('key')).toBe('still here');
    expect(await clerk.get('key')).toBe('still here');
    expect(await cache.knockAtEach('office', { username: 'app', password: SECOND })).toEqual([
      'WRONGPASS',
      'WRONGPASS',
    ]);
    shop?.disconnect();
    clerk.disconnect();
  });

  it('loses them all when it is deleted', async () => {
    const shop = await connect('shop', 'app', SECOND);
    const cut = new Promise((resolve) => shop.once('close', resolve));
    await cache.client.send(new DeleteUserCommand({ UserId: 'app' }));
    await cache.handle.idle();
    await cut;
    expect(await doors('app', SECOND)).toEqual([everyNode('WRONGPASS')]);
  });
});

describe('who looks at the connections', () => {
  /** The connections that CLIENT LIST tells of, by the names that they gave themselves. */
  const named = (list: unknown) => [...String(list).matchAll(/ name=(\S+).* user=(\S+)/g)].map(([, ...pair]) => pair);

  it.each<[who: string, id: string, username: string | undefined, password: string]>([
    ['a user', 'shop', 'clerk', FIRST],
    ['whoever has the token', 'with-token', undefined, TOKEN],
  ])('may ask for its id, give it a name and list all: %s', async (_who, id, username, password) => {
    if (id === 'with-token') {
      const secure = { TransitEncryptionEnabled: true, AuthToken: TOKEN };
      await cache.client.send(new CreateReplicationGroupCommand(aGroup({ ReplicationGroupId: id, ...secure })));
      await cache.handle.idle();
    }
    const credentials = { caPem: cache.caPem, password, ...(username === undefined ? {} : { username }) };
    const client = await connectTo(known(cache.running(id).endpoints.primary), credentials);
    expect(await client.ping()).toBe('PONG');
    expect(await client.call('CLIENT', 'SETNAME', 'looking')).toBe('OK');
    expect(Number(await client.call('CLIENT', 'ID'))).toBeGreaterThan(0);
    const user = username ?? 'default';
    expect(named(await client.call('CLIENT', 'LIST'))).toContainEqual(['looking', user]);
    expect(await client.call('ACL', 'WHOAMI')).toBe(user);
    for (const command of [['GETUSER', user], ['LIST'], ['LOG'], ['DRYRUN', user, 'PING'], ['SETUSER', user, 'on']]) {
      await expect(client.call('ACL', ...command), command.join(' ')).rejects.toThrow(/NOPERM/);
    }
    client.disconnect();
  });

  it('sees no hash of a password', async () => {
    const client = await connect('shop', 'clerk', FIRST);
    expect(String(await client.call('CLIENT', 'LIST'))).not.toMatch(/[0-9a-f]{64}/);
    client.disconnect();
  });
});

it('a token gives way to users, and who came with it is closed out', async () => {
  const secure = { TransitEncryptionEnabled: true, AuthToken: TOKEN };
  await cache.client.send(new CreateReplicationGroupCommand(aGroup({ ReplicationGroupId: 'moved', ...secure })));
  await cache.handle.idle();
  expect(await cache.knockAtEach('moved', { password: TOKEN })).toEqual(['PONG', 'PONG']);
  await cache.client.send(
    new ModifyReplicationGroupCommand({
      ReplicationGroupId: 'moved',
      AuthTokenUpdateStrategy: 'DELETE',
      UserGroupIdsToAdd: ['shop'],
      ApplyImmediately: true,
    }),
  );
  await cache.handle.idle();
  expect(await cache.knockAtEach('moved', { password: TOKEN })).toEqual(['WRONGPASS', 'WRONGPASS']);
  expect(await cache.knockAtEach('moved', { username: 'clerk', password: FIRST })).toEqual(['PONG', 'PONG']);
});
