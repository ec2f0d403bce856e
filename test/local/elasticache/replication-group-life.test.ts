import {
  CreateCacheParameterGroupCommand,
  CreateReplicationGroupCommand,
  DeleteReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  ListTagsForResourceCommand,
  ModifyCacheParameterGroupCommand,
  ModifyReplicationGroupCommand,
  type ReplicationGroup,
} from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

let open: AnElastiCache | undefined;
const start = async (...options: Parameters<typeof anElastiCache>) => {
  open = await anElastiCache(...options);
  return open;
};
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const describeGroup = async ({ client }: AnElastiCache, id: string): Promise<ReplicationGroup | undefined> => {
  const { ReplicationGroups } = await client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId: id }));
  return ReplicationGroups?.[0];
};
const describeMembers = async ({ client }: AnElastiCache) =>
  (await client.send(new DescribeCacheClustersCommand({ ShowCacheNodeInfo: true }))).CacheClusters ?? [];

describe('creating', () => {
  it('answers at once with creating, and is available only when the time has passed', async () => {
    const cache = await start({ speed: 100 });
    const before = cache.world.clock.now();
    const { ReplicationGroup } = await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
    expect(ReplicationGroup).toMatchObject({
      Status: 'creating',
      AutomaticFailover: 'enabling',
      MemberClusters: ['sessions-001', 'sessions-002'],
      PendingModifiedValues: {},
    });
    expect(ReplicationGroup?.NodeGroups).toBeUndefined();
    expect(await cache.settled('sessions')).toBe('available');
    expect(cache.world.clock.now() - before).toBeGreaterThanOrEqual(60_000);
  });

  it('waits for the engine, however much time has passed', async () => {
    const cache = await start();
    const resume = cache.handle.pauseCreation();
    await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
    await cache.world.clock.sleep(200_000);
    expect((await describeGroup(cache, 'sessions'))?.Status).toBe('creating');
    resume();
    expect(await cache.settled('sessions')).toBe('available');
  });

  it('shows roles and endpoints without cluster mode, as the engine tells them', async () => {
    const cache = await start();
    await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
    await cache.settled('sessions');
    cache.engine.caches.get('us-east-1.sessions')?.promote('0001', 'sessions-002');
    const group = await describeGroup(cache, 'sessions');
    const [shard] = group?.NodeGroups ?? [];
    expect(group).toMatchObject({ AutomaticFailover: 'enabled', ClusterEnabled: false });
    expect(group?.ConfigurationEndpoint).toBeUndefined();
    expect(shard).toMatchObject({ NodeGroupId: '0001', Status: 'available' });
    expect(shard?.Slots).toBeUndefined();
    expect(shard?.PrimaryEndpoint?.Port).toBeGreaterThan(0);
    expect(shard?.ReaderEndpoint?.Port).toBeGreaterThan(0);
    expect(shard?.NodeGroupMembers?.map(({ CurrentRole }) => CurrentRole)).toEqual(['replica', 'primary']);
    expect(shard?.NodeGroupMembers?.every(({ ReadEndpoint }) => ReadEndpoint?.Port)).toBe(true);
  });

  it('shows slots and a configuration endpoint with cluster mode, and never who is primary', async () => {
    const cache = await start();
    await cache.client.send(new CreateReplicationGroupCommand(aCluster()));
    await cache.settled('orders');
    const group = await describeGroup(cache, 'orders');
    expect(group?.ConfigurationEndpoint?.Address).toBe('127.0.0.1');
    expect(group?.NodeGroups?.map(({ Slots }) => Slots)).toEqual(['0-5461', '5462-10922', '10923-16383']);
    expect(group?.MemberClusters).toHaveLength(9);
    expect(group?.MemberClusters?.[5]).toBe('orders-0002-003');
    for (const shard of group?.NodeGroups ?? []) {
      expect(shard.PrimaryEndpoint).toBeUndefined();
      for (const member of shard.NodeGroupMembers ?? []) {
        expect(member.CurrentRole).toBeUndefined();
        expect(member.ReadEndpoint).toBeUndefined();
      }
    }
  });

  it('gives the engine what the request says: memory in proportion, the token as a hash, TLS', async () => {
    const cache = await start();
    const AuthToken = 'a-token-of-many-letters-0123456789';
    await cache.client.send(new CreateReplicationGroupCommand(aCluster({ AuthToken, TransitEncryptionEnabled: true })));
    await cache.settled('orders');
    const shape = cache.engine.caches.get('us-east-1.orders')?.shape;
    expect(shape).toMatchObject({
      clusterMode: true,
      tls: true,
      maxmemoryBytes: Math.floor(13.07 * 8 * 1024 ** 2 * 0.75),
    });
    expect(shape?.users).toMatchObject([
      { name: 'default', open: false, passwordHashes: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
    ]);
    expect(shape?.parameters['maxmemory-policy']).toBe('volatile-lru');
    expect(JSON.stringify(await describeGroup(cache, 'orders'))).not.toContain(AuthToken);
  });

  it.each(['the service has no capacity', ''])(
    'ends as create-failed when the engine or a fault says so (%s)',
    async (fault) => {
      const cache = await start();
      if (fault) cache.handle.failNextCreation(fault);
      else cache.engine.failNext('port taken');
      await cache.client.send(new CreateReplicationGroupCommand(aGroup({ NotificationTopicArn: topicArn('events') })));
      expect(await cache.settled('sessions')).toBe('create-failed');
      expect((await describeMembers(cache)).map(({ CacheClusterStatus }) => CacheClusterStatus)).toEqual([
        'incompatible-network',
        'incompatible-network',
      ]);
      expect(cache.published.map(({ event }) => event)).toEqual([
        'ElastiCache:CacheClusterProvisioningFailed',
        'ElastiCache:CacheClusterProvisioningFailed',
      ]);
      expect(await outcomeOf(cache.client.send(new CreateReplicationGroupCommand(aGroup())))).toBe(
        'ReplicationGroupAlreadyExistsFault',
      );
      await cache.client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId: 'sessions' }));
      expect(await outcomeOf(cache.settled('sessions'))).toBe('ReplicationGroupNotFoundFault');
    },
  );

  it('leaves no process behind when it fails at the last step', async () => {
    const cache = await start();
    const own = { CacheParameterGroupName: 'own', CacheParameterGroupFamily: 'redis7', Description: 'own' };
    await cache.client.send(new CreateCacheParameterGroupCommand(own));
    const resume = cache.handle.pauseCreation();
    await cache.client.send(new CreateReplicationGroupCommand(aGroup({ CacheParameterGroupName: 'own' })));
    const ParameterNameValues = [{ ParameterName: 'timeout', ParameterValue: '300' }];
    await cache.client.send(
      new ModifyCacheParameterGroupCommand({ CacheParameterGroupName: 'own', ParameterNameValues }),
    );
    cache.engine.failNextChange('no');
    resume();
    expect(await cache.settled('sessions')).toBe('create-failed');
    expect(cache.engine.caches.get('us-east-1.sessions')?.told.isStopped).toBe(true);
  });

  it('is not found by the first describe when the service reads its writes late', async () => {
    const cache = await start({ speed: 1, delays: { readAfterWriteLagSeconds: 1000 } });
    await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
    expect(await outcomeOf(describeGroup(cache, 'sessions'))).toBe('ReplicationGroupNotFoundFault');
    expect(await describeMembers(cache)).toEqual([]);
    expect(await outcomeOf(cache.client.send(new CreateReplicationGroupCommand(aGroup())))).toBe(
      'ReplicationGroupAlreadyExistsFault',
    );
  });

  it('gives one id to one of two calls at once, in whatever case it is written', async () => {
    const cache = await start();
    const calls = ['Sessions', 'SESSIONS'].map((ReplicationGroupId) =>
      outcomeOf(cache.client.send(new CreateReplicationGroupCommand(aGroup({ ReplicationGroupId })))),
    );
    expect((await Promise.all(calls)).sort()).toEqual(['ReplicationGroupAlreadyExistsFault', 'accepted']);
    expect((await describeGroup(cache, 'sEsSiOnS'))?.ReplicationGroupId).toBe('sessions');
  });

  it('keeps Regions apart', async () => {
    const cache = await start();
    const { ElastiCacheClient } = await import('@aws-sdk/client-elasticache');
    const west = cache.world.operatorClient(ElastiCacheClient, 'us-west-2');
    await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
    await west.send(new CreateReplicationGroupCommand(aGroup()));
    await cache.handle.idle();
    expect([...cache.engine.caches.keys()]).toEqual(['us-east-1.sessions', 'us-west-2.sessions']);
  });
});

