import {
  CreateCacheClusterCommand,
  CreateReplicationGroupCommand,
  DeleteReplicationGroupCommand,
  DescribeServiceUpdatesCommand,
  DescribeUpdateActionsCommand,
  type DescribeUpdateActionsCommandInput,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const REGION = 'us-east-1';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
  await cache.client.send(new CreateReplicationGroupCommand(aGroup({ Tags: [{ Key: 'team', Value: 'shop' }] })));
  await cache.client.send(new CreateReplicationGroupCommand(aCluster()));
  await cache.client.send(
    new CreateCacheClusterCommand({
      CacheClusterId: 'alone',
      Engine: 'redis',
      CacheNodeType: 'cache.r7g.large',
      NumCacheNodes: 1,
    }),
  );
  await cache.handle.idle();
});
afterEach(() => cache.close());

const actions = async (input: DescribeUpdateActionsCommandInput = {}) =>
  (await cache.client.send(new DescribeUpdateActionsCommand(input))).UpdateActions ?? [];
const updates = async (input: ConstructorParameters<typeof DescribeServiceUpdatesCommand>[0] = {}) =>
  (await cache.client.send(new DescribeServiceUpdatesCommand(input))).ServiceUpdates ?? [];
const idsOf = async (input?: DescribeUpdateActionsCommandInput) =>
  (await actions(input)).map(({ ReplicationGroupId, CacheClusterId }) => ReplicationGroupId ?? CacheClusterId);

describe('service updates', () => {
  it('are none, until one is announced, and none again when it is taken back', async () => {
    expect([await actions(), await updates()]).toEqual([[], []]);
    const takeBack = cache.handle.announceServiceUpdate(REGION, 'orders', {
      name: 'elasticache-2',
      severity: 'critical',
    });
    const [action] = await actions();
    expect(action).toMatchObject({
      ReplicationGroupId: 'orders',
      ServiceUpdateName: 'elasticache-2',
      ServiceUpdateSeverity: 'critical',
      ServiceUpdateStatus: 'available',
      ServiceUpdateType: 'security-update',
      UpdateActionStatus: 'not-applied',
      NodesUpdated: '0/9',
      SlaMet: 'n/a',
      Engine: 'redis',
    });
    const { ServiceUpdateReleaseDate: from, ServiceUpdateRecommendedApplyByDate: by } = action ?? {};
    expect((by?.getTime() ?? 0) - (from?.getTime() ?? 0)).toBe(14 * 24 * 3_600_000);
    expect(await updates()).toMatchObject([{ ServiceUpdateName: 'elasticache-2', EngineVersion: '7.1.0' }]);
    takeBack();
    expect([await actions(), await updates()]).toEqual([[], []]);
  });

  it('are found by cache, by how far they are, by name, engine and time', async () => {
    cache.handle.announceServiceUpdate(REGION, 'orders', { name: 'one' });
    cache.handle.announceServiceUpdate(REGION, 'sessions', { name: 'one', status: 'in-progress' });
    cache.handle.announceServiceUpdate(REGION, 'alone', { name: 'two', status: 'complete' });
    expect(await idsOf()).toEqual(['alone', 'orders', 'sessions']);
    expect(await idsOf({ ReplicationGroupIds: ['SESSIONS', 'nobody'] })).toEqual(['sessions']);
    expect(await idsOf({ CacheClusterIds: ['alone', 'orders'] })).toEqual(['alone']);
    expect(await idsOf({ CacheClusterIds: ['alone'], ReplicationGroupIds: ['orders'] })).toEqual(['alone', 'orders']);
    expect(await idsOf({ UpdateActionStatus: ['in-progress', 'not-applied'] })).toEqual(['orders', 'sessions']);
    expect(await idsOf({ ReplicationGroupIds: ['orders'], UpdateActionStatus: ['complete'] })).toEqual([]);
    expect(await idsOf({ ServiceUpdateName: 'two' })).toEqual(['alone']);
    expect(await idsOf({ Engine: 'valkey' })).toEqual([]);
    expect(await idsOf({ ServiceUpdateStatus: ['cancelled', 'expired'] })).toEqual([]);
    expect(await idsOf({ ServiceUpdateTimeRange: { EndTime: new Date(0) } })).toEqual([]);
    expect((await updates()).map(({ ServiceUpdateName }) => ServiceUpdateName)).toEqual(['one', 'two']);
    expect(await outcomeOf(updates({ ServiceUpdateName: 'three' }))).toBe('ServiceUpdateNotFoundFault');
  });

  it('go with their cache', async () => {
    cache.handle.announceServiceUpdate(REGION, 'sessions');
    expect(await idsOf()).toEqual(['sessions']);
    await cache.client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId: 'sessions' }));
    await cache.handle.idle();
    expect(await idsOf()).toEqual([]);
    expect(() => cache.handle.announceServiceUpdate(REGION, 'sessions')).toThrow('no cache sessions');
  });

  it('are not asked for in words that there are not', async () => {
    const wrong = [
      { UpdateActionStatus: ['done'] },
      { ServiceUpdateStatus: ['new'] },
      { ReplicationGroupIds: Array.from({ length: 21 }, (_, index) => `group-${index}`) },
      { MaxRecords: 5 },
    ] as DescribeUpdateActionsCommandInput[];
    for (const input of wrong) expect([input, await outcomeOf(actions(input))]).toEqual([input, VALUE]);
    await expect(actions({ ShowNodeLevelUpdateStatus: true })).rejects.toThrow('ShowNodeLevelUpdateStatus');
    expect(await actions({ ShowNodeLevelUpdateStatus: false })).toEqual([]);
  });

  it('are a question to IAM about each cache that is named', async () => {
    const askedFor = async (input: DescribeUpdateActionsCommandInput) => {
      const before = cache.world.asked.length;
      await actions(input);
      return cache.world.asked.slice(before).map(({ permission }) => permission);
    };
    const action = 'elasticache:DescribeUpdateActions';
    const arn = 'arn:aws:elasticache:us-east-1:111122223333';
    expect(await askedFor({})).toEqual([{ action, resource: '*' }]);
    expect(await askedFor({ ReplicationGroupIds: ['sessions'], CacheClusterIds: ['alone'] })).toEqual([
      { action, resource: `${arn}:replicationgroup:sessions`, context: { 'aws:ResourceTag/team': 'shop' } },
      { action, resource: `${arn}:cluster:alone`, context: {} },
    ]);
  });
});
