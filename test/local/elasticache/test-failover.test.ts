import {
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  CreateSnapshotCommand,
  DeleteReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  DescribeSnapshotsCommand,
  IncreaseReplicaCountCommand,
  ModifyReplicationGroupCommand,
  TestFailoverCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FailoverFaults } from '../../../local/services/elasticache/failover-faults.ts';
import { eventually } from '../../builders/eventually.ts';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

const COMBINATION = 'InvalidParameterCombinationException';
const STATE = 'InvalidReplicationGroupStateFault';
const RATE = 'APICallRateForCustomerExceededFault';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
});
afterEach(() => cache.close());

const MULTI_AZ = { MultiAZEnabled: true, NotificationTopicArn: topicArn('events') };
const create = async (...requests: CreateReplicationGroupCommandInput[]) => {
  for (const request of requests) await cache.client.send(new CreateReplicationGroupCommand(request));
  await cache.handle.idle();
};
const fail = async (ReplicationGroupId = 'sessions', NodeGroupId: string | undefined = '0001') =>
  (await cache.client.send(new TestFailoverCommand({ ReplicationGroupId, NodeGroupId }))).ReplicationGroup;
const group = async (ReplicationGroupId = 'sessions') =>
  (await cache.client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0];
const rolesOf = async (id?: string) =>
  (await group(id))?.NodeGroups?.[0]?.NodeGroupMembers?.map(({ CurrentRole }) => CurrentRole);
/** The failover's entries in DescribeEvents, oldest first. */
const events = async () => {
  const { Events = [] } = await cache.client.send(new DescribeEventsCommand({ Duration: 14 * 24 * 60 }));
  return Events.reverse()
    .filter(({ Message }) => /failover|recover/i.test(Message ?? ''))
    .map(({ SourceType, SourceIdentifier, Message }) => `${SourceType} ${SourceIdentifier}: ${Message}`);
};
const messages = () =>
  cache.published
    .filter(({ event }) => /Failover|Replace/.test(event))
    .map(({ topic, event, id }) => `${topic} ${event} ${id}`);
const toldSoFar = async (count: number) => await eventually(events, (told) => told.length >= count);
const commands = (id: string) => cache.engine.caches.get(`us-east-1.${id}`)?.told.commands ?? [];

/** What a failover of the first shard from its first to its second node tells. */
const taleOf = (id: string, from: string, to: string, shardId = '0001') => [
  `replication-group ${id}: Test Failover API called for node group ${shardId}`,
  `cache-cluster ${from}: Failover from primary node ${from} to replica node ${to} completed`,
  `replication-group ${id}: Failover from primary node ${from} to replica node ${to} completed`,
  `cache-cluster ${from}: Recovering cache nodes 0001`,
  `cache-cluster ${from}: Finished recovery for cache nodes 0001`,
];
const MESSAGES = [
  'events ElastiCache:FailoverComplete sessions-002',
  'events ElastiCache:CacheNodeReplaceStarted sessions-001',
  'events ElastiCache:CacheNodeReplaceComplete sessions-001',
];