describe('deleting', () => {
  it('stops the processes and frees the id', async () => {
    const cache = await start();
    await cache.client.send(new CreateReplicationGroupCommand(aGroup({ NotificationTopicArn: topicArn('events') })));
    await cache.settled('sessions');
    const release = cache.engine.hold();
    const { ReplicationGroup } = await cache.client.send(
      new DeleteReplicationGroupCommand({ ReplicationGroupId: 'sessions' }),
    );
    expect(ReplicationGroup?.Status).toBe('deleting');
    expect(
      await outcomeOf(cache.client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId: 'sessions' }))),
    ).toBe('InvalidReplicationGroupStateFault');
    release();
    expect(await outcomeOf(cache.settled('sessions'))).toBe('ReplicationGroupNotFoundFault');
    expect(cache.engine.caches.get('us-east-1.sessions')?.told.isStopped).toBe(true);
    expect(cache.published.slice(-2)).toMatchObject([
      { event: 'ElastiCache:DeleteCacheClusterComplete', id: 'sessions-001' },
      { event: 'ElastiCache:DeleteCacheClusterComplete', id: 'sessions-002' },
    ]);
    expect(await outcomeOf(cache.client.send(new CreateReplicationGroupCommand(aGroup())))).toBe('accepted');
  });

  it('is refused, as changing and listing tags are, while the group is being created', async () => {
    const cache = await start();
    cache.handle.pauseCreation();
    const { ReplicationGroup } = await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
    const ReplicationGroupId = 'sessions';
    const calls = [
      cache.client.send(new DeleteReplicationGroupCommand({ ReplicationGroupId })),
      cache.client.send(new ModifyReplicationGroupCommand({ ReplicationGroupId, ReplicationGroupDescription: 'x' })),
      cache.client.send(new ListTagsForResourceCommand({ ResourceName: ReplicationGroup?.ARN })),
    ];
    for (const call of calls) expect(await outcomeOf(call)).toBe('InvalidReplicationGroupStateFault');
  });

  it('ends everything when the service stops in the middle of a creation', async () => {
    const cache = await start({ speed: 1 });
    await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
    await cache.close();
    open = undefined;
    // At this speed a creation would go on for a minute.
    await cache.handle.idle();
    expect(cache.engine.caches.get('us-east-1.sessions')?.told.isStopped).toBe(true);
  });
});

