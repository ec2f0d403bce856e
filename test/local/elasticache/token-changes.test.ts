import {
  CreateReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
} from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../local/services/elasticache/validation/auth-token.ts';
import { type AnElastiCache, type AnElastiCacheOptions, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const FIRST = 'first-token-0123456789';
const SECOND = 'second-token-0123456789';
const THIRD = 'third-token-0123456789';

let cache: AnElastiCache;
afterEach(() => cache.close());

const start = async (options: AnElastiCacheOptions = {}) => {
  cache = await anElastiCache(options);
  const request = aGroup({ TransitEncryptionEnabled: true, AuthToken: FIRST });
  await cache.client.send(new CreateReplicationGroupCommand(request));
  await cache.handle.idle();
};
const modify = (change: Partial<ModifyReplicationGroupCommandInput>) =>
  cache.client.send(
    new ModifyReplicationGroupCommand({ ReplicationGroupId: 'sessions', ApplyImmediately: true, ...change }),
  );
const group = async () => (await cache.client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups?.[0];
const members = async () => (await cache.client.send(new DescribeCacheClustersCommand({}))).CacheClusters ?? [];
const hashes = () => cache.engine.caches.get('us-east-1.sessions')?.told.users[0]?.passwordHashes;
const changedAt = async () => (await group())?.AuthTokenLastModifiedDate?.getTime() ?? 0;

describe('a change of tokens', () => {
  it.each([
    ['ROTATE', 'ROTATING'],
    [undefined, 'ROTATING'],
    ['SET', 'SETTING'],
  ] as const)('by %s is seen as %s on the group and its members until it is done', async (strategy, status) => {
    await start();
    if (strategy === 'SET') {
      await modify({ AuthToken: SECOND });
      await cache.handle.idle();
    }
    const before = await changedAt();
    const goOn = cache.handle.holdNextTokenChange();
    await modify({ AuthToken: SECOND, AuthTokenUpdateStrategy: strategy });
    const pending = { AuthTokenStatus: status };
    expect(await group()).toMatchObject({ Status: 'modifying', PendingModifiedValues: pending });
    for (const member of await members()) {
      expect(member).toMatchObject({ CacheClusterStatus: 'modifying', PendingModifiedValues: pending });
    }
    expect(await changedAt()).toBe(before);
    goOn();
    await cache.handle.idle();
    for (const found of [await group(), ...(await members())]) {
      expect(found?.PendingModifiedValues).toEqual({});
      expect(found?.AuthTokenLastModifiedDate?.getTime()).toBeGreaterThan(before);
    }
    expect(hashes()?.at(-1)).toBe(sha256(SECOND));
  });

  it('has not changed the date while its nodes are being told', async () => {
    await start();
    const before = await changedAt();
    const release = cache.engine.hold();
    await modify({ AuthToken: SECOND });
    await cache.world.clock.sleep(120_000);
    expect(await changedAt()).toBe(before);
    release();
    await cache.handle.idle();
    expect(await changedAt()).toBeGreaterThan(before);
  });

  it('is refused while another change is on its way, whatever it asks for', async () => {
    await start();
    const goOn = cache.handle.holdNextTokenChange();
    await modify({ AuthToken: SECOND });
    for (const AuthTokenUpdateStrategy of ['ROTATE', 'SET', 'DELETE', undefined] as const) {
      for (const AuthToken of [FIRST, SECOND, THIRD]) {
        const call = modify({ AuthToken, AuthTokenUpdateStrategy });
        expect(await outcomeOf(call)).toBe('InvalidReplicationGroupStateFault');
      }
    }
    goOn();
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('is refused for a moment in which the group still looks available, with nothing pending', async () => {
    await start({ delays: { readAfterWriteLagSeconds: 2000, changeSeconds: 6000 } });
    await expect.poll(async () => (await group())?.Status, { timeout: 10_000 }).toBe('available');
    await modify({ AuthToken: SECOND });
    for (const found of [await group(), ...(await members())]) {
      expect(found?.PendingModifiedValues).toEqual({});
      expect(JSON.stringify(found)).not.toContain('modifying');
    }
    const again = modify({ AuthToken: SECOND });
    expect(await outcomeOf(again)).toBe('InvalidReplicationGroupStateFault');
    await expect.poll(async () => (await group())?.Status, { timeout: 10_000 }).toBe('modifying');
    expect((await group())?.PendingModifiedValues).toEqual({ AuthTokenStatus: 'ROTATING' });
    expect((await members())[0]?.PendingModifiedValues).toEqual({ AuthTokenStatus: 'ROTATING' });
    await cache.handle.idle();
  });

  it('leaves no entry in the events when all went well: none is documented', async () => {
    await start();
    const events = async () =>
      (await cache.client.send(new DescribeEventsCommand({ Duration: 600 }))).Events?.map(({ Message }) => Message);
    const before = await events();
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    await modify({ AuthToken: SECOND, AuthTokenUpdateStrategy: 'SET' });
    await cache.handle.idle();
    expect(await events()).toEqual(before);
    expect(cache.published).toEqual([]);
  });
});

describe('a change of tokens that does not apply immediately', () => {
  it('waits for the maintenance window: the group is available, and no node knows the token', async () => {
    await start();
    const { ReplicationGroup } = await modify({ AuthToken: SECOND, ApplyImmediately: false });
    expect(ReplicationGroup).toMatchObject({
      Status: 'available',
      PendingModifiedValues: { AuthTokenStatus: 'ROTATING' },
    });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST)]);
    const set = modify({ AuthToken: SECOND, AuthTokenUpdateStrategy: 'SET' });
    expect(await outcomeOf(set)).toBe('InvalidParameterCombinationException');
  });

  it('comes with the next immediate change of anything', async () => {
    await start();
    await modify({ AuthToken: SECOND, ApplyImmediately: undefined });
    await modify({ CacheNodeType: 'cache.r7g.xlarge' });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('gives way to a later change of tokens', async () => {
    await start();
    await modify({ AuthToken: SECOND, ApplyImmediately: false });
    await modify({ AuthToken: THIRD });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST), sha256(THIRD)]);
  });
});
