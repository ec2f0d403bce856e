import {
  CreateCacheSubnetGroupCommand,
  CreateReplicationGroupCommand,
  type CreateReplicationGroupCommandInput,
  DecreaseReplicaCountCommand,
  type DecreaseReplicaCountCommandInput,
  DescribeCacheClustersCommand,
  DescribeEventsCommand,
  DescribeReplicationGroupsCommand,
  IncreaseReplicaCountCommand,
  type IncreaseReplicaCountCommandInput,
  ModifyReplicationGroupShardConfigurationCommand,
  type ModifyReplicationGroupShardConfigurationCommandInput,
  type ReplicationGroup,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';
const STATE = 'InvalidReplicationGroupStateFault';
const SHARDS = 'NodeGroupsPerReplicationGroupQuotaExceededFault';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
});
afterEach(() => cache.close());

const create = async (group: CreateReplicationGroupCommandInput) => {
  await cache.client.send(new CreateReplicationGroupCommand({ ...group, NotificationTopicArn: topicArn('events') }));
  await cache.handle.idle();
};
const find = async (ReplicationGroupId: string): Promise<ReplicationGroup> =>
  (await cache.client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0] ?? {};
const shardIds = (group: ReplicationGroup) => group.NodeGroups?.map(({ NodeGroupId }) => NodeGroupId);
const membersOf = (group: ReplicationGroup) =>
  group.NodeGroups?.map(({ NodeGroupMembers = [] }) => NodeGroupMembers.map(({ CacheClusterId }) => CacheClusterId));
const zonesOf = (group: ReplicationGroup) =>
  group.NodeGroups?.map(({ NodeGroupMembers = [] }) =>
    NodeGroupMembers.map(({ PreferredAvailabilityZone }) => PreferredAvailabilityZone?.at(-1)).join(''),
  );
const statusOf = async (CacheClusterId: string) =>
  (await cache.client.send(new DescribeCacheClustersCommand({ CacheClusterId }))).CacheClusters?.[0]
    ?.CacheClusterStatus;
const eventsSince = (count: number) =>
  cache.published.slice(count).map(({ event, id }) => `${event.split(':')[1]} ${id}`);
const messagesOf = async (SourceIdentifier: string, SourceType: 'cache-cluster' | 'replication-group') =>
  (await cache.client.send(new DescribeEventsCommand({ SourceIdentifier, SourceType, Duration: 10_000 }))).Events?.map(
    ({ Message }) => Message,
  );