describe('notifications', () => {
  it('tells of each node and of the group, in the form that SNS subscribers get', async () => {
    const cache = await start();
    await cache.client.send(new CreateReplicationGroupCommand(aGroup({ NotificationTopicArn: topicArn('events') })));
    await cache.settled('sessions');
    const subject = 'ElastiCache Notification Message';
    expect(cache.published).toEqual([
      { topic: 'events', subject, event: 'ElastiCache:CacheClusterProvisioningComplete', id: 'sessions-001' },
      { topic: 'events', subject, event: 'ElastiCache:CacheClusterProvisioningComplete', id: 'sessions-002' },
      { topic: 'events', subject, event: 'ElastiCache:CreateReplicationGroupComplete', id: 'sessions' },
    ]);
    const publish = cache.world.asked.find(({ permission }) => permission.action === 'sns:Publish');
    expect(publish?.principal).toEqual({
      kind: 'service',
      service: 'elasticache.amazonaws.com',
      context: { 'aws:SourceOwner': '111122223333' },
    });
  });

  it.each(['closed', 'encrypted'])('turns a topic inactive that is %s, visibly on every member', async (name) => {
    const cache = await start();
    await cache.client.send(new CreateReplicationGroupCommand(aGroup({ NotificationTopicArn: topicArn(name) })));
    await cache.settled('sessions');
    const statuses = (await describeMembers(cache)).map(({ NotificationConfiguration }) => NotificationConfiguration);
    expect(statuses).toEqual(Array(2).fill({ TopicArn: topicArn(name), TopicStatus: 'inactive' }));
    expect(cache.published).toEqual([]);
    const change = { ReplicationGroupId: 'sessions', NotificationTopicArn: topicArn('events') };
    await cache.client.send(new ModifyReplicationGroupCommand(change));
    expect((await describeMembers(cache))[0]?.NotificationConfiguration?.TopicStatus).toBe('active');
  });
});
