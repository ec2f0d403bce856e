import {
  CreateReplicationGroupCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../local/services/elasticache/validation/auth-token.ts';
import { type AnElastiCache, aGroup, anElastiCache } from './an-elasticache.ts';

const FIRST = 'first-token-0123456789';
const SECOND = 'second-token-0123456789';
const THIRD = 'third-token-0123456789';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
  await cache.client.send(
    new CreateReplicationGroupCommand(aGroup({ TransitEncryptionEnabled: true, AuthToken: FIRST })),
  );
  await cache.handle.idle();
});
afterEach(() => cache.close());

const modify = (change: Partial<ModifyReplicationGroupCommandInput>) =>
  cache.client.send(
    new ModifyReplicationGroupCommand({ ReplicationGroupId: 'sessions', ApplyImmediately: true, ...change }),
  );
const group = async () => (await cache.client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups?.[0];
const told = () => cache.engine.caches.get('us-east-1.sessions')?.told;
const hashes = () => told()?.users[0]?.passwordHashes;
const messages = async () =>
  (await cache.client.send(new DescribeEventsCommand({ Duration: 600 }))).Events?.map(({ Message }) => Message);

describe('the next change of tokens', () => {
  it('fails when it was ordered to, and only that one', async () => {
    const before = (await group())?.AuthTokenLastModifiedDate;
    cache.handle.failNextTokenChange();
    expect((await modify({ AuthToken: SECOND })).ReplicationGroup?.Status).toBe('modifying');
    await cache.handle.idle();
    expect(await group()).toMatchObject({ Status: 'available', AuthTokenEnabled: true, PendingModifiedValues: {} });
    expect((await group())?.AuthTokenLastModifiedDate).toEqual(before);
    expect(hashes()).toEqual([sha256(FIRST)]);
    expect(await messages()).toContain('Failed applying modification.');
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('leaves the fault to itself when something else is changed first', async () => {
    cache.handle.failNextTokenChange();
    await modify({ CacheNodeType: 'cache.r7g.xlarge' });
    await cache.handle.idle();
    expect((await group())?.CacheNodeType).toBe('cache.r7g.xlarge');
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST)]);
  });

  it('waits until it may go on, with its status in sight', async () => {
    const goOn = cache.handle.holdNextTokenChange();
    await modify({ AuthToken: SECOND });
    // Its own time, and that of many polls, is over.
    await cache.world.clock.sleep(600_000);
    expect(await group()).toMatchObject({
      Status: 'modifying',
      PendingModifiedValues: { AuthTokenStatus: 'ROTATING' },
    });
    expect(hashes()).toEqual([sha256(FIRST)]);
    goOn();
    await cache.handle.idle();
    expect(await group()).toMatchObject({ Status: 'available', PendingModifiedValues: {} });
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('forgets a node until the fault is ended', async () => {
    const remember = cache.handle.forgetNodeInNextTokenChange(1);
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(told()?.userFaults).toEqual({ forgets: 'sessions-002' });
    expect((await group())?.Status).toBe('available');
    remember();
    await cache.handle.idle();
    expect(told()?.userFaults).toEqual({});
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('is taken back when it was to forget a node that there is not', async () => {
    cache.handle.forgetNodeInNextTokenChange(2);
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST)]);
  });

  it('cuts off clients when it was ordered to', async () => {
    cache.handle.dropConnectionsInNextTokenChange();
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(told()?.userFaults).toEqual({ dropsConnections: true });
    await modify({ AuthToken: THIRD });
    await cache.handle.idle();
    expect(told()?.userFaults).toEqual({});
  });

  it('has none of the faults that were called off in time', async () => {
    cache.handle.holdNextTokenChange()();
    cache.handle.forgetNodeInNextTokenChange(0)();
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(told()?.userFaults).toEqual({});
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('has all that were ordered, each once', async () => {
    cache.handle.failNextTokenChange();
    cache.handle.failNextTokenChange();
    const goOn = cache.handle.holdNextTokenChange();
    await modify({ AuthToken: SECOND });
    goOn();
    await cache.handle.idle();
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST)]);
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(hashes()).toHaveLength(2);
  });

  it('has none of those that were ordered for another cache', async () => {
    const other = { cacheId: 'orders' };
    cache.handle.failNextTokenChange(other);
    cache.handle.holdNextTokenChange(other);
    cache.handle.forgetNodeInNextTokenChange(0, other);
    cache.handle.dropConnectionsInNextTokenChange(other);
    await modify({ AuthToken: SECOND });
    await cache.handle.idle();
    expect(told()?.userFaults).toEqual({});
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
    cache.handle.failNextTokenChange({ cacheId: 'sessions' });
    await modify({ AuthToken: THIRD });
    await cache.handle.idle();
    expect(hashes()).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('ends with the account although it is held', async () => {
    cache.handle.holdNextTokenChange();
    await modify({ AuthToken: SECOND });
    await cache.handle.stop?.();
    expect(hashes()).toEqual([sha256(FIRST)]);
  });
});

it('that fails halfway leaves no node with the new token', async () => {
  cache.engine.failNextChange('sessions-002 does not answer');
  await modify({ AuthToken: SECOND });
  await cache.handle.idle();
  // The engine was told again: some of its nodes may have taken it.
  expect(told()?.users).toMatchObject([{ passwordHashes: [sha256(FIRST)] }]);
  expect(told()?.userFaults).toEqual({});
});
