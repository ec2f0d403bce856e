import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateReplicationGroupCommand,
  CreateSnapshotCommand,
  type CreateSnapshotCommandInput,
  DeleteReplicationGroupCommand,
  DeleteSnapshotCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  DescribeSnapshotsCommand,
  type DescribeSnapshotsCommandInput,
  ListTagsForResourceCommand,
  ModifyReplicationGroupCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
  const NotificationTopicArn = topicArn('events');
  await cache.client.send(new CreateReplicationGroupCommand(aGroup({ NotificationTopicArn })));
  await cache.client.send(new CreateReplicationGroupCommand(aCluster({ NotificationTopicArn })));
  await cache.handle.idle();
});
afterEach(() => cache.close());

const take = async (input: Partial<CreateSnapshotCommandInput> = {}) => {
  const ordered = { SnapshotName: 'first', ReplicationGroupId: 'orders', ...input };
  const { Snapshot } = await cache.client.send(new CreateSnapshotCommand(ordered));
  return Snapshot;
};
const describeAll = async (input: DescribeSnapshotsCommandInput = {}) =>
  (await cache.client.send(new DescribeSnapshotsCommand(input))).Snapshots ?? [];
const statusOf = async (ReplicationGroupId: string) =>
  (await cache.client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0]
    ?.Status;
const fileOf = (name: string, shard: string) =>
  path.join(cache.world.folder, 'snapshots', 'us-east-1', `${name}-${shard}.rdb`);
const fails = (work: Promise<unknown>) => outcomeOf(work);

describe('a snapshot', () => {
  it('of a cluster has a part of each shard, taken from a replica, and the cache is busy meanwhile', async () => {
    expect(await take({ SnapshotName: 'First' })).toMatchObject({ SnapshotName: 'first', SnapshotStatus: 'creating' });
    expect(await statusOf('orders')).toBe('snapshotting');
    await cache.handle.idle();
    expect(await statusOf('orders')).toBe('available');
    const [snapshot] = await describeAll({ SnapshotName: 'first', ShowNodeGroupConfig: true });
    expect(snapshot).toMatchObject({
      SnapshotStatus: 'available',
      SnapshotSource: 'manual',
      ReplicationGroupId: 'orders',
      NumNodeGroups: 3,
      ARN: 'arn:aws:elasticache:us-east-1:111122223333:snapshot:first',
    });
    expect(snapshot?.NodeSnapshots).toMatchObject(
      ['0001', '0002', '0003'].map((id) => ({
        NodeGroupId: id,
        CacheSize: '1 MB',
        NodeGroupConfiguration: { Slots: expect.stringMatching(/^\d+-\d+$/) },
      })),
    );
    for (const { CacheClusterId } of snapshot?.NodeSnapshots ?? []) expect(CacheClusterId).not.toMatch(/-001$/);
    expect(readFileSync(fileOf('first', '0002'), 'utf8')).toMatch(/^the data of orders-0002-/);
  });

  it('of one node belongs to that node, and only without cluster mode', async () => {
    await take({ ReplicationGroupId: undefined, CacheClusterId: 'sessions-002' });
    await cache.handle.idle();
    expect((await describeAll({ CacheClusterId: 'sessions-002' }))[0]).toMatchObject({
      CacheClusterId: 'sessions-002',
      NumCacheNodes: 1,
    });
    expect(
      await fails(take({ SnapshotName: 'x', ReplicationGroupId: undefined, CacheClusterId: 'orders-0001-001' })),
    ).toBe('InvalidParameterCombinationException');
  });

  it('is told in the events and on SNS', async () => {
    const before = cache.published.length;
    await take();
    await cache.handle.idle();
    expect(cache.published.slice(before).map(({ event }) => event)).toEqual(
      Array.from({ length: 3 }, () => 'ElastiCache:SnapshotComplete'),
    );
    const { Events = [] } = await cache.client.send(new DescribeEventsCommand({}));
    expect(Events[0]?.Message).toBe(
      "Snapshot succeeded for snapshot with ID 'first' of replication group with ID 'orders'",
    );
  });

  it('that fails says so, and the cache is available as before', async () => {
    cache.handle.failNextSnapshot('no memory for the fork');
    await take();
    await cache.handle.idle();
    expect((await describeAll())[0]).toMatchObject({ SnapshotStatus: 'failed' });
    expect(await statusOf('orders')).toBe('available');
    const { Events = [] } = await cache.client.send(new DescribeEventsCommand({}));
    expect(Events[0]?.Message).toMatch(/^Snapshot failed/);
  });

  it.each<[string, Partial<CreateSnapshotCommandInput>, string]>([
    ['a name that is no identifier', { SnapshotName: '9-lives' }, 'InvalidParameterValueException'],
    ['a name that is too long', { SnapshotName: `a${'b'.repeat(40)}` }, 'InvalidParameterValueException'],
    ['neither group nor node', { ReplicationGroupId: undefined }, 'InvalidParameterCombinationException'],
    ['both group and node', { CacheClusterId: 'orders-0001-001' }, 'InvalidParameterCombinationException'],
    ['a group that is not there', { ReplicationGroupId: 'nobody' }, 'ReplicationGroupNotFoundFault'],
    [
      'a node that is not there',
      { ReplicationGroupId: undefined, CacheClusterId: 'nobody' },
      'CacheClusterNotFoundFault',
    ],
  ])('is refused for %s', async (_what, input, fault) => {
    expect(await fails(take(input))).toBe(fault);
    expect(await describeAll()).toEqual([]);
  });

  it('is refused while its cache is busy, and keeps it busy for others', async () => {
    await take();
    expect(await fails(take({ SnapshotName: 'second' }))).toBe('InvalidReplicationGroupStateFault');
    const change = { ReplicationGroupId: 'orders', SnapshotWindow: '01:00-02:00', ApplyImmediately: true };
    expect(await fails(cache.client.send(new ModifyReplicationGroupCommand(change)))).toBe(
      'InvalidReplicationGroupStateFault',
    );
  });

  it('has a name of its own', async () => {
    await take();
    await cache.handle.idle();
    expect(await fails(take({ SnapshotName: 'FIRST' }))).toBe('SnapshotAlreadyExistsFault');
  });

  it('is taken at most 20 times a day of one node', async () => {
    cache.handle.quotas.manualSnapshotsPerNodeAndDay = 2;
    for (const SnapshotName of ['one', 'two']) {
      await take({ SnapshotName });
      await cache.handle.idle();
    }
    expect(await fails(take({ SnapshotName: 'three' }))).toBe('SnapshotQuotaExceededFault');
    await cache.client.send(new DeleteSnapshotCommand({ SnapshotName: 'one' }));
    await cache.handle.idle();
    expect(await fails(take({ SnapshotName: 'three' }))).toBe('SnapshotQuotaExceededFault');
  });

  it('carries its tags', async () => {
    const ResourceName = (await take({ Tags: [{ Key: 'Team', Value: 'shop' }] }))?.ARN;
    const { TagList } = await cache.client.send(new ListTagsForResourceCommand({ ResourceName }));
    expect(TagList).toEqual([{ Key: 'Team', Value: 'shop' }]);
  });
});

