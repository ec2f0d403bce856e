import {
  AddTagsToResourceCommand,
  CreateCacheClusterCommand,
  CreateCacheParameterGroupCommand,
  CreateReplicationGroupCommand,
  DeleteCacheClusterCommand,
  DescribeCacheClustersCommand,
  DescribeCacheEngineVersionsCommand,
  DescribeEventsCommand,
  type DescribeEventsCommandInput,
  DescribeReplicationGroupsCommand,
  DescribeReservedCacheNodesOfferingsCommand,
  DescribeServerlessCachesCommand,
  ListAllowedNodeTypeModificationsCommand,
  ListTagsForResourceCommand,
  ModifyCacheClusterCommand,
  ModifyCacheParameterGroupCommand,
  ModifyReplicationGroupCommand,
  RebootCacheClusterCommand,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-elasticache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';
const STATE = 'InvalidCacheClusterStateFault';
const ARN = 'arn:aws:elasticache:us-east-1:111122223333';

let cache: AnElastiCache;
beforeAll(async () => {
  cache = await anElastiCache();
  const Tags = [{ Key: 'autopilot:managed', Value: 'true' }];
  await cache.client.send(new CreateReplicationGroupCommand(aCluster({ Tags, NumNodeGroups: 10 })));
  await cache.client.send(new CreateReplicationGroupCommand(aGroup()));
  await cache.client.send(
    new CreateCacheClusterCommand({
      CacheClusterId: 'Single',
      Engine: 'redis',
      CacheNodeType: 'cache.t4g.small',
      NumCacheNodes: 1,
      PreferredAvailabilityZone: 'us-east-1b',
      NotificationTopicArn: topicArn('events'),
    }),
  );
  await cache.handle.idle();
});
afterAll(() => cache.close());

describe('clusters', () => {
  it('that stand alone have one node with its own endpoint', async () => {
    const query = { ShowCacheClustersNotInReplicationGroups: true, ShowCacheNodeInfo: true };
    const { CacheClusters } = await cache.client.send(new DescribeCacheClustersCommand(query));
    expect(CacheClusters).toHaveLength(1);
    expect(CacheClusters?.[0]).toMatchObject({
      CacheClusterId: 'single',
      CacheClusterStatus: 'available',
      EngineVersion: '7.1.0',
      NumCacheNodes: 1,
      PreferredAvailabilityZone: 'us-east-1b',
      CacheNodes: [{ CacheNodeId: '0001', CacheNodeStatus: 'available', Endpoint: { Address: '127.0.0.1' } }],
      NotificationConfiguration: { TopicArn: topicArn('events'), TopicStatus: 'active' },
      AtRestEncryptionEnabled: false,
      ARN: `${ARN}:cluster:single`,
    });
    expect(CacheClusters?.[0]?.ReplicationGroupId).toBeUndefined();
    expect(cache.published.map(({ event, id }) => `${event} ${id}`)).toEqual([
      'ElastiCache:CacheClusterProvisioningComplete single',
    ]);
  });

  it('that are members name their group, and show nodes only when asked', async () => {
    const query = { CacheClusterId: 'ORDERS-0001-001' };
    const { CacheClusters } = await cache.client.send(new DescribeCacheClustersCommand(query));
    expect(CacheClusters?.[0]).toMatchObject({ ReplicationGroupId: 'orders', CacheClusterId: 'orders-0001-001' });
    expect(CacheClusters?.[0]?.CacheNodes).toBeUndefined();
  });

  it('come in pages', async () => {
    const first = await cache.client.send(new DescribeCacheClustersCommand({ MaxRecords: 20 }));
    const second = await cache.client.send(new DescribeCacheClustersCommand({ MaxRecords: 20, Marker: first.Marker }));
    const ids = [...(first.CacheClusters ?? []), ...(second.CacheClusters ?? [])].map((found) => found.CacheClusterId);
    expect(ids).toHaveLength(33);
    expect(ids).toEqual([...ids].sort());
    expect(second.Marker).toBeUndefined();
    expect(await outcomeOf(cache.client.send(new DescribeReplicationGroupsCommand({ MaxRecords: 19 })))).toBe(VALUE);
  });

  it('answer 404 for an id that is not there', async () => {
    const call = cache.client.send(new DescribeCacheClustersCommand({ CacheClusterId: 'none' }));
    await expect(call).rejects.toMatchObject({
      name: 'CacheClusterNotFoundFault',
      Code: 'CacheClusterNotFound',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('that are members are changed and deleted through their group', async () => {
    const CacheClusterId = 'sessions-001';
    const change = { CacheClusterId, PreferredMaintenanceWindow: 'sun:01:00-sun:02:00' };
    expect(await outcomeOf(cache.client.send(new ModifyCacheClusterCommand(change)))).toBe(COMBINATION);
    expect(await outcomeOf(cache.client.send(new DeleteCacheClusterCommand({ CacheClusterId })))).toBe(
      'NotImplemented',
    );
  });

  it('are rebooted one by one: empty, without their clients, with the parameters that waited', async () => {
    const name = { CacheParameterGroupName: 'rebooted' };
    const own = { ...name, CacheParameterGroupFamily: 'redis7', Description: 'own' };
    await cache.client.send(new CreateCacheParameterGroupCommand(own));
    const change = { ReplicationGroupId: 'sessions', ...name, ApplyImmediately: true };
    await cache.client.send(new ModifyReplicationGroupCommand(change));
    await cache.handle.idle();
    const ParameterNameValues = [{ ParameterName: 'activerehashing', ParameterValue: 'no' }];
    await cache.client.send(new ModifyCacheParameterGroupCommand({ ...name, ParameterNameValues }));
    await cache.handle.idle();
    const applied = async () => {
      const { CacheClusters } = await cache.client.send(new DescribeCacheClustersCommand({}));
      return CacheClusters?.filter(({ ReplicationGroupId }) => ReplicationGroupId === 'sessions').map(
        ({ CacheParameterGroup }) => CacheParameterGroup?.ParameterApplyStatus,
      );
    };
    expect(await applied()).toEqual(['pending-reboot', 'pending-reboot']);

    const release = cache.engine.hold();
    const reboot = { CacheClusterId: 'sessions-001', CacheNodeIdsToReboot: ['0001'] };
    const { CacheCluster } = await cache.client.send(new RebootCacheClusterCommand(reboot));
    expect(CacheCluster).toMatchObject({
      CacheClusterStatus: 'rebooting cluster nodes',
      CacheNodes: [{ CacheNodeStatus: 'rebooting' }],
    });
    const again = { ...reboot, CacheClusterId: 'sessions-002' };
    expect(await outcomeOf(cache.client.send(new RebootCacheClusterCommand(again)))).toBe(STATE);
    release();
    await cache.handle.idle();
    expect(await applied()).toEqual(['in-sync', 'pending-reboot']);
    await cache.client.send(new RebootCacheClusterCommand(again));
    await cache.handle.idle();
    expect(await applied()).toEqual(['in-sync', 'in-sync']);
    // The replica's data comes back from its primary: only the primary is emptied.
    const clients = ['CLIENT KILL TYPE normal SKIPME yes', 'CLIENT KILL TYPE pubsub SKIPME yes'];
    const rehashing = 'CONFIG SET activerehashing no';
    expect(cache.engine.caches.get('us-east-1.sessions')?.told.commands).toEqual([
      ...['FLUSHALL', ...clients, rehashing].map((command) => `sessions-001 ${command}`),
      ...[...clients, rehashing].map((command) => `sessions-002 ${command}`),
    ]);
  });

  it.each<[string, object, string]>([
    ['a cluster that is not there', { CacheClusterId: 'none' }, 'CacheClusterNotFoundFault'],
    ['a member of a group with cluster mode', { CacheClusterId: 'orders-0001-001' }, STATE],
    ['a node that is not there', { CacheNodeIdsToReboot: ['0002'] }, STATE],
  ])('are not rebooted: %s', async (_what, overrides, error) => {
    const reboot = { CacheClusterId: 'sessions-001', CacheNodeIdsToReboot: ['0001'], ...overrides };
    expect(await outcomeOf(cache.client.send(new RebootCacheClusterCommand(reboot)))).toBe(error);
  });

  it('that stand alone scale and go', async () => {
    const CacheClusterId = 'single';
    const change = { CacheClusterId, CacheNodeType: 'cache.t4g.medium', ApplyImmediately: true };
    const { CacheCluster } = await cache.client.send(new ModifyCacheClusterCommand(change));
    expect(CacheCluster?.CacheClusterStatus).toBe('modifying');
    await cache.handle.idle();
    expect(cache.published.at(-1)).toMatchObject({ event: 'ElastiCache:CacheClusterScalingComplete', id: 'single' });
    await cache.client.send(new DeleteCacheClusterCommand({ CacheClusterId }));
    await cache.handle.idle();
    const describeGone = cache.client.send(new DescribeCacheClustersCommand({ CacheClusterId }));
    expect(await outcomeOf(describeGone)).toBe('CacheClusterNotFoundFault');
    expect(cache.published.at(-1)).toMatchObject({ event: 'ElastiCache:DeleteCacheClusterComplete', id: 'single' });
  });
});

describe('tags', () => {
  const tags = async (ResourceName = `${ARN}:replicationgroup:orders`) =>
    Object.fromEntries(
      ((await cache.client.send(new ListTagsForResourceCommand({ ResourceName }))).TagList ?? []).map(
        ({ Key, Value }) => [Key, Value],
      ),
    );

  it('are the group’s and its members’', async () => {
    expect(await tags()).toEqual({ 'autopilot:managed': 'true' });
    expect(await tags(`${ARN}:cluster:orders-0003-002`)).toEqual({ 'autopilot:managed': 'true' });
  });

  it('are added, replaced and removed', async () => {
    const ResourceName = `${ARN}:parametergroup:default.redis7`;
    const Tags = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ];
    await cache.client.send(new AddTagsToResourceCommand({ ResourceName, Tags }));
    await cache.client.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: 'b', Value: '3' }] }));
    await cache.client.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ['a'] }));
    expect(await tags(ResourceName)).toEqual({ b: '3' });
    const again = cache.client.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ['a'] }));
    expect(await outcomeOf(again)).toBe('TagNotFoundFault');
    const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    const tooMany = cache.client.send(new AddTagsToResourceCommand({ ResourceName, Tags: many }));
    expect(await outcomeOf(tooMany)).toBe('TagQuotaPerResourceExceeded');
    expect(await tags(ResourceName)).toEqual({ b: '3' });
  });

  it.each([
    ['nonsense', 'InvalidARNFault'],
    ['arn:aws:elasticache:eu-west-1:111122223333:replicationgroup:orders', 'InvalidARNFault'],
    [`${ARN}:replicationgroup:none`, 'ReplicationGroupNotFoundFault'],
    [`${ARN}:cluster:none`, 'CacheClusterNotFoundFault'],
    [`${ARN}:user:none`, 'UserNotFoundFault'],
    [`${ARN}:subnetgroup:none`, 'CacheSubnetGroupNotFoundFault'],
  ])('of %s are %s', async (arn, error) => {
    expect(await outcomeOf(tags(arn))).toBe(error);
  });
});

