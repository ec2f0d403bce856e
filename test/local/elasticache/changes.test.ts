import {
  CreateCacheParameterGroupCommand,
  CreateReplicationGroupCommand,
  DescribeCacheClustersCommand,
  DescribeCacheParametersCommand,
  DescribeReplicationGroupsCommand,
  ModifyCacheParameterGroupCommand,
  ModifyReplicationGroupCommand,
  type ModifyReplicationGroupCommandInput,
  ResetCacheParameterGroupCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnElastiCache, aCluster, aGroup, anElastiCache, outcomeOf, topicArn } from './an-elasticache.ts';

const VALUE = 'InvalidParameterValueException';
const COMBINATION = 'InvalidParameterCombinationException';
const HOUR_MS = 3_600_000;
const FIRST_TOKEN = 'first-token-0123456789';

let cache: AnElastiCache;
beforeEach(async () => {
  cache = await anElastiCache();
  await cache.client.send(
    new CreateReplicationGroupCommand(
      aGroup({ NotificationTopicArn: topicArn('events'), TransitEncryptionEnabled: true, AuthToken: FIRST_TOKEN }),
    ),
  );
  await cache.handle.idle();
});
afterEach(() => cache.close());

const modify = async (change: Partial<ModifyReplicationGroupCommandInput>, ReplicationGroupId = 'sessions') =>
  (await cache.client.send(new ModifyReplicationGroupCommand({ ReplicationGroupId, ...change }))).ReplicationGroup;
const group = async (ReplicationGroupId = 'sessions') =>
  (await cache.client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }))).ReplicationGroups?.[0];
const members = async () => (await cache.client.send(new DescribeCacheClustersCommand({}))).CacheClusters ?? [];
const told = (id = 'us-east-1.sessions') => {
  const running = cache.engine.caches.get(id);
  if (!running) throw new Error(`${id} is not running`);
  return running.told;
};
const eventsSince = (count: number) =>
  cache.published.slice(count).map(({ event, id }) => `${event.split(':')[1]} ${id}`);

describe('a change of settings', () => {
  it('holds at once, and the group stays available', async () => {
    const answer = await modify({
      ReplicationGroupDescription: 'new',
      SnapshotWindow: '01:00-02:00',
      PreferredMaintenanceWindow: 'Tue:05:00-Tue:06:00',
      SnapshotRetentionLimit: 3,
      SnapshottingClusterId: 'sessions-002',
      SecurityGroupIds: ['sg-caches'],
      AutoMinorVersionUpgrade: false,
    });
    expect(answer).toMatchObject({
      Status: 'available',
      Description: 'new',
      SnapshotWindow: '01:00-02:00',
      SnapshotRetentionLimit: 3,
      SnapshottingClusterId: 'sessions-002',
      AutoMinorVersionUpgrade: false,
    });
    expect((await members()).map(({ SnapshotRetentionLimit }) => SnapshotRetentionLimit)).toEqual([0, 3]);
    expect((await members())[0]).toMatchObject({
      PreferredMaintenanceWindow: 'tue:05:00-tue:06:00',
      SecurityGroups: [{ SecurityGroupId: 'sg-caches', Status: 'active' }],
    });
    await cache.handle.idle();
    expect(eventsSince(3)).toEqual([
      'CacheClusterSecurityGroupModified sessions-001',
      'CacheClusterSecurityGroupModified sessions-002',
    ]);
  });

  const refused: [rule: string, change: Partial<ModifyReplicationGroupCommandInput>, error: string][] = [
    ['the group exists', { ReplicationGroupId: 'nothing' }, 'ReplicationGroupNotFoundFault'],
    ['a description has 255 characters', { ReplicationGroupDescription: 'x'.repeat(256) }, VALUE],
    ['snapshots need a node', { SnapshotRetentionLimit: 3 }, COMBINATION],
    ['that node is a member', { SnapshotRetentionLimit: 3, SnapshottingClusterId: 'orders-001' }, VALUE],
    ['retention has at most 35 days', { SnapshotRetentionLimit: 36, SnapshottingClusterId: 'sessions-001' }, VALUE],
    ['a window has an hour', { SnapshotWindow: '01:00-01:30' }, VALUE],
    ['a topic status is one of two', { NotificationTopicStatus: 'maybe' }, VALUE],
    ['a topic is in the account', { NotificationTopicArn: 'arn:aws:sns:us-east-1:444455556666:x' }, VALUE],
    ['a security group exists', { SecurityGroupIds: ['sg-none'] }, VALUE],
    ['a node type exists', { CacheNodeType: 'cache.r7g.tiny' }, VALUE],
    ['no data tiering by scaling', { CacheNodeType: 'cache.r6gd.xlarge' }, VALUE],
    ['no downgrade', { EngineVersion: '6.2' }, COMBINATION],
    ['a parameter group exists', { CacheParameterGroupName: 'nothing' }, 'CacheParameterGroupNotFoundFault'],
    ['a parameter group fits the version', { CacheParameterGroupName: 'default.redis6.x' }, COMBINATION],
    ['a parameter group fits the mode', { CacheParameterGroupName: 'default.redis7.cluster.on' }, COMBINATION],
    ['a token has its form', { AuthToken: 'short' }, VALUE],
    ['SET takes the last token', { AuthToken: FIRST_TOKEN, AuthTokenUpdateStrategy: 'SET' }, COMBINATION],
    ['a strategy needs a token', { AuthTokenUpdateStrategy: 'ROTATE' }, COMBINATION],
    ['a primary cannot be chosen here', { PrimaryClusterId: 'sessions-002' }, 'NotImplemented'],
    ['an engine cannot be changed here', { Engine: 'valkey' }, 'NotImplemented'],
  ];
  it.each(refused)('is refused, and nothing has changed: %s', async (_rule, change, error) => {
    const [before, clusters] = [await group(), await members()];
    const whole = { ReplicationGroupDescription: 'changed', AutoMinorVersionUpgrade: false, ...change };
    expect(await outcomeOf(modify({ ...whole, ApplyImmediately: true }))).toBe(error);
    expect(await group()).toEqual(before);
    expect(await members()).toEqual(clusters);
  });

  it('takes the present value of a field as no change', async () => {
    const same = { TransitEncryptionEnabled: true, AutomaticFailoverEnabled: true, MultiAZEnabled: false };
    const answer = await modify({
      ...same,
      CacheNodeType: 'cache.r7g.large',
      EngineVersion: '7.1',
      ApplyImmediately: true,
    });
    expect(answer?.Status).toBe('available');
  });
});

