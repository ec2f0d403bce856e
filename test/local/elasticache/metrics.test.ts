import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { CreateReplicationGroupCommand } from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, it } from 'vitest';
import { operation, type Service } from '../../../local/service.ts';
import { nodeMetrics } from '../../../local/services/elasticache/node-metrics.ts';
import { type AnElastiCache, aGroup, anElastiCache } from './an-elasticache.ts';

const valuesOf = (before: Record<string, string>, after: Record<string, string>, seconds = 60) =>
  Object.fromEntries(
    nodeMetrics({ info: before, atMs: 0 }, { info: after, atMs: seconds * 1000 }).map(({ MetricName, Value }) => [
      MetricName,
      Value,
    ]),
  );

describe('nodeMetrics', () => {
  it('counts what happened in the minute, and shows states as they are', () => {
    const before = { role: 'master', evicted_keys: '10', keyspace_hits: '100', keyspace_misses: '0' };
    const after = {
      ...before,
      evicted_keys: '25',
      keyspace_hits: '190',
      keyspace_misses: '10',
      used_memory: '3000000',
      mem_not_counted_for_evict: '1000000',
      maxmemory: '4000000',
      db0: 'keys=7,expires=2,avg_ttl=900',
      used_cpu_sys_main_thread: '3',
      used_cpu_user_main_thread: '3',
    };
    expect(valuesOf(before, after)).toMatchObject({
      Evictions: 15,
      CacheHits: 90,
      CacheMisses: 10,
      CacheHitRate: 90,
      BytesUsedForCache: 3_000_000,
      DatabaseMemoryUsagePercentage: 75,
      DatabaseMemoryUsageCountedForEvictPercentage: 50,
      CurrItems: 7,
      CurrVolatileItems: 2,
      DB0AverageTTL: 900,
      EngineCPUUtilization: 10,
      IsMaster: 1,
      MasterLinkHealthStatus: 1,
    });
  });

  it('has a lag for replicas only, and none of what the engine did not say', () => {
    const replica = valuesOf({}, { role: 'slave', master_link_status: 'up', master_last_io_seconds_ago: '3' });
    expect(replica).toMatchObject({ ReplicationLag: 3, IsMaster: 0, MasterLinkHealthStatus: 1 });
    expect(Object.keys(replica)).not.toContain('CacheHitRate');
    expect(Object.keys(valuesOf({}, { role: 'master' }))).not.toContain('ReplicationLag');
  });

  it('counts the lag of a replica that lost its primary from then on, and knows none of one that never had it', () => {
    const down = { role: 'slave', master_link_status: 'down', master_last_io_seconds_ago: '-1' };
    const lost = valuesOf({}, { ...down, master_link_down_since_seconds: '8' });
    expect(lost).toMatchObject({ ReplicationLag: 8, MasterLinkHealthStatus: 0 });
    const never = valuesOf({}, { ...down, master_link_down_since_seconds: '-1' });
    expect(Object.keys(never)).not.toContain('ReplicationLag');
  });

  it('counts refused logins, whether the engine counts them itself or only the errors that it answered', () => {
    const failures = (before: Record<string, string>, after: Record<string, string>) =>
      valuesOf(before, after).AuthenticationFailures;
    expect(failures({ acl_access_denied_auth: '3' }, { acl_access_denied_auth: '5' })).toBe(2);
    const errors = (total: number, wrong?: number) => ({
      total_error_replies: String(total),
      ...(wrong === undefined ? {} : { errorstat_WRONGPASS: `count=${wrong}` }),
    });
    expect(failures(errors(1), errors(9))).toBe(0);
    expect(failures(errors(1), errors(9, 4))).toBe(4);
    expect(failures(errors(9, 4), errors(12, 6))).toBe(2);
    // The node started anew in between.
    expect(failures(errors(9, 4), errors(1, 1))).toBe(1);
    expect(failures({}, {})).toBeUndefined();
  });

  it('starts counting anew with a node that was restarted', () => {
    expect(valuesOf({ evicted_keys: '100' }, { evicted_keys: '4' }).Evictions).toBe(4);
  });
});

describe('every minute', () => {
  let open: AnElastiCache | undefined;
  afterEach(async () => void (await open?.close()));

  it('each node sends its figures to CloudWatch', async () => {
    const samples: cloudwatch.MetricDatum[] = [];
    const monitoring: Service = {
      name: 'monitoring',
      api: {
        signingName: 'monitoring',
        iamPrefix: 'cloudwatch',
        sdk: cloudwatch,
        Client: cloudwatch.CloudWatchClient,
        operations: {
          PutMetricData: operation<cloudwatch.PutMetricDataCommandInput, cloudwatch.PutMetricDataCommandOutput>({
            handle({ Namespace, MetricData = [] }) {
              expect(Namespace).toBe('AWS/ElastiCache');
              samples.push(...MetricData);
              return {};
            },
          }),
        },
      },
    };
    open = await anElastiCache();
    open.world.serve(monitoring);
    await open.client.send(new CreateReplicationGroupCommand(aGroup()));
    const used = (id: string) =>
      samples.filter(
        ({ MetricName, Dimensions }) => MetricName === 'BytesUsedForCache' && Dimensions?.[0]?.Value === id,
      );
    await expect.poll(() => used('sessions-002').length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    const times = used('sessions-002').map(({ Timestamp }) => Timestamp?.getTime() ?? 0);
    expect(times.every((time) => time % 60_000 === 0)).toBe(true);
    const [ofCluster, ofNode] = used('sessions-002').map(({ Dimensions }) => Dimensions?.map(({ Name }) => Name));
    expect([ofCluster, ofNode]).toEqual([['CacheClusterId'], ['CacheClusterId', 'CacheNodeId']]);
    expect(used('sessions-001')[0]?.Value).toBe(1_000_000);
  });
});