describe('a test failover', () => {
  it('shows the group and its members available all along, and the new roles afterwards', async () => {
    await create(aGroup(MULTI_AZ));
    const answer = await fail();
    expect(answer).toMatchObject({ ReplicationGroupId: 'sessions', Status: 'available' });
    expect(answer?.NodeGroups?.[0]?.NodeGroupMembers?.[0]?.CurrentRole).toBe('primary');
    const seen = new Set<string | undefined>();
    const look = async () => {
      const { CacheClusters = [] } = await cache.client.send(new DescribeCacheClustersCommand({}));
      for (const { CacheClusterStatus } of CacheClusters) seen.add(CacheClusterStatus);
      const shown = await group();
      seen.add(shown?.Status).add(shown?.NodeGroups?.[0]?.Status);
      return await events();
    };
    await eventually(look, (told) => told.length === 5);
    expect([...seen]).toEqual(['available']);
    expect(await rolesOf()).toEqual(['replica', 'primary']);
    expect(commands('sessions').slice(0, 2)).toEqual(['sessions-001 dies', 'sessions-002 is promoted']);
  });

  it('is told in the documented order on DescribeEvents and on SNS', async () => {
    await create(aGroup(MULTI_AZ));
    await fail();
    await cache.handle.idle();
    expect(await events()).toEqual(taleOf('sessions', 'sessions-001', 'sessions-002'));
    expect(messages()).toEqual(MESSAGES);
  });

  it('takes the time that promotion and recovery take, by the clock of the account', async () => {
    await create(aGroup(MULTI_AZ));
    const before = cache.world.clock.now();
    await fail();
    await cache.handle.idle();
    const { Events = [] } = await cache.client.send(new DescribeEventsCommand({ StartTime: new Date(before) }));
    const [called = 0, failed = 0, , recovering = 0, recovered = 0] = Events.reverse().map(
      ({ Date: at }) => at?.getTime() ?? 0,
    );
    expect(called).toBeGreaterThanOrEqual(Math.floor(before));
    expect(failed - called).toBeGreaterThanOrEqual(15_000);
    expect(recovering).toBeGreaterThanOrEqual(failed);
    expect(recovered - recovering).toBeGreaterThanOrEqual(120_000);
  });

  it('of a shard of a cluster shows no role, and goes back and forth', async () => {
    await create(aCluster({ ...MULTI_AZ, ReplicasPerNodeGroup: 1 }));
    await fail('ORDERS', '0002');
    await cache.handle.idle();
    await fail('orders', '0002');
    await cache.handle.idle();
    const [first, second] = ['orders-0002-001', 'orders-0002-002'];
    expect(await events()).toEqual([
      ...taleOf('orders', first, second, '0002'),
      ...taleOf('orders', second, first, '0002'),
    ]);
    expect(await rolesOf('orders')).toEqual([undefined, undefined]);
  });

  it('has members in different zones to fail over between', async () => {
    await create(aGroup(MULTI_AZ), aCluster(MULTI_AZ));
    for (const id of ['sessions', 'orders']) {
      for (const { NodeGroupMembers = [] } of (await group(id))?.NodeGroups ?? []) {
        const zones = NodeGroupMembers.map(({ PreferredAvailabilityZone }) => PreferredAvailabilityZone);
        expect(zones.every(Boolean)).toBe(true);
        expect(new Set(zones).size).toBe(zones.length);
      }
    }
  });

  it('is a question to IAM about the group with its tags', async () => {
    await create(aGroup({ ...MULTI_AZ, Tags: [{ Key: 'autopilot:managed', Value: 'true' }] }));
    const before = cache.world.asked.length;
    await fail('Sessions');
    expect(cache.world.asked[before]?.permission).toEqual({
      action: 'elasticache:TestFailover',
      resource: 'arn:aws:elasticache:us-east-1:111122223333:replicationgroup:sessions',
      context: { 'aws:ResourceTag/autopilot:managed': 'true' },
    });
  });
});