describe('ModifyReplicationGroupShardConfiguration', () => {
  type Change = Partial<ModifyReplicationGroupShardConfigurationCommandInput>;
  const reshard = async (NodeGroupCount: number, change: Change = {}) =>
    (
      await cache.client.send(
        new ModifyReplicationGroupShardConfigurationCommand({
          ReplicationGroupId: 'orders',
          NodeGroupCount,
          ApplyImmediately: true,
          ...change,
        }),
      )
    ).ReplicationGroup;
  beforeEach(() => create(aCluster({ ReplicasPerNodeGroup: 1 })));

  it('adds shards as large as the smallest one, placed as at creation, and moves an even share of slots to each', async () => {
    const release = cache.engine.hold();
    const before = cache.published.length;
    expect(await reshard(5)).toMatchObject({
      Status: 'modifying',
      PendingModifiedValues: { Resharding: { SlotMigration: { ProgressPercentage: 0 } } },
    });
    await cache.world.clock.sleep(10_000);
    const during = await find('orders');
    expect(during.NodeGroups?.map(({ Status, Slots }) => [Status, Slots])).toEqual([
      ['modifying', '0-5461'],
      ['modifying', '5462-10922'],
      ['modifying', '10923-16383'],
      ['creating', ''],
      ['creating', ''],
    ]);
    expect(await statusOf('orders-0005-001')).toBe('creating');
    expect(await outcomeOf(reshard(6))).toBe(STATE);
    release();
    expect(await cache.settled('orders')).toBe('available');

    const after = await find('orders');
    expect(after.PendingModifiedValues).toEqual({});
    expect(shardIds(after)).toEqual(['0001', '0002', '0003', '0004', '0005']);
    expect(after.NodeGroups?.[0]?.Slots).toBe('0-3276');
    expect(membersOf(after)?.[3]).toEqual(['orders-0004-001', 'orders-0004-002']);
    expect(after.NodeGroups?.every(({ Status }) => Status === 'available')).toBe(true);
    expect(await statusOf('orders-0005-002')).toBe('available');
    expect(cache.engine.caches.get('us-east-1.orders')?.shape.shards).toHaveLength(5);
    expect(eventsSince(before)).toEqual(
      ['orders-0004-001', 'orders-0004-002', 'orders-0005-001', 'orders-0005-002'].map(
        (id) => `CacheClusterProvisioningComplete ${id}`,
      ),
    );
    expect(await messagesOf('orders-0004-001', 'cache-cluster')).toEqual([
      'Cache cluster created',
      'Added cache node 0001 in availability zone us-east-1a',
    ]);
  });

  it('removes the shards that are named, or those that are not retained, and never gives their ids again', async () => {
    const before = cache.published.length;
    await reshard(2, { NodeGroupsToRemove: ['0003'] });
    await cache.handle.idle();
    expect(shardIds(await find('orders'))).toEqual(['0001', '0002']);
    expect(eventsSince(before)).toEqual([
      'DeleteCacheClusterComplete orders-0003-001',
      'DeleteCacheClusterComplete orders-0003-002',
    ]);
    await reshard(3);
    await cache.handle.idle();
    expect(shardIds(await find('orders'))).toEqual(['0001', '0002', '0004']);
    await reshard(1, { NodeGroupsToRetain: ['2'] });
    await cache.handle.idle();
    const last = await find('orders');
    expect([shardIds(last), last.NodeGroups?.[0]?.Slots]).toEqual([['0002'], '0-16383']);
    expect(
      await outcomeOf(cache.client.send(new DescribeCacheClustersCommand({ CacheClusterId: 'orders-0001-001' }))),
    ).toBe('CacheClusterNotFoundFault');
  });

  it('places new shards in the zones that are asked for', async () => {
    const zones = { PreferredAvailabilityZones: ['us-east-1c', 'us-east-1b'] };
    await reshard(4, { ReshardingConfiguration: [{ NodeGroupId: '0004', ...zones }] });
    await cache.handle.idle();
    expect(zonesOf(await find('orders'))).toEqual(['ab', 'bc', 'ca', 'cb']);
  });

  it('rebalances when slots are not shared evenly, and has nothing to do when they are', async () => {
    expect(await outcomeOf(reshard(3))).toBe(STATE);
    const slots = ['0-99', '100-16383'];
    await create(
      aCluster({
        ReplicationGroupId: 'uneven',
        NumNodeGroups: 2,
        NodeGroupConfiguration: slots.map((Slots, index) => ({ NodeGroupId: `000${index + 1}`, Slots })),
      }),
    );
    await reshard(2, { ReplicationGroupId: 'uneven' });
    await cache.handle.idle();
    expect((await find('uneven')).NodeGroups?.map(({ Slots }) => Slots)).toEqual(['0-99,8292-16383', '100-8291']);
  });

  it('ends without a change when the data would not fit on the shards that stay', async () => {
    const told = cache.engine.caches.get('us-east-1.orders')?.told;
    if (!told) throw new Error('not running');
    told.usedBytes = told.maxmemoryBytes * 0.6;
    await reshard(1, { NodeGroupsToRetain: ['0001'] });
    expect(await cache.settled('orders')).toBe('available');
    expect(shardIds(await find('orders'))).toEqual(['0001', '0002', '0003']);
    expect((await messagesOf('orders', 'replication-group'))?.[0]).toMatch(/^Failed applying modification.*1\.5 times/);
  });

  it('shows what the engine has when it cannot make the new nodes', async () => {
    cache.engine.failNextChange('no room on this machine');
    await reshard(4);
    expect(await cache.settled('orders')).toBe('available');
    const group = await find('orders');
    expect(shardIds(group)).toEqual(['0001', '0002', '0003']);
    expect(group.PendingModifiedValues).toEqual({});
    expect((await messagesOf('orders', 'replication-group'))?.[0]).toBe('Failed applying modification.');
    // A new attempt is a new number: what the failed shard was called is not given again.
    await reshard(4);
    await cache.handle.idle();
    expect(shardIds(await find('orders'))).toEqual(['0001', '0002', '0003', '0005']);
  });

  it('keeps a shard whose slots could not be moved away', async () => {
    const before = cache.published.length;
    cache.engine.failNextChange('a key that is too large');
    await reshard(2, { NodeGroupsToRemove: ['0003'] });
    expect(await cache.settled('orders')).toBe('available');
    const group = await find('orders');
    expect(group.NodeGroups?.map(({ Slots, Status }) => [Slots, Status])).toEqual([
      ['0-5461', 'available'],
      ['5462-10922', 'available'],
      ['10923-16383', 'available'],
    ]);
    expect(eventsSince(before)).toEqual([]);
  });

  const refused: [rule: string, count: number, change: Change, error: string][] = [
    ['the group exists', 4, { ReplicationGroupId: 'nothing' }, 'ReplicationGroupNotFoundFault'],
    ['it cannot wait', 4, { ApplyImmediately: false }, VALUE],
    ['a count is positive', 0, {}, VALUE],
    ['no more shards than the quota', 91, {}, SHARDS],
    ['no more nodes than the quota', 46, {}, SHARDS],
    ['fewer needs to say which', 2, {}, COMBINATION],
    ['in one way', 2, { NodeGroupsToRemove: ['0001'], NodeGroupsToRetain: ['0002', '0003'] }, COMBINATION],
    ['as many as the count says', 1, { NodeGroupsToRemove: ['0001'] }, COMBINATION],
    ['each once', 1, { NodeGroupsToRemove: ['0001', '1'] }, VALUE],
    ['that exist', 2, { NodeGroupsToRemove: ['0010'] }, VALUE],
    ['more takes none away', 4, { NodeGroupsToRemove: ['0001'] }, COMBINATION],
    ['a new shard has the next id', 4, { ReshardingConfiguration: [{ NodeGroupId: '0007' }] }, VALUE],
    [
      'a zone for each node',
      4,
      { ReshardingConfiguration: [{ NodeGroupId: '0004', PreferredAvailabilityZones: ['us-east-1a'] }] },
      COMBINATION,
    ],
    [
      'zones of the subnet group',
      4,
      { ReshardingConfiguration: [{ NodeGroupId: '0004', PreferredAvailabilityZones: ['us-east-1a', 'us-east-1z'] }] },
      VALUE,
    ],
  ];
  it.each(refused)('is refused, and nothing has changed: %s', async (_rule, count, change, error) => {
    const before = await find('orders');
    expect(await outcomeOf(reshard(count, change))).toBe(error);
    expect(await find('orders')).toEqual(before);
  });

  it('is for cluster mode only, and within the quota of nodes', async () => {
    await create(aGroup());
    expect(await outcomeOf(reshard(2, { ReplicationGroupId: 'sessions' }))).toBe(VALUE);
    Object.assign(cache.handle.quotas, { nodesPerRegion: 9 });
    expect(await outcomeOf(reshard(4))).toBe('NodeQuotaForCustomerExceededFault');
  });

  it('counts nodes that are to come, though Describe does not show them yet', async () => {
    const late = await anElastiCache({ delays: { readAfterWriteLagSeconds: 500 }, quotas: { nodesPerRegion: 8 } });
    try {
      await late.client.send(new CreateReplicationGroupCommand(aCluster({ ReplicasPerNodeGroup: 1 })));
      await late.world.clock.sleep(500_000);
      await late.handle.idle();
      const change = { ReplicationGroupId: 'orders', NodeGroupCount: 4, ApplyImmediately: true };
      const { ReplicationGroup } = await late.client.send(new ModifyReplicationGroupShardConfigurationCommand(change));
      expect(ReplicationGroup).toMatchObject({ Status: 'available', PendingModifiedValues: {} });
      expect(shardIds(ReplicationGroup ?? {})).toEqual(['0001', '0002', '0003']);
      expect(await outcomeOf(late.client.send(new CreateReplicationGroupCommand(aGroup())))).toBe(
        'NodeQuotaForCustomerExceededFault',
      );
    } finally {
      await late.close();
    }
  });
});