describe('events', () => {
  const events = async (input: DescribeEventsCommandInput = {}) =>
    (await cache.client.send(new DescribeEventsCommand({ Duration: 20_160, ...input }))).Events ?? [];

  it('come newest first, for one source', async () => {
    const ofNode = await events({ SourceType: 'cache-cluster', SourceIdentifier: 'Orders-0002-001' });
    expect(ofNode.map(({ Message }) => Message)).toEqual([
      'Cache cluster created',
      'Added cache node 0001 in availability zone us-east-1b',
    ]);
    const ofGroup = await events({ SourceType: 'replication-group', SourceIdentifier: 'orders' });
    expect(ofGroup.map(({ Message }) => Message)).toEqual(['Replication group orders created']);
    const dates = (await events({ MaxRecords: 100 })).map(({ Date: at }) => at?.getTime() ?? 0);
    expect(dates).toEqual([...dates].sort((left, right) => right - left));
  });

  it('come in pages that miss and repeat nothing', async () => {
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await cache.client.send(new DescribeEventsCommand({ Duration: 20_160, MaxRecords: 20, Marker }));
      seen.push(...(page.Events ?? []).map(({ SourceIdentifier, Message }) => `${SourceIdentifier} ${Message}`));
      Marker = page.Marker;
    } while (Marker);
    expect(seen.length).toBeGreaterThan(60);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('are those of the last hour unless asked otherwise', async () => {
    const later = await anElastiCache({ speed: 1_000_000 });
    await later.client.send(new CreateReplicationGroupCommand(aGroup()));
    await later.handle.idle();
    await later.world.clock.sleep(2 * 3_600_000);
    const count = async (input: DescribeEventsCommandInput) =>
      (await later.client.send(new DescribeEventsCommand(input))).Events?.length ?? 0;
    expect(await count({})).toBe(0);
    expect(await count({ Duration: 20_160 })).toBe(5);
    await later.world.clock.sleep(14 * 24 * 3_600_000);
    expect(await count({ StartTime: new Date(0) })).toBe(0);
    await later.close();
  });

  it.each<[string, DescribeEventsCommandInput, string]>([
    ['a source without its type', { SourceIdentifier: 'orders' }, COMBINATION],
    ['an unknown type', { SourceType: 'cache' as 'user' }, VALUE],
    ['a window that ends before it begins', { StartTime: new Date(), EndTime: new Date(0) }, COMBINATION],
    ['a window of no minutes', { Duration: 0 }, VALUE],
  ])('refuse %s', async (_what, input, error) => {
    const { Duration = undefined, ...rest } = input;
    expect(await outcomeOf(cache.client.send(new DescribeEventsCommand({ ...rest, Duration })))).toBe(error);
  });

  it('of a source that is not there are none', async () => {
    expect(await events({ SourceType: 'replication-group', SourceIdentifier: 'none' })).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('lists versions with their families', async () => {
    const list = async (input: object) =>
      (await cache.client.send(new DescribeCacheEngineVersionsCommand(input))).CacheEngineVersions?.map(
        ({ Engine, EngineVersion, CacheParameterGroupFamily }) =>
          `${Engine} ${EngineVersion} ${CacheParameterGroupFamily}`,
      );
    expect(await list({ Engine: 'redis', EngineVersion: '7.1' })).toEqual(['redis 7.1 redis7']);
    expect(await list({ CacheParameterGroupFamily: 'valkey8', DefaultOnly: true })).toEqual(['valkey 8.1 valkey8']);
    expect(await list({ Engine: 'memcached', DefaultOnly: true })).toEqual(['memcached 1.6.22 memcached1.6']);
  });

  it('says which node types a cache may have', async () => {
    const list = (input: object) => cache.client.send(new ListAllowedNodeTypeModificationsCommand(input));
    const { ScaleUpModifications, ScaleDownModifications } = await list({ ReplicationGroupId: 'orders' });
    expect(ScaleUpModifications).toContain('cache.r7g.xlarge');
    expect(ScaleDownModifications).toContain('cache.t4g.small');
    expect((await list({ CacheClusterId: 'orders-0001-001' })).ScaleUpModifications).toEqual(ScaleUpModifications);
    expect(await outcomeOf(list({}))).toBe(COMBINATION);
    expect(await outcomeOf(list({ ReplicationGroupId: 'none' }))).toBe('ReplicationGroupNotFoundFault');
  });

  it('offers reservations of the node types that it has, and of no other', async () => {
    const offered = async (input: object) => {
      const answer = await cache.client.send(new DescribeReservedCacheNodesOfferingsCommand(input));
      return answer.ReservedCacheNodesOfferings ?? [];
    };
    const [first, ...others] = await offered({ CacheNodeType: 'cache.r7g.large', Duration: '1' });
    expect(first).toMatchObject({ CacheNodeType: 'cache.r7g.large', Duration: 31_536_000 });
    expect(others.every(({ CacheNodeType }) => CacheNodeType === 'cache.r7g.large')).toBe(true);
    expect(await offered({ CacheNodeType: 'cache.r99.large' })).toEqual([]);
    expect(await offered({ MaxRecords: 20 })).toHaveLength(20);
    expect(await outcomeOf(offered({ Duration: '2' }))).toBe(VALUE);
  });

  it('refuses by name what is not emulated', async () => {
    const call = cache.client.send(new DescribeServerlessCachesCommand({}));
    await expect(call).rejects.toThrow('elasticache:DescribeServerlessCaches');
  });
});
