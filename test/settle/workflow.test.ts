import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../local/states/json.ts';
import { fails, inTurn, returns, runWorkflow, type Stub } from '../builders/run-workflow.ts';

const ENDPOINT = { Address: 'clustercfg.orders.example.com', Port: 6379 };
const A_GROUP = {
  ReplicationGroupId: 'orders',
  Status: 'available',
  NodeGroups: [{ Status: 'available' }, { Status: 'available' }, { Status: 'available' }],
};

const group = (changes: JsonObject = {}): Stub =>
  returns({
    ReplicationGroups: [{ ...A_GROUP, PendingModifiedValues: {}, ConfigurationEndpoint: ENDPOINT, ...changes }],
  });

const creating = group({ Status: 'creating', NodeGroups: [] });
const unknown = fails('ElastiCache.ReplicationGroupNotFoundException', 'ReplicationGroup orders not found.');
const throttled = fails('ElastiCache.ThrottlingException', 'Rate exceeded');

const settle = (describeReplicationGroups: Stub, input: Readonly<Record<string, string | number>> = {}) =>
  runWorkflow(
    'settle',
    { describeReplicationGroups },
    {
      operationId: 'o',
      cacheId: 'orders',
      until: 'available',
      deadlineSeconds: 3600,
      shards: 3,
      pollSeconds: 15,
      ...input,
    },
  );

const LOOK = ['Ask ElastiCache', 'Is it settled?'];

const NODE = { CacheNodeStatus: 'available' };
const cluster = (changes: JsonObject = {}): Stub =>
  returns({
    CacheClusters: [
      { CacheClusterStatus: 'available', CacheNodes: [NODE, NODE], ConfigurationEndpoint: ENDPOINT, ...changes },
    ],
  });
const settleCluster = (describeCacheClusters: Stub, input: Readonly<Record<string, string | number>> = {}) =>
  runWorkflow(
    'settle',
    { describeCacheClusters },
    {
      ...{ operationId: 'o', cacheId: 'pages', kind: 'cluster', until: 'available' },
      ...{ deadlineSeconds: 3600, nodes: 2, pollSeconds: 15 },
      ...input,
    },
  );
const noCluster = fails('ElastiCache.CacheClusterNotFoundException', 'CacheCluster not found: pages');

describe('settle, for a cluster of Memcached', () => {
  it('asks until the cluster, its nodes and its pending changes are all settled', async () => {
    const run = await settleCluster(
      inTurn(
        noCluster,
        cluster({ CacheClusterStatus: 'creating', CacheNodes: [] }),
        cluster({ CacheNodes: [NODE] }),
        cluster({ CacheNodes: [NODE, { CacheNodeStatus: 'creating' }] }),
        cluster({ PendingModifiedValues: { NumCacheNodes: 3 } }),
        cluster(),
      ),
    );
    expect(run.calls).toHaveLength(6);
    expect(run.outcome).toEqual({
      status: 'SUCCEEDED',
      output: { status: 'available', nodes: 2, endpoints: { configuration: ENDPOINT } },
    });
  });

  it.each([
    ['incompatible-network', 'CreateFailed'],
    ['restore-failed', 'CreateFailed'],
    ['deleting', 'DeletedMeanwhile'],
  ])('gives up when it is %s', async (CacheClusterStatus, error) => {
    expect((await settleCluster(cluster({ CacheClusterStatus }))).outcome).toMatchObject({ status: 'FAILED', error });
  });

  it('ends at its deadline', async () => {
    const run = await settleCluster(cluster({ CacheClusterStatus: 'modifying' }), { deadlineSeconds: 60 });
    expect(run.outcome).toMatchObject({ error: 'SettleDeadline', cause: expect.stringContaining('modifying') });
  });

  it('waits until it is gone', async () => {
    const deleting = cluster({ CacheClusterStatus: 'deleting' });
    const run = await settleCluster(inTurn(deleting, noCluster), { until: 'deleted' });
    expect(run.outcome).toEqual({ status: 'SUCCEEDED', output: { status: 'gone' } });
  });
});

