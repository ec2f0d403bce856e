import {
  AddTagsToResourceCommand,
  type CacheCluster,
  CreateCacheClusterCommand,
  type CreateCacheClusterCommandInput,
  CreateCacheParameterGroupCommand,
  DeleteCacheClusterCommand,
  DeleteCacheParameterGroupCommand,
  DescribeCacheClustersCommand,
  DescribeCacheParameterGroupsCommand,
  DescribeEventsCommand,
  ModifyCacheClusterCommand,
  type ModifyCacheClusterCommandInput,
  ModifyCacheParameterGroupCommand,
  RebootCacheClusterCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, it } from 'vitest';
import type { Address } from '../../../local/engine/types.ts';
import { askOnce, discover, openClient } from '../engine/memcached/a-memcached.ts';
import { type AnElastiCache, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

let open: AnElastiCache | undefined;
const start = async (...options: Parameters<typeof anElastiCache>) => {
  open = await anElastiCache(...options);
  return open;
};
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const pages = (changes: Partial<CreateCacheClusterCommandInput> = {}): CreateCacheClusterCommandInput => ({
  CacheClusterId: 'pages',
  Engine: 'memcached',
  CacheNodeType: 'cache.t4g.small',
  NumCacheNodes: 2,
  ...changes,
});

const create = async (cache: AnElastiCache, changes: Partial<CreateCacheClusterCommandInput> = {}) => {
  await cache.client.send(new CreateCacheClusterCommand(pages(changes)));
  await cache.handle.idle();
};
const modify = async (cache: AnElastiCache, changes: Partial<ModifyCacheClusterCommandInput>) => {
  await cache.client.send(
    new ModifyCacheClusterCommand({ CacheClusterId: 'pages', ApplyImmediately: true, ...changes }),
  );
  await cache.handle.idle();
};
const look = async ({ client }: AnElastiCache): Promise<CacheCluster> => {
  const query = { CacheClusterId: 'pages', ShowCacheNodeInfo: true };
  const { CacheClusters } = await client.send(new DescribeCacheClustersCommand(query));
  return CacheClusters?.[0] ?? {};
};
const addressOf = (endpoint: { Address?: string | undefined; Port?: number | undefined } | undefined): Address => ({
  host: endpoint?.Address ?? '',
  port: endpoint?.Port ?? 0,
});
const nodesOf = ({ CacheNodes = [] }: CacheCluster) => CacheNodes.map(({ Endpoint }) => addressOf(Endpoint));
const idsOf = ({ CacheNodes = [] }: CacheCluster) => CacheNodes.map(({ CacheNodeId }) => CacheNodeId);
const zonesOf = ({ CacheNodes = [] }: CacheCluster) => CacheNodes.map((node) => node.CustomerAvailabilityZone);
const eventsOf = async ({ client }: AnElastiCache) => {
  const query = { SourceIdentifier: 'pages', SourceType: 'cache-cluster' as const };
  const { Events } = await client.send(new DescribeEventsCommand(query));
  return (Events ?? []).map(({ Message }) => Message).reverse();
};

describe('a memcached cluster', () => {
  it('is one cluster with all its nodes, of which the endpoint tells', async () => {
    const cache = await start();
    const { CacheCluster: made } = await cache.client.send(new CreateCacheClusterCommand(pages()));
    expect(made).toMatchObject({ CacheClusterStatus: 'creating', NumCacheNodes: 2, Engine: 'memcached' });
    expect(made?.ConfigurationEndpoint).toBeUndefined();
    await cache.handle.idle();
    const cluster = await look(cache);
    expect(cluster).toMatchObject({
      CacheClusterStatus: 'available',
      EngineVersion: '1.6.22',
      NumCacheNodes: 2,
      CacheParameterGroup: { CacheParameterGroupName: 'default.memcached1.6', ParameterApplyStatus: 'in-sync' },
      PreferredAvailabilityZone: 'us-east-1a',
      SnapshotRetentionLimit: 0,
      ARN: 'arn:aws:elasticache:us-east-1:111122223333:cluster:pages',
    });
    expect(idsOf(cluster)).toEqual(['0001', '0002']);
    expect(await discover(addressOf(cluster.ConfigurationEndpoint))).toEqual({ version: 1, nodes: nodesOf(cluster) });
    for (const node of nodesOf(cluster)) {
      expect(await askOnce(node, 'set key 0 0 5\r\nvalue\r\n', '\r\n')).toBe('STORED\r\n');
      expect(await askOnce(node, 'get key\r\n')).toBe('VALUE key 0 5\r\nvalue\r\nEND\r\n');
    }
  });

  it('is listed among the others, by its id', async () => {
    const cache = await start();
    await create(cache);
    const redis = { CacheNodeType: 'cache.t4g.micro', Engine: 'redis' };
    for (const CacheClusterId of ['aardvark', 'zebra']) {
      await cache.client.send(new CreateCacheClusterCommand({ ...redis, CacheClusterId }));
    }
    await cache.handle.idle();
    const query = { ShowCacheClustersNotInReplicationGroups: true };
    const { CacheClusters } = await cache.client.send(new DescribeCacheClustersCommand(query));
    expect(CacheClusters?.map(({ CacheClusterId, NumCacheNodes }) => [CacheClusterId, NumCacheNodes])).toEqual([
      ['aardvark', 1],
      ['pages', 2],
      ['zebra', 1],
    ]);
    const twice = new CreateCacheClusterCommand({ ...redis, CacheClusterId: 'pages' });
    expect(await outcomeOf(cache.client.send(twice))).toBe('CacheClusterAlreadyExistsFault');
  });

  it('takes new nodes, which clients find by asking again', async () => {
    const cache = await start();
    await create(cache, { NotificationTopicArn: topicArn('caches') });
    const before = await look(cache);
    await cache.client.send(
      new ModifyCacheClusterCommand({ CacheClusterId: 'pages', NumCacheNodes: 4, ApplyImmediately: true }),
    );
    const meanwhile = await look(cache);
    expect(meanwhile).toMatchObject({
      CacheClusterStatus: 'modifying',
      NumCacheNodes: 2,
      PendingModifiedValues: { NumCacheNodes: 4 },
    });
    expect(meanwhile.CacheNodes?.map(({ CacheNodeStatus, Endpoint }) => [CacheNodeStatus, Boolean(Endpoint)])).toEqual([
      ['available', true],
      ['available', true],
      ['creating', false],
      ['creating', false],
    ]);
    await cache.handle.idle();
    const after = await look(cache);
    expect(after).toMatchObject({ CacheClusterStatus: 'available', NumCacheNodes: 4, PendingModifiedValues: {} });
    expect(nodesOf(after).slice(0, 2)).toEqual(nodesOf(before));
    expect(await discover(addressOf(before.ConfigurationEndpoint))).toEqual({ version: 2, nodes: nodesOf(after) });
    expect(cache.published.map(({ event, id }) => [event, id])).toEqual([
      ['ElastiCache:CacheClusterProvisioningComplete', 'pages'],
      ['ElastiCache:AddCacheNodeComplete', 'pages'],
    ]);
    expect(await eventsOf(cache)).toEqual([
      'Added cache node 0001 in availability zone us-east-1a',
      'Added cache node 0002 in availability zone us-east-1a',
      'Cache cluster created',
      'Increasing number of requested nodes',
      'Added cache node 0003 in availability zone us-east-1a',
      'Added cache node 0004 in availability zone us-east-1a',
      'Finished modifying number of nodes from 2 to 4',
    ]);
  });

  it('gives up the nodes that it is told to, and never their numbers again', async () => {
    const cache = await start();
    await create(cache, { NumCacheNodes: 3, NotificationTopicArn: topicArn('caches') });
    const before = await look(cache);
    await modify(cache, { NumCacheNodes: 2, CacheNodeIdsToRemove: ['0003'] });
    const after = await look(cache);
    expect(nodesOf(after)).toEqual(nodesOf(before).slice(0, 2));
    expect((await discover(addressOf(after.ConfigurationEndpoint))).version).toBe(2);
    await expect(openClient(nodesOf(before)[2] ?? { host: '', port: 0 })).rejects.toThrow(/ECONNREFUSED/);
    expect(cache.published.at(-1)).toMatchObject({ event: 'ElastiCache:RemoveCacheNodeComplete', id: 'pages' });
    await modify(cache, { NumCacheNodes: 3 });
    expect(idsOf(await look(cache))).toEqual(['0001', '0002', '0004']);
  });

  it('keeps what waits for the window, as the API reference combines requests', async () => {
    const cache = await start();
    await create(cache, { NumCacheNodes: 3 });
    const ask = (changes: Partial<ModifyCacheClusterCommandInput>) =>
      modify(cache, { ApplyImmediately: false, ...changes });
    const pending = async () => (await look(cache)).PendingModifiedValues;
    await ask({ NumCacheNodes: 4 });
    await ask({ NumCacheNodes: 6 });
    expect(await pending()).toEqual({ NumCacheNodes: 6 });
    expect(await outcomeOf(ask({ NumCacheNodes: 5 }))).toBe('InvalidParameterCombinationException');
    await ask({ NumCacheNodes: 2, CacheNodeIdsToRemove: ['0001'] });
    await ask({ NumCacheNodes: 1, CacheNodeIdsToRemove: ['0002', '0003'] });
    expect(await pending()).toEqual({ NumCacheNodes: 1, CacheNodeIdsToRemove: ['0002', '0003'] });
    await ask({ NumCacheNodes: 4 });
    expect(await pending()).toEqual({ NumCacheNodes: 4 });
    await ask({ NumCacheNodes: 3 });
    expect(await pending()).toEqual({});
    expect((await look(cache)).NumCacheNodes).toBe(3);
  });

  it('applies in the maintenance window what was not asked for at once', async () => {
    const cache = await start({ speed: 1_000_000 });
    await create(cache, { NumCacheNodes: 1 });
    await modify(cache, { NumCacheNodes: 2, ApplyImmediately: false });
    await expect.poll(async () => (await look(cache)).NumCacheNodes, { timeout: 20_000, interval: 50 }).toBe(2);
  });

  it('restarts nodes empty, with the parameters that waited for it', async () => {
    const cache = await start();
    const group = { CacheParameterGroupName: 'strict' };
    const family = { CacheParameterGroupFamily: 'memcached1.6', Description: 'strict' };
    await cache.client.send(new CreateCacheParameterGroupCommand({ ...group, ...family }));
    await create(cache, group);
    const values = [{ ParameterName: 'disable_flush_all', ParameterValue: '1' }];
    await cache.client.send(new ModifyCacheParameterGroupCommand({ ...group, ParameterNameValues: values }));
    const before = await look(cache);
    expect(before.CacheParameterGroup).toMatchObject({
      ParameterApplyStatus: 'pending-reboot',
      CacheNodeIdsToReboot: ['0001', '0002'],
    });
    const [first, second] = nodesOf(before);
    if (!first || !second) throw new Error('there are two nodes');
    for (const node of [first, second]) await askOnce(node, 'set key 0 0 1\r\nx\r\n', '\r\n');
    const reboot = { CacheClusterId: 'pages', CacheNodeIdsToReboot: ['0002'] };
    const { CacheCluster: rebooting } = await cache.client.send(new RebootCacheClusterCommand(reboot));
    expect(rebooting?.CacheClusterStatus).toBe('rebooting cluster nodes');
    expect(rebooting?.CacheNodes?.map(({ CacheNodeStatus }) => CacheNodeStatus)).toEqual(['available', 'rebooting']);
    await cache.handle.idle();
    expect((await look(cache)).CacheParameterGroup?.CacheNodeIdsToReboot).toEqual(['0001']);
    expect(await askOnce(first, 'get key\r\n')).toContain('VALUE');
    expect(await askOnce(second, 'get key\r\n')).toBe('END\r\n');
    expect(await askOnce(first, 'flush_all\r\n', '\r\n')).toBe('OK\r\n');
    expect(await askOnce(second, 'flush_all\r\n', '\r\n')).toMatch(/^CLIENT_ERROR/);
    expect((await eventsOf(cache)).slice(-2)).toEqual(['Cache node 0002 shutdown', 'Cache node 0002 restarted']);
    const removal = new DeleteCacheParameterGroupCommand(group);
    expect(await outcomeOf(cache.client.send(removal))).toBe('InvalidCacheParameterGroupStateFault');
  });

  it('loses everything with an upgrade of its engine', async () => {
    const cache = await start();
    await create(cache, { EngineVersion: '1.6.17', NumCacheNodes: 1 });
    const [node = { host: '', port: 0 }] = nodesOf(await look(cache));
    await askOnce(node, 'set key 0 0 1\r\nx\r\n', '\r\n');
    await modify(cache, { EngineVersion: '1.6.22' });
    expect((await look(cache)).EngineVersion).toBe('1.6.22');
    expect(await askOnce(node, 'get key\r\n')).toBe('END\r\n');
    expect(await outcomeOf(modify(cache, { EngineVersion: '1.6.17' }))).toBe('InvalidParameterCombinationException');
  });

  it('ends with all its processes when it is deleted', async () => {
    const cache = await start();
    await create(cache, { NotificationTopicArn: topicArn('caches') });
    const { ConfigurationEndpoint, ...cluster } = await look(cache);
    const final = { CacheClusterId: 'pages', FinalSnapshotIdentifier: 'last' };
    expect(await outcomeOf(cache.client.send(new DeleteCacheClusterCommand(final)))).toBe(
      'SnapshotFeatureNotSupportedFault',
    );
    await cache.client.send(new DeleteCacheClusterCommand({ CacheClusterId: 'pages' }));
    expect(await outcomeOf(modify(cache, { NumCacheNodes: 3 }))).toMatch(/InvalidCacheClusterStateFault|NotFound/);
    await cache.handle.idle();
    for (const address of [addressOf(ConfigurationEndpoint), ...nodesOf(cluster)]) {
      await expect(openClient(address)).rejects.toThrow(/ECONNREFUSED/);
    }
    expect(await outcomeOf(look(cache))).toBe('CacheClusterNotFoundFault');
    expect(cache.published.at(-1)?.event).toBe('ElastiCache:DeleteCacheClusterComplete');
  });

  it('spreads its nodes over zones only when it is told to', async () => {
    const cache = await start();
    await create(cache, { AZMode: 'cross-az', NumCacheNodes: 4 });
    const spread = await look(cache);
    expect(spread.PreferredAvailabilityZone).toBe('Multiple');
    expect(zonesOf(spread)).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1a']);
    await modify(cache, { NumCacheNodes: 5, AZMode: 'cross-az', NewAvailabilityZones: ['us-east-1c'] });
    expect(zonesOf(await look(cache)).at(-1)).toBe('us-east-1c');
  });
});

describe('what cannot be', () => {
  it.each<[string, Partial<CreateCacheClusterCommandInput>, string]>([
    ['no nodes', { NumCacheNodes: 0 }, 'InvalidParameterValueException'],
    ['more than forty nodes', { NumCacheNodes: 41 }, 'NodeQuotaForClusterExceededFault'],
    ['a version of redis', { EngineVersion: '7.1' }, 'InvalidParameterValueException'],
    ['a group of redis', { CacheParameterGroupName: 'default.redis7' }, 'InvalidParameterCombinationException'],
    [
      'a cluster mode group',
      { CacheParameterGroupName: 'default.memcached1.6.cluster.on' },
      'CacheParameterGroupNotFoundFault',
    ],
    ['snapshots', { SnapshotRetentionLimit: 1 }, 'InvalidParameterCombinationException'],
    ['a snapshot window', { SnapshotWindow: '05:00-06:00' }, 'InvalidParameterCombinationException'],
    ['a token', { AuthToken: 'a-token-of-many-letters-1' }, 'InvalidParameterCombinationException'],
    ['a snapshot to start from', { SnapshotName: 'last' }, 'InvalidParameterCombinationException'],
    ['logs', { LogDeliveryConfigurations: [{ LogType: 'slow-log' }] }, 'InvalidParameterCombinationException'],
    ['TLS', { TransitEncryptionEnabled: true }, 'NotImplemented'],
    ['one node in several zones', { NumCacheNodes: 1, AZMode: 'cross-az' }, 'InvalidParameterCombinationException'],
    ['an unknown mode', { AZMode: 'all-az' as 'cross-az' }, 'InvalidParameterValueException'],
    [
      'too few zones',
      { AZMode: 'cross-az', PreferredAvailabilityZones: ['us-east-1a'] },
      'InvalidParameterCombinationException',
    ],
    [
      'zones without the mode',
      { PreferredAvailabilityZones: ['us-east-1a', 'us-east-1b'] },
      'InvalidParameterCombinationException',
    ],
    ['a foreign zone', { PreferredAvailabilityZone: 'us-east-1f' }, 'InvalidParameterValueException'],
  ])('%s is refused at creation', async (_name, changes, fault) => {
    const cache = await start();
    expect(await outcomeOf(cache.client.send(new CreateCacheClusterCommand(pages(changes))))).toBe(fault);
    expect(await outcomeOf(look(cache))).toBe('CacheClusterNotFoundFault');
  });

  it.each<[string, Partial<ModifyCacheClusterCommandInput>, string]>([
    ['fewer nodes without saying which', { NumCacheNodes: 1 }, 'InvalidParameterCombinationException'],
    [
      'one of two to remove',
      { NumCacheNodes: 1, CacheNodeIdsToRemove: ['0001', '0002'] },
      'InvalidParameterCombinationException',
    ],
    [
      'a node that is not there',
      { NumCacheNodes: 1, CacheNodeIdsToRemove: ['0007'] },
      'InvalidParameterValueException',
    ],
    ['removal without a number', { CacheNodeIdsToRemove: ['0001'] }, 'InvalidParameterCombinationException'],
    ['zones without new nodes', { NewAvailabilityZones: ['us-east-1b'] }, 'InvalidParameterCombinationException'],
    ['too many nodes', { NumCacheNodes: 41 }, 'NodeQuotaForClusterExceededFault'],
    ['no nodes', { NumCacheNodes: 0 }, 'InvalidParameterValueException'],
    ['another node type', { CacheNodeType: 'cache.t4g.medium' }, 'InvalidParameterCombinationException'],
    ['snapshots', { SnapshotRetentionLimit: 3 }, 'InvalidParameterCombinationException'],
    ['a token', { AuthToken: 'a-token-of-many-letters-1' }, 'InvalidParameterCombinationException'],
    ['a foreign security group', { SecurityGroupIds: ['sg-other'] }, 'InvalidParameterCombinationException'],
    ['scaling in steps', { ScaleConfig: { ScalePercentage: 10 } }, 'NotImplemented'],
  ])('%s is refused at a change', async (_name, changes, fault) => {
    const cache = await start();
    await create(cache);
    expect(await outcomeOf(modify(cache, changes))).toBe(fault);
    expect(await look(cache)).toMatchObject({ CacheClusterStatus: 'available', PendingModifiedValues: {} });
  });

  it('more nodes than the Region may have are refused, at creation and at a change', async () => {
    const cache = await start({ quotas: { nodesPerRegion: 3 } });
    expect(await outcomeOf(create(cache, { NumCacheNodes: 4 }))).toBe('NodeQuotaForCustomerExceededFault');
    await create(cache, { NumCacheNodes: 3 });
    expect(await outcomeOf(modify(cache, { NumCacheNodes: 4 }))).toBe('NodeQuotaForCustomerExceededFault');
  });

  it('a machine without memcached says so, and goes on with redis', async () => {
    const reason = 'No memcached was found: install one.';
    const refuse = async () => {
      throw new Error(reason);
    };
    const cache = await start({ memcached: { ready: refuse, start: refuse, stop: async () => undefined } });
    await expect(cache.client.send(new CreateCacheClusterCommand(pages()))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: reason,
    });
    const redis = { CacheClusterId: 'single', Engine: 'redis', CacheNodeType: 'cache.t4g.micro' };
    expect(await outcomeOf(cache.client.send(new CreateCacheClusterCommand(redis)))).toBe('accepted');
  });

  it('a cluster whose nodes do not start shows it, and can only be deleted', async () => {
    const cache = await start();
    cache.handle.failNextCreation('no host');
    await create(cache, { NotificationTopicArn: topicArn('caches') });
    expect((await look(cache)).CacheClusterStatus).toBe('incompatible-network');
    expect(cache.published.at(-1)?.event).toBe('ElastiCache:CacheClusterProvisioningFailed');
    expect(await outcomeOf(modify(cache, { NumCacheNodes: 3 }))).toBe('InvalidCacheClusterStateFault');
    await cache.client.send(new DeleteCacheClusterCommand({ CacheClusterId: 'pages' }));
    await cache.handle.idle();
    expect(await outcomeOf(look(cache))).toBe('CacheClusterNotFoundFault');
  });
});

describe('around memcached', () => {
  it('there is one default group, without cluster mode', async () => {
    const { client } = await start();
    const { CacheParameterGroups = [] } = await client.send(new DescribeCacheParameterGroupsCommand({}));
    const names = CacheParameterGroups.filter(
      ({ CacheParameterGroupFamily }) => CacheParameterGroupFamily === 'memcached1.6',
    );
    expect(names.map(({ CacheParameterGroupName }) => CacheParameterGroupName)).toEqual(['default.memcached1.6']);
  });

  it('its tags are what IAM is told of', async () => {
    const cache = await start();
    await create(cache);
    const ResourceName = 'arn:aws:elasticache:us-east-1:111122223333:cluster:pages';
    await cache.client.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: 'team', Value: 'shop' }] }));
    await modify(cache, { NumCacheNodes: 3 });
    const asked = cache.world.asked
      .map(({ permission }) => permission)
      .find(({ action }) => action === 'elasticache:ModifyCacheCluster');
    expect(asked?.resource).toBe(ResourceName);
    expect(asked?.context).toMatchObject({ 'aws:ResourceTag/team': 'shop' });
  });
});