describe('a test failover is refused', () => {
  it.each([
    ['an unknown group', ['nobody', '0001'], 'ReplicationGroupNotFoundFault'],
    ['an unknown shard', ['sessions', '0002'], 'NodeGroupNotFoundFault'],
    ['a shard by half of its id', ['sessions', '1'], 'NodeGroupNotFoundFault'],
    ['a shard by a word', ['sessions', 'redis00-0001'], 'InvalidParameterValueException'],
    ['a shard by too many digits', ['sessions', '00001'], 'InvalidParameterValueException'],
    ['a shard by nothing', ['sessions', ''], 'InvalidParameterValueException'],
  ])('for %s', async (_what, [id, shardId], fault) => {
    await create(aGroup(MULTI_AZ));
    expect(await outcomeOf(fail(id, shardId))).toBe(fault);
    expect(await events()).toEqual([]);
    expect(commands('sessions')).toEqual([]);
  });

  it.each<[string, Partial<CreateReplicationGroupCommandInput>]>([
    ['without Multi-AZ', { MultiAZEnabled: false }],
    ['without automatic failover', { MultiAZEnabled: false, AutomaticFailoverEnabled: false }],
    ['without a replica', { MultiAZEnabled: false, AutomaticFailoverEnabled: false, NumCacheClusters: 1 }],
  ])('for a group %s', async (_what, request) => {
    await create(aGroup(request));
    expect(await outcomeOf(fail())).toBe(COMBINATION);
  });

  it('for a group that is not available', async () => {
    await create(aGroup(MULTI_AZ));
    const change = { ReplicationGroupId: 'sessions', CacheNodeType: 'cache.r7g.xlarge', ApplyImmediately: true };
    await cache.client.send(new ModifyReplicationGroupCommand(change));
    expect(await outcomeOf(fail())).toBe(STATE);
  });

  it('for the same group until its dead node is replaced, while other groups go on', async () => {
    await create(aCluster(MULTI_AZ), aGroup(MULTI_AZ));
    await fail('orders', '0001');
    expect(await outcomeOf(fail('orders', '0001'))).toBe(STATE);
    expect(await outcomeOf(fail('sessions'))).toBe('accepted');
    await eventually(events, (told) => told.filter((line) => line.includes('Recovering')).length === 2);
    expect(await outcomeOf(fail('orders', '0002'))).toBe(STATE);
    await cache.handle.idle();
    expect(await outcomeOf(fail('orders', '0002'))).toBe('accepted');
  });

  it('for all but one of many calls at once', async () => {
    await create(aGroup(MULTI_AZ));
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => outcomeOf(fail())));
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
    await cache.handle.idle();
    expect(await events()).toHaveLength(5);
  });

  it('for the sixteenth time in 24 hours, in all groups of the Region together', async () => {
    await cache.close();
    cache = await anElastiCache({ speed: 100_000 });
    await create(aGroup(MULTI_AZ), aCluster(MULTI_AZ));
    expect(cache.handle.quotas.failoverTestsPerDay).toBe(15);
    const began = cache.world.clock.now();
    cache.handle.quotas.failoverTestsPerDay = 3;
    for (const [id, shardId] of [
      ['sessions', '0001'],
      ['orders', '0001'],
    ]) {
      await fail(id, shardId);
      // What is refused does not count.
      expect(await outcomeOf(fail(id, shardId))).toBe(STATE);
      await cache.handle.idle();
    }
    await fail('orders', '0002');
    await cache.handle.idle();
    expect(await outcomeOf(fail('orders', '0003'))).toBe(RATE);
    expect(await outcomeOf(fail('sessions'))).toBe(RATE);
    await cache.world.clock.sleep(began + 25 * 3_600_000 - cache.world.clock.now());
    expect(await outcomeOf(fail('orders', '0003'))).toBe('accepted');
  });
});

describe('faults of a test failover', () => {
  const failWith = async (faults: FailoverFaults) => {
    await create(aGroup(MULTI_AZ));
    const end = cache.handle.failNextFailover(faults);
    await fail();
    return end;
  };

  it('block the call once, and nothing happens', async () => {
    await create(aGroup(MULTI_AZ));
    cache.handle.quotas.failoverTestsPerDay = 1;
    cache.handle.failNextFailover({ isBlocked: true });
    expect(await outcomeOf(fail())).toBe('TestFailoverNotAvailableFault');
    expect(commands('sessions')).toEqual([]);
    expect(await outcomeOf(fail())).toBe('accepted');
  });

  it('wait for the cache that they are meant for, and spare another', async () => {
    await create(aGroup(MULTI_AZ), aCluster(MULTI_AZ));
    cache.handle.failNextFailover({ cacheId: 'orders', isBlocked: true });
    expect(await outcomeOf(fail())).toBe('accepted');
    expect(await outcomeOf(fail('orders'))).toBe('TestFailoverNotAvailableFault');
    expect(await outcomeOf(fail('orders'))).toBe('accepted');
  });

  it('make the promotion slow', async () => {
    await failWith({ promotionSeconds: 1_000 });
    await cache.handle.idle();
    const { Events = [] } = await cache.client.send(new DescribeEventsCommand({}));
    const [, , failed, , called] = Events.map(({ Date: at }) => at?.getTime() ?? 0);
    expect((failed ?? 0) - (called ?? 0)).toBeGreaterThanOrEqual(1_000_000);
  });

  it('keep a shard without a primary until they are ended', async () => {
    const end = await failWith({ promotesNobody: true });
    await cache.world.clock.sleep(60_000);
    expect(await events()).toHaveLength(1);
    // Describe goes on showing what it knew last, and the group says that it is available.
    expect(await rolesOf()).toEqual(['primary', 'replica']);
    expect((await group())?.Status).toBe('available');
    expect(await outcomeOf(fail())).toBe(STATE);
    end();
    await cache.handle.idle();
    expect(await events()).toHaveLength(5);
    expect(await rolesOf()).toEqual(['replica', 'primary']);
  });

  it('let a group be deleted that has no primary', async () => {
    await failWith({ promotesNobody: true });
    await cache.client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId: 'sessions' }));
    await cache.handle.idle();
    expect(await outcomeOf(group())).toBe('ReplicationGroupNotFoundFault');
    expect(await events()).toHaveLength(1);
  });

  it('keep the old primary from following, and its group locked, until they are ended', async () => {
    const end = await failWith({ neverFollows: true });
    await toldSoFar(4);
    await eventually(
      async () => commands('sessions').at(-1) ?? '',
      (last) => last.startsWith('sessions-001 comes back and cannot follow'),
    );
    await cache.world.clock.sleep(600_000);
    expect(await events()).toHaveLength(4);
    expect(await outcomeOf(fail())).toBe(STATE);
    end();
    await cache.handle.idle();
    expect(await events()).toEqual(taleOf('sessions', 'sessions-001', 'sessions-002'));
  });

  it('lose events and messages, each by itself', async () => {
    await failWith({
      lostEvents: ['nodeFailedOver', 'recovering', 'recovered'],
      lostNotifications: ['CacheNodeReplaceStarted'],
    });
    await cache.handle.idle();
    const [called, , failedOver] = taleOf('sessions', 'sessions-001', 'sessions-002');
    expect(await events()).toEqual([called, failedOver]);
    expect(messages()).toEqual([MESSAGES[0], MESSAGES[2]]);
    expect(commands('sessions')).toHaveLength(3);
  });

  it('are called off in time', async () => {
    await create(aGroup(MULTI_AZ));
    cache.handle.failNextFailover({ isBlocked: true })();
    await fail();
    await cache.handle.idle();
    expect(await events()).toHaveLength(5);
  });
});