describe('settle', () => {
  it('asks until the group, its shards and its pending changes are all settled', async () => {
    const run = await settle(
      inTurn(
        creating,
        group({ NodeGroups: [{ Status: 'available' }, { Status: 'modifying' }, { Status: 'available' }] }),
        group({ NodeGroups: [{ Status: 'available' }] }),
        group({ PendingModifiedValues: { AuthTokenStatus: 'SETTING' } }),
        group({ Status: 'snapshotting' }),
        group(),
      ),
    );
    expect(run.calls).toHaveLength(6);
    expect(run.path.at(-1)).toBe('Available');
    expect(run.seconds).toBe(5 * 15);
    expect(run.outcome).toEqual({
      status: 'SUCCEEDED',
      output: {
        status: 'available',
        shards: 3,
        endpoints: { configuration: ENDPOINT },
      },
    });
  });

  it.each([
    ['no word of pending changes', A_GROUP],
    ['only empty lists pending', { ...A_GROUP, PendingModifiedValues: { LogDeliveryConfigurations: [] } }],
  ])('is content with %s', async (_what, seen) => {
    expect((await settle(returns({ ReplicationGroups: [seen] }))).path.at(-1)).toBe('Available');
  });

  it('tells the primary and the reader of a group without cluster mode, and takes any number of shards unless told', async () => {
    const shard = { PrimaryEndpoint: { Address: 'a', Port: 1 }, ReaderEndpoint: { Address: 'b', Port: 1 } };
    const seen = { ...A_GROUP, NodeGroups: [{ Status: 'available', ...shard }] };
    const run = await settle(returns({ ReplicationGroups: [seen] }), { shards: 0 });
    expect(run.outcome).toMatchObject({
      output: { shards: 1, endpoints: { primary: { Address: 'a', Port: 1 }, reader: { Address: 'b', Port: 1 } } },
    });
  });

  it('bears with a group that AWS does not know yet', async () => {
    const run = await settle(inTurn(unknown, unknown, group()));
    expect(run.path).toEqual([
      'Set the deadline',
      'What is asked?',
      ...['Ask ElastiCache', 'Is it meant to be gone?', 'Wait a little', 'What is asked?'],
      ...['Ask ElastiCache', 'Is it meant to be gone?', 'Wait a little', 'What is asked?'],
      ...LOOK,
      'Available',
    ]);
  });

  it('gives up a deletion when the cache is available again, but not at once', async () => {
    const deleting = group({ Status: 'deleting' });
    const lagging = await settle(inTurn(group(), group(), deleting, unknown), { until: 'deleted' });
    expect(lagging.outcome).toEqual({ status: 'SUCCEEDED', output: { status: 'gone' } });
    const kept = await settle(inTurn(group({ Status: 'snapshotting' }), group()), { until: 'deleted' });
    expect(kept.outcome).toMatchObject({ status: 'FAILED', error: 'DeletionStopped' });
    expect(kept.seconds).toBe(300);
  });

  it('gives up a group that never appears after 300 s', async () => {
    const run = await settle(unknown);
    expect(run.outcome).toMatchObject({ status: 'FAILED', error: 'NeverAppeared' });
    expect(run.seconds).toBe(300);
  });

  it.each([
    ['a group that could not be created', group({ Status: 'create-failed' }), 'CreateFailed'],
    ['a group that somebody deletes', group({ Status: 'deleting' }), 'DeletedMeanwhile'],
    ['a group that somebody has deleted', inTurn(creating, unknown), 'DeletedMeanwhile'],
  ])('stops at %s', async (_what, stub, error) => {
    const run = await settle(stub);
    expect(run.outcome).toMatchObject({ status: 'FAILED', error, cause: expect.stringContaining('orders') });
    expect(run.seconds).toBeLessThan(60);
  });

  it('says at its deadline what it saw last', async () => {
    const run = await settle(creating, { deadlineSeconds: 600 });
    expect(run.seconds).toBe(600);
    expect(run.outcome).toEqual({
      status: 'FAILED',
      error: 'SettleDeadline',
      cause: 'orders was still creating after 600 s, instead of available.',
    });
  });

  it('bears with throttling for a quarter of an hour, and then fails by that name', async () => {
    expect((await settle(inTurn(throttled, throttled, throttled, group()))).path.at(-1)).toBe('Available');
    const run = await settle(throttled);
    expect(run.outcome).toMatchObject({ status: 'FAILED', error: 'ElastiCache.ThrottlingException' });
    expect(run.calls).toHaveLength(18);
    expect(run.seconds).toBe(5 + 10 + 20 + 40 + 13 * 60);
  });

  it('waits for a deletion, also of a group that failed', async () => {
    const run = await settle(inTurn(group({ Status: 'create-failed' }), group({ Status: 'deleting' }), unknown), {
      until: 'deleted',
    });
    expect(run.path.at(-1)).toBe('Gone');
    expect(run.outcome).toEqual({ status: 'SUCCEEDED', output: { status: 'gone' } });
  });

  it('never takes an available group for a deleted one', async () => {
    const run = await settle(group(), { until: 'deleted', deadlineSeconds: 60 });
    expect(run.outcome).toMatchObject({ status: 'FAILED', error: 'SettleDeadline' });
  });

  it('refuses a question that it does not understand', async () => {
    const run = await settle(group(), { until: 'happy' });
    expect(run.outcome).toMatchObject({ status: 'FAILED', error: 'FixInput', cause: expect.stringContaining('happy') });
    expect(run.calls).toEqual([]);
  });
});
