import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { describe, expect, it } from 'vitest';
import { cloudWatchReplicationLag } from '../../functions/platform/replication-lag.ts';
import { elastiCacheServiceUpdates } from '../../functions/platform/service-updates.ts';
import { elastiCacheSnapshots } from '../../functions/platform/snapshots.ts';
import { vpcOfSubnetGroup } from '../../functions/platform/subnet-groups.ts';
import { aClientOf } from '../builders/a-client-of.ts';
import { aDrillableCache, aShard } from '../builders/a-drill.ts';
import { type Answer, anSdkClient, named } from '../builders/an-sdk-client.ts';

describe('how far replicas are behind', () => {
  const NODES = ['orders-001', 'orders-002', 'orders-003'];
  const lagOf = async (answer: Answer) => {
    const { client, asked } = anSdkClient<CloudWatchClient>({ GetMetricData: answer });
    return { lag: await cloudWatchReplicationLag(client).of(NODES, '2026-11-21T07:00:00.000Z'), asked };
  };

  it('is the highest figure of the last five minutes, by node', async () => {
    const { lag, asked } = await lagOf(() => ({
      MetricDataResults: [
        { Id: 'node2', Values: [0.1, 7, 0.2] },
        { Id: 'node1', Values: [0] },
      ],
    }));
    expect([...lag]).toEqual([
      ['orders-002', 0],
      ['orders-003', 7],
    ]);
    expect(asked[0]?.input).toMatchObject({
      StartTime: new Date('2026-11-21T06:55:00Z'),
      EndTime: new Date('2026-11-21T07:00:00Z'),
    });
    const [query] = [asked[0]?.input.MetricDataQueries].flat();
    expect(query).toEqual({
      Id: 'node0',
      MetricStat: {
        Metric: {
          Namespace: 'AWS/ElastiCache',
          MetricName: 'ReplicationLag',
          Dimensions: [{ Name: 'CacheClusterId', Value: 'orders-001' }],
        },
        Period: 60,
        Stat: 'Maximum',
      },
    });
  });

  it('is not known of a node that told nothing', async () => {
    expect((await lagOf(() => ({}))).lag.size).toBe(0);
    expect(
      (
        await lagOf(() => ({
          MetricDataResults: [
            { Id: 'node0', Values: [] },
            { Id: 'node9', Values: [1] },
          ],
        }))
      ).lag.size,
    ).toBe(0);
  });
});

describe('service updates', () => {
  it('that are under way or scheduled are told by name, of all pages', async () => {
    const { client, asked } = aClientOf(ElastiCacheClient, {
      DescribeUpdateActions: (_, call) => ({
        UpdateActions: [{ ServiceUpdateName: `update-${call}`, UpdateActionStatus: 'scheduled' }, {}],
        ...(call === 1 ? { Marker: 'more' } : {}),
      }),
    });
    expect(await elastiCacheServiceUpdates(client).underWay('orders')).toEqual([
      'update-1 (scheduled)',
      'unnamed (unknown)',
      'update-2 (scheduled)',
      'unnamed (unknown)',
    ]);
    expect(asked[0]?.input).toMatchObject({
      ReplicationGroupIds: ['orders'],
      UpdateActionStatus: ['waiting-to-start', 'in-progress', 'stopping', 'scheduling', 'scheduled'],
    });
  });
});

describe('the snapshots of a cache', () => {
  const snapshot = (SnapshotName: string, times: readonly (string | undefined)[], SnapshotStatus = 'available') => ({
    SnapshotName,
    SnapshotStatus,
    NodeSnapshots: times.map((time) => ({
      CacheSize: '12 MB',
      ...(time ? { SnapshotCreateTime: new Date(time) } : {}),
    })),
  });
  const pair = {
    clusterMode: false,
    shards: [aShard('0001', { nodes: [{ id: 'orders-001' }, { id: 'orders-002' }] })],
  };

  it('are as old as the oldest of their parts, and of no age while one is not told', async () => {
    const { client } = aClientOf(ElastiCacheClient, {
      DescribeSnapshots: () => ({
        Snapshots: [
          snapshot('whole', ['2026-11-21T03:00:00Z', '2026-11-21T02:59:00Z']),
          snapshot('partly', ['2026-11-21T03:00:00Z', undefined]),
          snapshot('begun', [], 'creating'),
        ],
      }),
    });
    expect(await elastiCacheSnapshots(client).of(aDrillableCache())).toEqual([
      { name: 'whole', status: 'available', sizes: ['12 MB', '12 MB'], takenAt: '2026-11-21T02:59:00.000Z' },
      { name: 'partly', status: 'available', sizes: ['12 MB', '12 MB'], takenAt: undefined },
      { name: 'begun', status: 'creating', sizes: [], takenAt: undefined },
    ]);
  });

  it('with cluster mode are the group’s, page by page', async () => {
    const { client, asked } = aClientOf(ElastiCacheClient, {
      DescribeSnapshots: (_, call) => ({
        Snapshots: [snapshot(`nightly-${call}`, ['2026-11-21T03:00:00Z'])],
        ...(call === 1 ? { Marker: 'more' } : {}),
      }),
    });
    expect(await elastiCacheSnapshots(client).of(aDrillableCache())).toHaveLength(2);
    expect(asked.map(({ input }) => [input.ReplicationGroupId, input.CacheClusterId, input.Marker])).toEqual([
      ['orders', undefined, undefined],
      ['orders', undefined, 'more'],
    ]);
    expect(asked[0]?.input.ShowNodeGroupConfig).toBe(true);
  });

  it('without it are those of its nodes too, each once', async () => {
    const { client, asked } = aClientOf(ElastiCacheClient, {
      DescribeSnapshots: ({ CacheClusterId }) => ({
        Snapshots: [
          snapshot('everywhere', ['2026-11-21T03:00:00Z']),
          ...(CacheClusterId ? [snapshot(`of ${CacheClusterId}`, ['2026-11-21T03:00:00Z'])] : []),
        ],
      }),
    });
    const found = await elastiCacheSnapshots(client).of(aDrillableCache(pair));
    expect(found.map(({ name }) => name)).toEqual(['everywhere', 'of orders-001', 'of orders-002']);
    expect(asked).toHaveLength(3);
  });

  it('are found also when a node has just gone, and not when nobody can be asked', async () => {
    const asking = (name: string) =>
      elastiCacheSnapshots(
        aClientOf(ElastiCacheClient, {
          DescribeSnapshots: ({ CacheClusterId }) =>
            CacheClusterId ? named(name) : { Snapshots: [snapshot('nightly', ['2026-11-21T03:00:00Z'])] },
        }).client,
      ).of(aDrillableCache(pair));
    expect(await asking('CacheClusterNotFoundFault')).toHaveLength(1);
    await expect(asking('Throttling')).rejects.toMatchObject({ name: 'Throttling' });
  });
});

describe('the VPC of a subnet group', () => {
  const vpcOf = (answer: Answer) =>
    vpcOfSubnetGroup(anSdkClient<ElastiCacheClient>({ DescribeCacheSubnetGroups: answer }).client, 'private');

  it('is what ElastiCache says, or not known', async () => {
    expect(await vpcOf(() => ({ CacheSubnetGroups: [{ VpcId: 'vpc-1' }] }))).toBe('vpc-1');
    expect(await vpcOf(() => ({}))).toBeUndefined();
    expect(await vpcOf(() => named('CacheSubnetGroupNotFoundFault'))).toBeUndefined();
    await expect(vpcOf(() => named('Throttling'))).rejects.toMatchObject({ name: 'Throttling' });
  });
});
