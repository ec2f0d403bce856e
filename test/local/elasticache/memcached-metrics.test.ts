import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import {
  CreateCacheClusterCommand,
  DescribeCacheClustersCommand,
  ListAllowedNodeTypeModificationsCommand,
} from '@aws-sdk/client-elasticache';
import { afterEach, describe, expect, it } from 'vitest';
import { operation, type Service } from '../../../local/service.ts';
import { memcachedMetrics } from '../../../local/services/elasticache/memcached/node-metrics.ts';
import { askOnce } from '../engine/memcached/a-memcached.ts';
import { type AnElastiCache, anElastiCache, outcomeOf } from './an-elasticache.ts';

const valuesOf = (before: Record<string, string>, after: Record<string, string>, gets: readonly [number, number]) =>
  Object.fromEntries(
    memcachedMetrics({ stats: before, configurationGets: gets[0] }, { stats: after, configurationGets: gets[1] }).map(
      ({ MetricName, Value }) => [MetricName, Value],
    ),
  );

describe('memcachedMetrics', () => {
  it('counts what happened in the minute, and shows states as they are', () => {
    const before = { evictions: '10', get_hits: '100', curr_items: '5' };
    const after = { evictions: '25', get_hits: '190', curr_items: '7', limit_maxbytes: '1000', bytes: '400' };
    expect(valuesOf(before, after, [2, 5])).toEqual({
      Evictions: 15,
      GetHits: 90,
      CurrItems: 7,
      BytesUsedForCacheItems: 400,
      UnusedMemory: 600,
      CmdConfigGet: 3,
    });
  });

  it('starts counting anew with a node that was restarted', () => {
    expect(valuesOf({ evictions: '100' }, { evictions: '4' }, [0, 0]).Evictions).toBe(4);
  });
});

describe('every minute', () => {
  let open: AnElastiCache | undefined;
  afterEach(async () => void (await open?.close()));

  it('each memcached node sends its figures to CloudWatch', async () => {
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
            handle({ MetricData = [] }) {
              samples.push(...MetricData);
              return {};
            },
          }),
        },
      },
    };
    open = await anElastiCache();
    open.world.serve(monitoring);
    const request = {
      CacheClusterId: 'pages',
      Engine: 'memcached',
      CacheNodeType: 'cache.t4g.small',
      NumCacheNodes: 2,
    };
    await open.client.send(new CreateCacheClusterCommand(request));
    await open.handle.idle();
    const query = { CacheClusterId: 'pages', ShowCacheNodeInfo: true };
    const { CacheClusters } = await open.client.send(new DescribeCacheClustersCommand(query));
    const { Address: host = '', Port: port = 0 } = CacheClusters?.[0]?.CacheNodes?.[1]?.Endpoint ?? {};
    await askOnce({ host, port }, 'set key 0 0 1\r\nx\r\n', '\r\n');
    const itemsOf = (nodeId: string) =>
      samples
        .filter(({ MetricName }) => MetricName === 'CurrItems')
        .filter(({ Dimensions = [] }) => Dimensions.map(({ Value }) => Value).join(' ') === `pages ${nodeId}`)
        .map(({ Value }) => Value);
    await expect.poll(() => itemsOf('0002').at(-1), { timeout: 10_000 }).toBe(1);
    expect(itemsOf('0001').at(-1)).toBe(0);
    const types = new ListAllowedNodeTypeModificationsCommand({ CacheClusterId: 'pages' });
    expect(await outcomeOf(open.client.send(types))).toBe('InvalidParameterCombinationException');
  });
});
