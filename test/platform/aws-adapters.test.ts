import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { awsSurroundings } from '../../functions/creation/aws-surroundings.ts';
import { accountPolicy } from '../../functions/platform/account-policy.ts';
import { eventBridgeBus } from '../../functions/platform/bus.ts';
import { elastiCacheCaches } from '../../functions/platform/elasticache-caches.ts';
import { elastiCacheParameterGroups } from '../../functions/platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../../functions/platform/secrets.ts';
import { type Answer, anSdkClient, named } from '../builders/an-sdk-client.ts';

describe('ElastiCache', () => {
  const group = {
    ReplicationGroupId: 'orders',
    ARN: 'arn:orders',
    Status: 'available',
    Description: 'Orders',
    ClusterEnabled: true,
    MemberClusters: ['orders-0001-001'],
    NodeGroups: [{ NodeGroupId: '0001', Status: 'available', NodeGroupMembers: [{}, {}] }],
    ConfigurationEndpoint: { Address: 'orders.example.com', Port: 6379 },
    AutomaticFailover: 'enabling',
    MultiAZ: 'enabled',
  };

  it('puts a cache together from the group, a member and its tags', async () => {
    const { client } = anSdkClient<ElastiCacheClient>({
      DescribeReplicationGroups: () => ({ ReplicationGroups: [group] }),
      DescribeCacheClusters: () => ({
        CacheClusters: [
          {
            Engine: 'redis',
            EngineVersion: '7.1.0',
            CacheParameterGroup: { CacheParameterGroupName: 'mine' },
            SecurityGroups: [{ SecurityGroupId: 'sg-1' }],
          },
        ],
      }),
      ListTagsForResource: () => ({ TagList: [{ Key: 'Team', Value: 'shop' }] }),
    });
    expect(await elastiCacheCaches(client).find('orders', 'with details')).toMatchObject({
      cacheId: 'orders',
      engineVersion: '7.1.0',
      parameterGroup: 'mine',
      securityGroupIds: ['sg-1'],
      shards: [{ id: '0001', nodeCount: 2 }],
      automaticFailover: true,
      multiAZ: true,
      endpoints: { configuration: { host: 'orders.example.com', port: 6379 } },
      tags: { Team: 'shop' },
    });
  });

  it('knows a cache whose tags and members ElastiCache does not tell now', async () => {
    const { client } = anSdkClient<ElastiCacheClient>({
      DescribeReplicationGroups: () => ({ ReplicationGroups: [{ ...group, Status: 'creating' }] }),
      DescribeCacheClusters: () => named('CacheClusterNotFoundFault'),
      ListTagsForResource: () => named('InvalidReplicationGroupStateFault'),
    });
    const cache = await elastiCacheCaches(client).find('orders', 'with details');
    expect(cache).toMatchObject({ status: 'creating' });
    expect(cache?.tags).toBeUndefined();
  });

  it('hears whether events and logs arrive', async () => {
    const told = async (status: string | undefined, log: object) => {
      const topic = { TopicArn: 'arn:topic', ...(status ? { TopicStatus: status } : {}) };
      const { client } = anSdkClient<ElastiCacheClient>({
        DescribeReplicationGroups: () => ({
          ReplicationGroups: [{ ...group, LogDeliveryConfigurations: [log] }],
        }),
        DescribeCacheClusters: () => ({
          CacheClusters: [{ EngineVersion: '7.1.0', NotificationConfiguration: topic }],
        }),
        ListTagsForResource: () => ({ TagList: [] }),
      });
      const cache = await elastiCacheCaches(client).find('orders', 'with details');
      return [cache?.notificationTopicInactive, cache?.logDelivery?.[0]?.problem];
    };
    expect(await told('active', { LogType: 'slow-log', Status: 'active' })).toEqual([false, undefined]);
    expect(await told(undefined, { Status: 'modifying', Message: 'Wait.' })).toEqual([false, undefined]);
    expect(await told('inactive', { Status: 'error', Message: 'No such group.' })).toEqual([true, 'No such group.']);
    expect(await told('inactive', { Status: 'error' })).toEqual([true, 'ElastiCache does not say why']);
  });

  it('hears of a cluster whether its events arrive', async () => {
    const told = async (TopicStatus: string) => {
      const NotificationConfiguration = { TopicArn: 'arn:topic', TopicStatus };
      const { client } = anSdkClient<ElastiCacheClient>({
        DescribeReplicationGroups: () => named('ReplicationGroupNotFoundFault'),
        DescribeCacheClusters: () => ({ CacheClusters: [{ CacheClusterId: 'pages', NotificationConfiguration }] }),
        ListTagsForResource: () => ({ TagList: [] }),
      });
      return (await elastiCacheCaches(client).find('pages'))?.notificationTopicInactive;
    };
    expect([await told('active'), await told('inactive')]).toEqual([false, true]);
  });

  describe('members that are not told', () => {
    const member = { EngineVersion: '7.1.0', CacheParameterGroup: { CacheParameterGroupName: 'mine' } };
    const finding = async (clusterMode: boolean, told: Readonly<Record<string, object>>) => {
      const ids = ['orders-001', 'orders-002', 'orders-003', 'orders-004'];
      const { client, asked } = anSdkClient<ElastiCacheClient>({
        DescribeReplicationGroups: () => ({
          ReplicationGroups: [{ ...group, ClusterEnabled: clusterMode, MemberClusters: ids }],
        }),
        DescribeCacheClusters: ({ CacheClusterId: id }) =>
          told[String(id)] ? { CacheClusters: [told[String(id)]] } : named('CacheClusterNotFoundFault'),
        ListTagsForResource: () => ({ TagList: [] }),
      });
      const cache = await elastiCacheCaches(client).find('orders', 'with details');
      return { cache, members: asked.flatMap(({ input }) => input.CacheClusterId ?? []) };
    };

    it('with cluster mode, leave it to the next to speak for them', async () => {
      const { cache, members } = await finding(true, { 'orders-001': {}, 'orders-003': member });
      expect(cache).toMatchObject({ engineVersion: '7.1.0', parameterGroup: 'mine', untoldMembers: 0 });
      expect(members).toEqual(['orders-001', 'orders-002', 'orders-003']);
    });

    it('are counted, when nobody speaks for them', async () => {
      expect((await finding(true, {})).cache).toMatchObject({ untoldMembers: 1 });
      const pair = { 'orders-001': member, 'orders-002': {}, 'orders-004': member };
      expect((await finding(false, pair)).cache).toMatchObject({ untoldMembers: 2, members: [{}, {}] });
    });
  });

  it('tells a cache that is not there from one that cannot be asked about', async () => {
    const answering = (name: string) =>
      elastiCacheCaches(anSdkClient<ElastiCacheClient>({ DescribeReplicationGroups: () => named(name) }).client).find(
        'orders',
      );
    expect(await answering('ReplicationGroupNotFoundFault')).toBeUndefined();
    await expect(answering('Throttling')).rejects.toMatchObject({ name: 'Throttling' });
  });

  it('goes through all pages of caches', async () => {
    const { client, asked } = anSdkClient<ElastiCacheClient>({
      DescribeReplicationGroups: (_, call) => ({
        ReplicationGroups: [{ ...group, ReplicationGroupId: `cache-${call}` }],
        ...(call < 3 ? { Marker: `page-${call + 1}` } : {}),
      }),
      DescribeCacheClusters: () => ({ CacheClusters: [{ CacheClusterId: 'pages', Engine: 'memcached' }] }),
    });
    const ids: string[] = [];
    for await (const { cacheId } of elastiCacheCaches(client).all()) ids.push(cacheId);
    expect(ids).toEqual(['cache-1', 'cache-2', 'cache-3', 'pages']);
    expect(asked.map(({ input }) => input.Marker)).toEqual([undefined, 'page-2', 'page-3', undefined]);
  });

  it('deletes what may be gone already', async () => {
    const gone = anSdkClient<ElastiCacheClient>({
      DeleteReplicationGroup: () => named('ReplicationGroupNotFoundFault'),
      DeleteCacheCluster: () => named('CacheClusterNotFoundFault'),
      DeleteCacheParameterGroup: () => named('CacheParameterGroupNotFoundFault'),
    });
    await elastiCacheCaches(gone.client).delete({ cacheId: 'orders' });
    await elastiCacheCaches(gone.client).delete({ cacheId: 'pages', kind: 'cluster' });
    await elastiCacheParameterGroups(gone.client).delete('autopilot-orders-redis7');
    expect(gone.asked).toHaveLength(3);
  });

  it('reads all parameters of a group, page by page', async () => {
    const { client } = anSdkClient<ElastiCacheClient>({
      DescribeCacheParameters: (_, call) => ({
        Parameters: [{ ParameterName: `parameter-${call}`, IsModifiable: true, AllowedValues: '0-1' }],
        ...(call === 1 ? { Marker: 'more' } : {}),
      }),
    });
    const parameters = await elastiCacheParameterGroups(client).parametersOf('default.redis7');
    expect(parameters.map(({ name }) => name)).toEqual(['parameter-1', 'parameter-2']);
  });
});