describe('IncreaseReplicaCount and DecreaseReplicaCount', () => {
  const increase = async (change: Partial<IncreaseReplicaCountCommandInput>, ReplicationGroupId = 'sessions') =>
    (
      await cache.client.send(
        new IncreaseReplicaCountCommand({ ReplicationGroupId, ApplyImmediately: true, ...change }),
      )
    ).ReplicationGroup;
  const decrease = async (change: Partial<DecreaseReplicaCountCommandInput>, ReplicationGroupId = 'sessions') =>
    (
      await cache.client.send(
        new DecreaseReplicaCountCommand({ ReplicationGroupId, ApplyImmediately: true, ...change }),
      )
    ).ReplicationGroup;

  it('add replicas without cluster mode where the shard has fewest, and tell the topic of each', async () => {
    await create(aGroup());
    const release = cache.engine.hold();
    const before = cache.published.length;
    expect((await increase({ NewReplicaCount: 3 }))?.Status).toBe('modifying');
    await cache.world.clock.sleep(10_000);
    const [shard] = (await find('sessions')).NodeGroups ?? [];
    expect(shard?.Status).toBe('modifying');
    expect(shard?.NodeGroupMembers?.[3]).toEqual({
      CacheClusterId: 'sessions-004',
      CacheNodeId: '0001',
      PreferredAvailabilityZone: 'us-east-1a',
      CurrentRole: 'replica',
    });
    expect(await statusOf('sessions-004')).toBe('creating');
    release();
    expect(await cache.settled('sessions')).toBe('available');
    expect(zonesOf(await find('sessions'))).toEqual(['abca']);
    expect(eventsSince(before)).toEqual([
      'ReplicationGroupIncreaseReplicaCountStarted sessions-003',
      'ReplicationGroupIncreaseReplicaCountStarted sessions-004',
      'ReplicationGroupIncreaseReplicaCountFinished sessions-003',
      'ReplicationGroupIncreaseReplicaCountFinished sessions-004',
      'CacheClusterProvisioningComplete sessions-003',
      'CacheClusterProvisioningComplete sessions-004',
    ]);
  });

  it('change single shards of a cluster, each as asked', async () => {
    await create(aCluster({ ReplicasPerNodeGroup: 1 }));
    const one = { NodeGroupId: '0002', NewReplicaCount: 2 };
    const zones = { PreferredAvailabilityZones: ['us-east-1b', 'us-east-1b', 'us-east-1c'] };
    await increase({ ReplicaConfiguration: [{ ...one, ...zones }] }, 'orders');
    await cache.handle.idle();
    expect(zonesOf(await find('orders'))).toEqual(['ab', 'bcb', 'ca']);
    await decrease({ ReplicaConfiguration: [{ NodeGroupId: '0001', NewReplicaCount: 0 }] }, 'orders');
    await cache.handle.idle();
    expect(membersOf(await find('orders'))).toEqual([
      ['orders-0001-001'],
      ['orders-0002-001', 'orders-0002-002', 'orders-0002-003'],
      ['orders-0003-001', 'orders-0003-002'],
    ]);
  });

  it('remove replicas, never a primary, and keep a shard spread over its zones', async () => {
    await create(aGroup({ NumCacheClusters: 4, MultiAZEnabled: true, SnapshotRetentionLimit: 1 }));
    cache.engine.caches.get('us-east-1.sessions')?.promote('0001', 'sessions-004');
    const before = cache.published.length;
    await decrease({ NewReplicaCount: 1 });
    await cache.handle.idle();
    const group = await find('sessions');
    expect([membersOf(group), zonesOf(group)]).toEqual([[['sessions-002', 'sessions-004']], ['ba']]);
    expect(group.SnapshottingClusterId).toBe('sessions-004');
    expect(eventsSince(before)).toEqual([
      'DeleteCacheClusterComplete sessions-001',
      'DeleteCacheClusterComplete sessions-003',
    ]);
  });

  it('remove the replicas that are named', async () => {
    await create(aGroup({ NumCacheClusters: 3, SnapshotRetentionLimit: 1 }));
    await decrease({ ReplicasToRemove: ['SESSIONS-003'] });
    await cache.handle.idle();
    expect(membersOf(await find('sessions'))).toEqual([['sessions-001', 'sessions-002']]);
    expect((await find('sessions')).SnapshottingClusterId).toBe('sessions-002');
  });

  it('leave everything as it was when the engine cannot', async () => {
    await create(aGroup());
    cache.engine.failNextChange('no');
    await increase({ NewReplicaCount: 2 });
    expect(await cache.settled('sessions')).toBe('available');
    expect(membersOf(await find('sessions'))).toEqual([['sessions-001', 'sessions-002']]);
  });

  type Call = (change: object) => Promise<unknown>;
  const refused: [rule: string, call: Call, change: object, error: string][] = [
    ['more cannot wait', increase, { NewReplicaCount: 2, ApplyImmediately: false }, VALUE],
    ['fewer cannot wait', decrease, { NewReplicaCount: 1, ApplyImmediately: false }, VALUE],
    ['a count is asked for', increase, {}, COMBINATION],
    [
      'in one way',
      increase,
      { NewReplicaCount: 3, ReplicaConfiguration: [{ NodeGroupId: '1', NewReplicaCount: 3 }] },
      COMBINATION,
    ],
    ['at most five', increase, { NewReplicaCount: 6 }, VALUE],
    ['not fewer than none', decrease, { NewReplicaCount: -1 }, VALUE],
    ['more is more', increase, { NewReplicaCount: 1 }, VALUE],
    ['fewer is fewer', decrease, { NewReplicaCount: 3 }, VALUE],
    ['more is not the same', increase, { NewReplicaCount: 2 }, 'NoOperationFault'],
    ['fewer is not the same', decrease, { NewReplicaCount: 2 }, 'NoOperationFault'],
    ['a shard exists', increase, { ReplicaConfiguration: [{ NodeGroupId: '0002', NewReplicaCount: 3 }] }, VALUE],
    [
      'nodes do not move',
      increase,
      {
        ReplicaConfiguration: [
          {
            NodeGroupId: '1',
            NewReplicaCount: 3,
            PreferredAvailabilityZones: ['us-east-1a', 'us-east-1a', 'us-east-1b', 'us-east-1b'],
          },
        ],
      },
      COMBINATION,
    ],
    ['Multi-AZ keeps a replica', decrease, { NewReplicaCount: 0 }, VALUE],
    ['a primary stays', decrease, { ReplicasToRemove: ['sessions-001'] }, VALUE],
    ['only members can go', decrease, { ReplicasToRemove: ['orders-001'] }, VALUE],
  ];
  it.each(refused)('are refused, and nothing has changed: %s', async (_rule, call, change, error) => {
    await create(aGroup({ NumCacheClusters: 3, MultiAZEnabled: true }));
    const before = await find('sessions');
    expect(await outcomeOf(call(change))).toBe(error);
    expect(await find('sessions')).toEqual(before);
  });

  it('keep a replica for automatic failover, and none without it', async () => {
    await create(aGroup());
    expect(await outcomeOf(decrease({ NewReplicaCount: 0 }))).toBe(COMBINATION);
    await create(aGroup({ ReplicationGroupId: 'plain', AutomaticFailoverEnabled: false }));
    expect(await outcomeOf(decrease({ NewReplicaCount: 0 }, 'plain'))).toBe('accepted');
    await cache.handle.idle();
    expect(membersOf(await find('plain'))).toEqual([['plain-001']]);
  });

  it('are refused beyond the quotas, and while the group changes', async () => {
    await create(aCluster({ NumNodeGroups: 30 }));
    expect(await outcomeOf(increase({ NewReplicaCount: 3 }, 'orders'))).toBe(SHARDS);
    const release = cache.engine.hold();
    await decrease({ NewReplicaCount: 1 }, 'orders');
    expect(await outcomeOf(decrease({ NewReplicaCount: 0 }, 'orders'))).toBe(STATE);
    release();
    await cache.handle.idle();
    Object.assign(cache.handle.quotas, { nodesPerRegion: 61 });
    const two = ['0001', '0002'].map((NodeGroupId) => ({ NodeGroupId, NewReplicaCount: 2 }));
    expect(await outcomeOf(increase({ ReplicaConfiguration: two }, 'orders'))).toBe(
      'NodeQuotaForCustomerExceededFault',
    );
  });
});