describe('a change of nodes', () => {
  it('is modifying until the engine has it, shows what is pending, and tells the topic', async () => {
    const release = cache.engine.hold();
    const answer = await modify({ CacheNodeType: 'cache.r7g.xlarge', ApplyImmediately: true });
    expect(answer?.Status).toBe('modifying');
    expect(await group()).toMatchObject({ Status: 'modifying', CacheNodeType: 'cache.r7g.large' });
    expect((await members())[1]).toMatchObject({
      CacheClusterStatus: 'modifying',
      PendingModifiedValues: { CacheNodeType: 'cache.r7g.xlarge' },
    });
    expect(await outcomeOf(modify({ ReplicationGroupDescription: 'x' }))).toBe('InvalidReplicationGroupStateFault');
    release();
    expect(await cache.settled('sessions')).toBe('available');
    expect(await group()).toMatchObject({ CacheNodeType: 'cache.r7g.xlarge' });
    expect((await members())[1]?.PendingModifiedValues).toEqual({});
    expect(told().maxmemoryBytes).toBe(Math.floor(26.32 * 8 * 1024 ** 2 * 0.75));
    expect(eventsSince(3)).toEqual(['ReplicationGroupScalingComplete sessions']);
  });

  it('still shows available for a moment when the service reads its writes late', async () => {
    const late = await anElastiCache({ delays: { readAfterWriteLagSeconds: 100 } });
    await late.client.send(new CreateReplicationGroupCommand(aGroup()));
    await late.handle.idle();
    await late.world.clock.sleep(100_000);
    const release = late.engine.hold();
    const change = { ReplicationGroupId: 'sessions', CacheNodeType: 'cache.r7g.xlarge', ApplyImmediately: true };
    const { ReplicationGroup } = await late.client.send(new ModifyReplicationGroupCommand(change));
    expect(ReplicationGroup?.Status).toBe('available');
    await late.world.clock.sleep(100_000);
    const { ReplicationGroups } = await late.client.send(new DescribeReplicationGroupsCommand({}));
    expect(ReplicationGroups?.[0]?.Status).toBe('modifying');
    release();
    await late.close();
  });

  it('waits for the maintenance window unless it is immediate, and is visible on the members only', async () => {
    const answer = await modify({ CacheNodeType: 'cache.r7g.xlarge' });
    expect(answer).toMatchObject({ Status: 'available', PendingModifiedValues: {} });
    expect((await members())[0]?.PendingModifiedValues).toEqual({ CacheNodeType: 'cache.r7g.xlarge' });
    expect(await group()).toMatchObject({ Status: 'available', CacheNodeType: 'cache.r7g.large' });
  });

  it('happens by itself in the maintenance window', async () => {
    const fast = await anElastiCache({ speed: 20_000 });
    await fast.client.send(new CreateReplicationGroupCommand(aGroup()));
    await fast.handle.idle();
    // The hour that begins within the next one to two hours, so that a slow machine does not meet it before.
    const opens = new Date(Math.ceil(fast.world.clock.now() / HOUR_MS + 1) * HOUR_MS);
    const hourOf = (hours: number) => new Date(opens.getTime() + hours * HOUR_MS);
    const time = (at: Date) => `${at.toISOString().slice(11, 13)}:00`;
    const day = (at: Date) => ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][at.getUTCDay()];
    const change = {
      ReplicationGroupId: 'sessions',
      CacheNodeType: 'cache.r7g.xlarge',
      PreferredMaintenanceWindow: `${day(opens)}:${time(opens)}-${day(hourOf(1))}:${time(hourOf(1))}`,
      SnapshotWindow: `${time(hourOf(6))}-${time(hourOf(7))}`,
    };
    await fast.client.send(new ModifyReplicationGroupCommand(change));
    const nodeType = async () =>
      (await fast.client.send(new DescribeReplicationGroupsCommand({}))).ReplicationGroups?.[0]?.CacheNodeType;
    await expect.poll(nodeType, { timeout: 20_000 }).toBe('cache.r7g.xlarge');
    expect(fast.world.clock.now()).toBeGreaterThanOrEqual(opens.getTime());
    await fast.close();
  });

  it('immediate flushes what waited for the window', async () => {
    await modify({ CacheNodeType: 'cache.r7g.xlarge' });
    await modify({ CacheParameterGroupName: 'default.redis7', ApplyImmediately: true });
    await cache.handle.idle();
    expect((await group())?.CacheNodeType).toBe('cache.r7g.xlarge');
  });

  it('to a type that the data does not fit on is taken back, and said', async () => {
    told().usedBytes = 50 * 1024 * 1024;
    await modify({ CacheNodeType: 'cache.t4g.small', ApplyImmediately: true });
    expect(await cache.settled('sessions')).toBe('available');
    expect((await group())?.CacheNodeType).toBe('cache.r7g.large');
    expect(eventsSince(3)).toEqual(['ReplicationGroupScalingFailed sessions']);
  });

  it('that the engine refuses is taken back', async () => {
    cache.engine.failNextChange('no');
    await modify({ CacheNodeType: 'cache.r7g.xlarge', ApplyImmediately: true });
    expect(await cache.settled('sessions')).toBe('available');
    expect(await group()).toMatchObject({ CacheNodeType: 'cache.r7g.large', PendingModifiedValues: {} });
  });

  it('to a newer family takes the default parameter group along', async () => {
    const old = aGroup({ ReplicationGroupId: 'old', EngineVersion: '6.2' });
    await cache.client.send(new CreateReplicationGroupCommand(old));
    await cache.handle.idle();
    await modify({ EngineVersion: '7.1', ApplyImmediately: true }, 'old');
    await cache.handle.idle();
    const { CacheClusters } = await cache.client.send(new DescribeCacheClustersCommand({ CacheClusterId: 'old-001' }));
    expect(CacheClusters?.[0]).toMatchObject({
      EngineVersion: '7.1.0',
      CacheParameterGroup: { CacheParameterGroupName: 'default.redis7', ParameterApplyStatus: 'in-sync' },
    });
  });

  it('of the AUTH token leaves two valid with ROTATE and one with SET', async () => {
    const [first] = told().users[0]?.passwordHashes ?? [];
    const AuthToken = 'second-token-0123456789';
    const release = cache.engine.hold();
    const answer = await modify({ AuthToken, ApplyImmediately: true });
    expect(answer?.PendingModifiedValues).toEqual({ AuthTokenStatus: 'ROTATING' });
    release();
    await cache.handle.idle();
    expect(told().users[0]).toMatchObject({ name: 'default', open: false });
    expect(told().users[0]?.passwordHashes).toEqual([first, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    await modify({ AuthToken, AuthTokenUpdateStrategy: 'SET', ApplyImmediately: true });
    await cache.handle.idle();
    expect(told().users[0]?.passwordHashes).toHaveLength(1);
    expect(told().users[0]?.passwordHashes).not.toContain(first);
  });
});

describe('parameter groups', () => {
  const values = (pairs: Record<string, string>) =>
    Object.entries(pairs).map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue }));
  const set = (pairs: Record<string, string>, CacheParameterGroupName = 'own') =>
    cache.client.send(
      new ModifyCacheParameterGroupCommand({ CacheParameterGroupName, ParameterNameValues: values(pairs) }),
    );
  beforeEach(async () => {
    const own = { CacheParameterGroupName: 'Own', CacheParameterGroupFamily: 'redis7', Description: 'own' };
    await cache.client.send(new CreateCacheParameterGroupCommand(own));
  });

  it('reach the engine of the caches that use them, and say so', async () => {
    await modify({ CacheParameterGroupName: 'own', ApplyImmediately: true });
    await cache.handle.idle();
    const release = cache.engine.hold();
    const { CacheParameterGroupName } = await set({ 'maxmemory-policy': 'allkeys-lru', timeout: '300' });
    expect(CacheParameterGroupName).toBe('own');
    expect((await members())[0]?.CacheParameterGroup?.ParameterApplyStatus).toBe('applying');
    release();
    await cache.handle.idle();
    expect((await members())[0]?.CacheParameterGroup?.ParameterApplyStatus).toBe('in-sync');
    expect(told().parameters).toMatchObject({ 'maxmemory-policy': 'allkeys-lru', timeout: '300' });
    expect(eventsSince(5)).toEqual([
      'CacheClusterParametersChanged sessions-001',
      'CacheClusterParametersChanged sessions-002',
    ]);
    const reset = { CacheParameterGroupName: 'own', ParameterNameValues: values({ timeout: '' }) };
    await cache.client.send(new ResetCacheParameterGroupCommand(reset));
    await cache.handle.idle();
    expect(told().parameters).toMatchObject({ 'maxmemory-policy': 'allkeys-lru', timeout: '0' });
  });

  it('leave what needs a reboot to the next start', async () => {
    await modify({ CacheParameterGroupName: 'own', ApplyImmediately: true });
    await cache.handle.idle();
    await set({ databases: '32' });
    await cache.handle.idle();
    expect((await members())[0]?.CacheParameterGroup).toMatchObject({
      ParameterApplyStatus: 'pending-reboot',
      CacheNodeIdsToReboot: ['0001'],
    });
    expect(told().parameters.databases).toBe('16');
    const next = aGroup({ ReplicationGroupId: 'next', CacheParameterGroupName: 'own' });
    await cache.client.send(new CreateReplicationGroupCommand(next));
    await cache.handle.idle();
    expect(told('us-east-1.next').parameters.databases).toBe('32');
  });

  it('change the memory for data with reserved-memory-percent', async () => {
    await modify({ CacheParameterGroupName: 'own', ApplyImmediately: true });
    await cache.handle.idle();
    await set({ 'reserved-memory-percent': '50' });
    await cache.handle.idle();
    expect(told().maxmemoryBytes).toBe(Math.floor(13.07 * 8 * 1024 ** 2 * 0.5));
  });

  it('that say cluster-enabled make one shard a cluster', async () => {
    await set({ 'cluster-enabled': 'yes' });
    const one = aCluster({ NumNodeGroups: 1, ReplicasPerNodeGroup: 0, CacheParameterGroupName: 'own' });
    const { ReplicationGroup } = await cache.client.send(new CreateReplicationGroupCommand(one));
    expect(ReplicationGroup).toMatchObject({ ClusterEnabled: true, MemberClusters: ['orders-0001-001'] });
  });

  it('show who set which value', async () => {
    await set({ timeout: '300' });
    const shown = async (Source?: string) => {
      const query = { CacheParameterGroupName: 'own', ...(Source ? { Source } : {}), MaxRecords: 100 };
      return (await cache.client.send(new DescribeCacheParametersCommand(query))).Parameters ?? [];
    };
    expect(await shown('user')).toMatchObject([
      { ParameterName: 'timeout', ParameterValue: '300', AllowedValues: '0,20-', ChangeType: 'immediate' },
    ]);
    expect((await shown()).length).toBeGreaterThan(60);
    expect((await shown('system')).some(({ ParameterName }) => ParameterName === 'timeout')).toBe(false);
  });

  it.each<[string, Record<string, string>, string]>([
    ['an unknown parameter', { nonsense: '1' }, VALUE],
    ['a value out of range', { timeout: '5' }, VALUE],
    ['a fixed parameter', { maxclients: '100' }, VALUE],
    ['too many at once', Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`p${index}`, '1'])), VALUE],
    ['none at all', {}, VALUE],
  ])('refuse %s, and keep the others of the call as they were', async (_name, wrong, error) => {
    const pairs = Object.keys(wrong).length > 0 ? { 'maxmemory-policy': 'noeviction', ...wrong } : {};
    const code = await outcomeOf(set(pairs));
    expect([error, 'MissingParameter']).toContain(code);
    const query = { CacheParameterGroupName: 'own', Source: 'user' };
    expect((await cache.client.send(new DescribeCacheParametersCommand(query))).Parameters ?? []).toEqual([]);
  });

  it('refuse to change a default group', async () => {
    expect(await outcomeOf(set({ timeout: '300' }, 'default.redis7'))).toBe('InvalidCacheParameterGroupStateFault');
  });
});