describe('while a dead node is being replaced', () => {
  it('the replacement is tried again when it fails, and the new node has the parameters of then', async () => {
    await create(aGroup(MULTI_AZ));
    await fail();
    await toldSoFar(4);
    cache.engine.failNextChange('the host does not start');
    await cache.handle.idle();
    expect(await events()).toHaveLength(5);
    expect(commands('sessions').at(-1)).toBe('sessions-001 follows 16');
  });

  it('a snapshot is taken from a replica that has the data', async () => {
    await create(aCluster(MULTI_AZ));
    cache.handle.failNextFailover({ neverFollows: true });
    await fail('orders', '0001');
    await toldSoFar(4);
    cache.engine.caches.get('us-east-1.orders')?.setLink('orders-0002-003', 'down');
    await cache.client.send(new CreateSnapshotCommand({ SnapshotName: 'one', ReplicationGroupId: 'orders' }));
    await eventually(
      async () => (await cache.client.send(new DescribeSnapshotsCommand({}))).Snapshots?.[0]?.SnapshotStatus,
      (status) => status !== 'creating',
    );
    const query = new DescribeSnapshotsCommand({ ShowNodeGroupConfig: true });
    const [snapshot] = (await cache.client.send(query)).Snapshots ?? [];
    expect(snapshot?.SnapshotStatus).toBe('available');
    expect(snapshot?.NodeSnapshots?.map(({ CacheClusterId }) => CacheClusterId)).toEqual([
      'orders-0001-003',
      'orders-0002-002',
      'orders-0003-003',
    ]);
  });

  it('other changes are taken, and a node type needs no answer of the dead node', async () => {
    await create(aGroup(MULTI_AZ));
    const end = cache.handle.failNextFailover({ promotesNobody: true });
    await fail();
    await eventually(
      async () => commands('sessions'),
      ([first]) => first === 'sessions-001 dies',
    );
    const target = { ReplicationGroupId: 'sessions', ApplyImmediately: true };
    const change = { ...target, CacheNodeType: 'cache.r7g.xlarge' };
    await cache.client.send(new ModifyReplicationGroupCommand(change));
    const isDone = (shown: Awaited<ReturnType<typeof group>>) => shown?.Status === 'available';
    expect((await eventually(group, isDone))?.CacheNodeType).toBe('cache.r7g.xlarge');
    await cache.client.send(new IncreaseReplicaCountCommand({ ...target, NewReplicaCount: 2 }));
    end();
    await cache.handle.idle();
    expect(await group()).toMatchObject({
      Status: 'available',
      MemberClusters: ['sessions-001', 'sessions-002', 'sessions-003'],
    });
    expect(await events()).toHaveLength(5);
  });
});