describe('the surroundings', () => {
  const surroundings = (
    elastiCache: Record<string, Answer>,
    ec2: Record<string, Answer> = {},
    others: { logs?: Record<string, Answer>; serviceQuotas?: Record<string, Answer> } = {},
  ) =>
    awsSurroundings({
      elastiCache: anSdkClient<ElastiCacheClient>(elastiCache).client,
      ec2: anSdkClient<EC2Client>(ec2).client,
      logs: anSdkClient<CloudWatchLogsClient>(others.logs ?? {}).client,
      serviceQuotas: anSdkClient<ServiceQuotasClient>(others.serviceQuotas ?? {}).client,
    });

  const subnet = (id: string, zone: string) => ({
    SubnetIdentifier: id,
    SubnetAvailabilityZone: { Name: zone },
  });
  const threeSubnets = {
    DescribeCacheSubnetGroups: () => ({
      CacheSubnetGroups: [
        { VpcId: 'vpc-1', Subnets: [subnet('subnet-1', 'b'), subnet('subnet-2', 'a'), subnet('subnet-3', 'b')] },
      ],
    }),
  };

  it('counts the zones of a subnet group once each, and the addresses that its subnets have left', async () => {
    const { subnetGroup } = surroundings(threeSubnets, {
      DescribeSubnets: () => ({
        Subnets: [1, 20, 300].map((AvailableIpAddressCount) => ({ AvailableIpAddressCount })),
      }),
    });
    expect(await subnetGroup('default')).toEqual({
      name: 'default',
      vpcId: 'vpc-1',
      zones: ['a', 'b'],
      freeAddresses: 321,
    });
  });

  it('does not guess how many addresses are left when one subnet does not tell', async () => {
    const { subnetGroup } = surroundings(threeSubnets, {
      DescribeSubnets: () => ({ Subnets: [{ AvailableIpAddressCount: 1 }, { AvailableIpAddressCount: 20 }, {}] }),
    });
    expect((await subnetGroup('default'))?.freeAddresses).toBeUndefined();
  });

  it('knows a node type by the offerings to reserve it', async () => {
    const offering = (count: number) =>
      surroundings({
        DescribeReservedCacheNodesOfferings: () => ({ ReservedCacheNodesOfferings: Array(count).fill({}) }),
      }).isNodeTypeOffered('cache.r7g.large');
    expect(await offering(0)).toBe(false);
    expect(await offering(2)).toBe(true);
  });

  it('tells the log groups that exist from those whose names only begin so, or cannot be', async () => {
    const { logGroups } = surroundings(
      {},
      {},
      {
        logs: {
          DescribeLogGroups: ({ logGroupNamePrefix }) =>
            logGroupNamePrefix === '*'
              ? named('InvalidParameterException')
              : { logGroups: [{ logGroupName: '/caches/orders' }] },
        },
      },
    );
    expect(await logGroups(['/caches/orders', '/caches', '*', '/caches/orders'])).toEqual(['/caches/orders']);
  });

  it('tells the user groups that exist from the others', async () => {
    const { userGroups } = surroundings({
      DescribeUserGroups: ({ UserGroupId }) =>
        UserGroupId === 'shop'
          ? { UserGroups: [{ UserGroupId, Status: 'active', Engine: 'redis' }] }
          : named(String(UserGroupId)),
    });
    expect(await userGroups(['shop', 'UserGroupNotFoundFault', 'ServiceLinkedRoleNotFoundFault'])).toEqual([
      { id: 'shop', status: 'active', engine: 'redis' },
    ]);
    await expect(userGroups(['Throttling'])).rejects.toMatchObject({ name: 'Throttling' });
  });

  it('reads all quotas and counts all nodes, page by page', async () => {
    const { nodeQuotas } = surroundings(
      {
        DescribeCacheClusters: (_, call) => ({
          CacheClusters: [{ NumCacheNodes: 1 }, { NumCacheNodes: 7 }],
          ...(call === 1 ? { Marker: 'more' } : {}),
        }),
      },
      {},
      {
        serviceQuotas: {
          ListServiceQuotas: (_, call) =>
            call === 1
              ? { Quotas: [{ QuotaCode: 'L-DFE45DF3', Value: 300 }], NextToken: 'more' }
              : {
                  Quotas: [
                    { QuotaCode: 'L-8C334AD1', Value: 60 },
                    { QuotaCode: 'L-1', Value: 5 },
                  ],
                },
        },
      },
    );
    expect(await nodeQuotas()).toEqual({ nodesPerRegion: 300, nodesPerMemcached: 60, nodesThere: 16 });
  });

  it.each(['CacheSubnetGroupNotFoundFault', 'InvalidParameterValueException'])(
    'takes %s for a group that is not there',
    async (name) => {
      expect(await surroundings({ DescribeCacheSubnetGroups: () => named(name) }).subnetGroup('x')).toBeUndefined();
    },
  );

  it('reads every way in which a security group lets somebody in', async () => {
    const { securityGroups } = surroundings(
      {},
      {
        DescribeSecurityGroups: () => ({
          SecurityGroups: [
            {
              GroupId: 'sg-1',
              VpcId: 'vpc-1',
              IpPermissions: [
                { IpProtocol: 'tcp', FromPort: 6379, ToPort: 6380, IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
                { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
                { IpProtocol: 'udp', FromPort: 53, ToPort: 53, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
                { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ GroupId: 'sg-2' }] },
                { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-3' }] },
              ],
            },
          ],
        }),
      },
    );
    expect(await securityGroups(['sg-1'])).toEqual([
      {
        id: 'sg-1',
        vpcId: 'vpc-1',
        inbound: [
          { fromPort: 6379, toPort: 6380, cidr: '10.0.0.0/8' },
          { fromPort: 0, toPort: 65_535, cidr: '::/0' },
        ],
        peers: [
          { fromPort: 22, toPort: 22, id: 'sg-2' },
          { fromPort: 0, toPort: 65_535, id: 'pl-3' },
        ],
      },
    ]);
  });
});

describe('Secrets Manager', () => {
  it('knows the current version, the maker, and whether it is being deleted', async () => {
    const { client } = anSdkClient<SecretsManagerClient>({
      DescribeSecret: () => ({
        ARN: 'arn:secret',
        DeletedDate: new Date(0),
        LastChangedDate: new Date('2026-11-21T07:00:00Z'),
        VersionIdsToStages: { old: ['AWSPREVIOUS'], new: ['AWSCURRENT'], next: ['AWSPENDING'], lost: [] },
        Tags: [{ Key: 'autopilot:operation', Value: 'operation-1' }],
      }),
    });
    expect(await secretsManagerSecrets(client).find('name')).toEqual({
      arn: 'arn:secret',
      currentVersionId: 'new',
      pendingVersionId: 'next',
      previousVersionId: 'old',
      changedAt: '2026-11-21T07:00:00.000Z',
      tags: { 'autopilot:operation': 'operation-1' },
      deletionScheduled: true,
      madeBy: 'operation-1',
    });
  });

  it('asks for letters and digits only', async () => {
    const { client, asked } = anSdkClient<SecretsManagerClient>({
      GetRandomPassword: () => ({ RandomPassword: 'abc' }),
    });
    await secretsManagerSecrets(client).randomPassword(64);
    expect(asked[0]?.input).toEqual({ PasswordLength: 64, ExcludePunctuation: true, IncludeSpace: false });
  });

  it('leaves a week to change one’s mind about a deletion', async () => {
    const { client, asked } = anSdkClient<SecretsManagerClient>({});
    await secretsManagerSecrets(client).delete('name');
    expect(asked[0]?.input).toEqual({ SecretId: 'name', RecoveryWindowInDays: 7 });
  });
});

describe('the bus', () => {
  const sayings = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ detailType: 'Test', detail: { index } }));

  it('takes ten at a time, in order', async () => {
    const { client, asked } = anSdkClient<EventBridgeClient>({ PutEvents: () => ({ FailedEntryCount: 0 }) });
    await eventBridgeBus(client, 'autopilot').say(...sayings(23));
    expect(asked.map(({ input }) => [input.Entries].flat().length)).toEqual([10, 10, 3]);
  });

  it('does not take an answer for a success that lost something', async () => {
    const { client } = anSdkClient<EventBridgeClient>({
      PutEvents: () => ({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] }),
    });
    await expect(eventBridgeBus(client, 'autopilot').say(...sayings(1))).rejects.toMatchObject({ name: 'ServiceBusy' });
  });

  it('says nothing when there is nothing to say', async () => {
    const { client, asked } = anSdkClient<EventBridgeClient>({});
    await eventBridgeBus(client, 'autopilot').say();
    expect(asked).toEqual([]);
  });
});

describe('the policy document', () => {
  const read = (answer: Answer) =>
    accountPolicy(anSdkClient<SSMClient>({ GetParameter: answer }).client, '/autopilot/policy');

  it('is read from its parameter', async () => {
    const Value = JSON.stringify({ modes: { creation: 'act' } });
    expect((await read(() => ({ Parameter: { Value } }))).policy.modes.creation).toBe('act');
  });

  it('means observe when it is not there or empty, and throws when nobody knows', async () => {
    expect((await read(() => named('ParameterNotFound'))).policy.modes.creation).toBe('observe');
    expect((await read(() => ({}))).policy.modes.creation).toBe('observe');
    await expect(read(() => named('ThrottlingException'))).rejects.toMatchObject({ name: 'ThrottlingException' });
  });
});
