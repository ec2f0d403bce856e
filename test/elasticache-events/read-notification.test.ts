import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElastiCacheNotification } from '../../events/elasticache-notification.ts';
import { elastiCacheSns } from '../../events/elasticache-sns.ts';
import { readNotification } from '../../functions/elasticache-events/read-notification.ts';

const sns = (Message: string) => ({
  MessageId: '22222222-3333-4444-8555-666666666666',
  TopicArn: 'arn:aws:sns:eu-west-1:111122223333:elasticache-events',
  Timestamp: '2026-11-20T03:20:11.000Z',
  Message,
});

describe('readNotification', () => {
  it.each([
    ['{"ElastiCache:SnapshotComplete":"orders-0001-001"}', 'SnapshotComplete', 'orders-0001-001', 'orders'],
    [
      '{"ElastiCache:CacheClusterScalingFailed":"sessions-001"}',
      'CacheClusterScalingFailed',
      'sessions-001',
      'sessions',
    ],
    ['{"ElastiCache:FailoverComplete":"my-cache"}', 'FailoverComplete', 'my-cache', 'my-cache'],
    ['SnapshotFailed : orders-0002-001', 'SnapshotFailed', 'orders-0002-001', 'orders'],
    ['ElastiCache:FailoverComplete : orders', 'FailoverComplete', 'orders', 'orders'],
    [
      '{"Service Update Name":"elasticache-1","Replication Group ID":"orders","ElastiCache:ServiceUpdateAvailable":"Service update is available"}',
      'ServiceUpdateAvailable',
      'Service update is available',
      'orders',
    ],
    [
      '{"Cache Cluster ID":"orders-0001-001","ElastiCache:ServiceUpdateAvailableForNode":"0001"}',
      'ServiceUpdateAvailableForNode',
      '0001',
      'orders',
    ],
  ])('reads %s', (message, event, sourceId, cacheId) => {
    const read = ElastiCacheNotification.parse(readNotification(sns(message)));
    expect(read).toMatchObject({ event, sourceId, cacheId, region: 'eu-west-1', at: '2026-11-20T03:20:11.000Z' });
  });

  it('reads the sample', () => {
    const [record] = elastiCacheSns.schema.parse(elastiCacheSns.sample).Records;
    expect(record && readNotification(record.Sns)).toMatchObject({ event: 'SnapshotComplete', cacheId: 'orders' });
  });

  it.each(['', '{}', '[]', 'null', '7', '{"Orders":"orders"}', '{"ElastiCache:":"orders"}', 'Nothing to see here.'])(
    'makes nothing up of %j',
    (message) => expect(readNotification(sns(message))).toBeUndefined(),
  );

  it('reads values that are no text as JSON, whatever is in them', () => {
    const message = '{"ElastiCache:FailoverComplete":"orders","Nodes":{"toString":1},"Count":2}';
    expect(readNotification(sns(message))?.details).toEqual({ Nodes: '{"toString":1}', Count: '2' });
  });

  it('never throws, and what it reads always fits the event', () => {
    const json = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(
          fc.string().map((key) => `ElastiCache:${key}`),
          fc.anything(),
        )
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(json, (message) => {
        const read = readNotification(sns(message));
        if (read) expect(ElastiCacheNotification.safeParse(read).success).toBe(true);
      }),
    );
  });
});