it('IAM is asked for the group, with the counts that are wished for', async () => {
  await create(aCluster({ ReplicasPerNodeGroup: 1 }));
  const target = { ReplicationGroupId: 'orders', ApplyImmediately: true };
  await cache.client.send(new ModifyReplicationGroupShardConfigurationCommand({ ...target, NodeGroupCount: 4 }));
  await cache.handle.idle();
  await cache.client.send(new IncreaseReplicaCountCommand({ ...target, NewReplicaCount: 2 }));
  await cache.handle.idle();
  const resource = 'arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders';
  const asked = cache.world.asked.map(({ permission }) => permission).filter((each) => each.resource === resource);
  expect(asked).toContainEqual({
    action: 'elasticache:ModifyReplicationGroupShardConfiguration',
    resource,
    context: { 'elasticache:NumNodeGroups': '4' },
  });
  expect(asked).toContainEqual({
    action: 'elasticache:IncreaseReplicaCount',
    resource,
    context: { 'elasticache:ReplicasPerNodeGroup': '2' },
  });
});

describe('addresses', () => {
  const SubnetGroup = { CacheSubnetGroupName: 'narrow', CacheSubnetGroupDescription: 'two addresses each' };
  const target = { ApplyImmediately: true };
  beforeEach(async () => {
    await cache.client.send(new CreateCacheSubnetGroupCommand({ ...SubnetGroup, SubnetIds: ['subnet-x', 'subnet-y'] }));
  });

  it('are needed for new nodes, one each in its zone', async () => {
    const { CacheSubnetGroupName } = SubnetGroup;
    await create(aGroup({ CacheSubnetGroupName, NumCacheClusters: 3 }));
    const more = (NewReplicaCount: number) =>
      cache.client.send(
        new IncreaseReplicaCountCommand({ ...target, ReplicationGroupId: 'sessions', NewReplicaCount }),
      );
    expect(await outcomeOf(more(4))).toBe('InvalidVPCNetworkStateFault');
    expect(await outcomeOf(more(3))).toBe('accepted');
  });

  it('are needed for new shards', async () => {
    const { CacheSubnetGroupName } = SubnetGroup;
    await create(aCluster({ CacheSubnetGroupName, NumNodeGroups: 2, ReplicasPerNodeGroup: 0 }));
    const shards = (NodeGroupCount: number) =>
      cache.client.send(
        new ModifyReplicationGroupShardConfigurationCommand({
          ...target,
          ReplicationGroupId: 'orders',
          NodeGroupCount,
        }),
      );
    expect(await outcomeOf(shards(5))).toBe('InvalidVPCNetworkStateFault');
    expect(await outcomeOf(shards(4))).toBe('accepted');
  });

  it('do not let two calls at once both through', async () => {
    await create(aGroup());
    const more = () =>
      outcomeOf(
        cache.client.send(
          new IncreaseReplicaCountCommand({ ...target, ReplicationGroupId: 'sessions', NewReplicaCount: 2 }),
        ),
      );
    expect((await Promise.all([more(), more()])).sort()).toEqual([STATE, 'accepted']);
  });
});