describe('looking for snapshots', () => {
  it('finds them by what they are of, and by who asked for them', async () => {
    await take();
    await cache.handle.idle();
    await take({ SnapshotName: 'second', ReplicationGroupId: 'sessions' });
    await cache.handle.idle();
    const names = async (input: DescribeSnapshotsCommandInput) =>
      (await describeAll(input)).map(({ SnapshotName }) => SnapshotName);
    expect(await names({})).toEqual(['first', 'second']);
    expect(await names({ ReplicationGroupId: 'Orders' })).toEqual(['first']);
    expect(await names({ SnapshotSource: 'user' })).toEqual(['first', 'second']);
    expect(await names({ SnapshotSource: 'system' })).toEqual([]);
    expect(await fails(describeAll({ SnapshotSource: 'manual' }))).toBe('InvalidParameterValueException');
    expect(await fails(describeAll({ SnapshotName: 'nobody' }))).toBe('SnapshotNotFoundFault');
    expect(await fails(describeAll({ MaxRecords: 51 }))).toBe('InvalidParameterValueException');
  });
});

it('the account that stops takes the files of all snapshots along', async () => {
  const other = await anElastiCache();
  try {
    await other.client.send(new CreateReplicationGroupCommand(aGroup()));
    await other.handle.idle();
    const ordered = { SnapshotName: 'first', ReplicationGroupId: 'sessions' };
    await other.client.send(new CreateSnapshotCommand(ordered));
    await other.handle.idle();
    const file = path.join(other.world.folder, 'snapshots', 'us-east-1', 'first-0001.rdb');
    expect(existsSync(file)).toBe(true);
    await other.handle.stop?.();
    expect(existsSync(file)).toBe(false);
  } finally {
    await other.close();
  }
});

describe('deleting', () => {
  it('a snapshot takes its files away, once it is no longer being made', async () => {
    await take();
    const remove = () => cache.client.send(new DeleteSnapshotCommand({ SnapshotName: 'first' }));
    expect(await fails(remove())).toBe('InvalidSnapshotStateFault');
    await cache.handle.idle();
    expect(existsSync(fileOf('first', '0001'))).toBe(true);
    expect((await remove()).Snapshot).toMatchObject({ SnapshotStatus: 'deleting' });
    await cache.handle.idle();
    expect(existsSync(fileOf('first', '0001'))).toBe(false);
    expect(await fails(remove())).toBe('SnapshotNotFoundFault');
  });

  it('a cache begins with its final snapshot, which stays', async () => {
    const ordered = { ReplicationGroupId: 'orders', FinalSnapshotIdentifier: 'orders-final' };
    const { ReplicationGroup } = await cache.client.send(new DeleteReplicationGroupCommand(ordered));
    expect(ReplicationGroup?.Status).toBe('snapshotting');
    await cache.handle.idle();
    expect(await fails(statusOf('orders'))).toBe('ReplicationGroupNotFoundFault');
    expect(await describeAll()).toMatchObject([{ SnapshotName: 'orders-final', SnapshotStatus: 'available' }]);
    expect(existsSync(fileOf('orders-final', '0003'))).toBe(true);
    expect(readFileSync(fileOf('orders-final', '0002'), 'utf8')).toMatch(/^the data of orders-0002-001/);
  });

  it('a cache does not happen when its final snapshot fails', async () => {
    cache.handle.failNextSnapshot('no memory for the fork');
    const ordered = { ReplicationGroupId: 'orders', FinalSnapshotIdentifier: 'orders-final' };
    await cache.client.send(new DeleteReplicationGroupCommand(ordered));
    await cache.handle.idle();
    expect(await statusOf('orders')).toBe('available');
    expect(await describeAll()).toMatchObject([{ SnapshotStatus: 'failed' }]);
  });

  it('a cache is refused when the final snapshot’s name is taken', async () => {
    await take();
    await cache.handle.idle();
    const ordered = { ReplicationGroupId: 'orders', FinalSnapshotIdentifier: 'first' };
    expect(await fails(cache.client.send(new DeleteReplicationGroupCommand(ordered)))).toBe(
      'SnapshotAlreadyExistsFault',
    );
    expect(await statusOf('orders')).toBe('available');
  });
});
