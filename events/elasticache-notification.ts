import * as z from 'zod';
import { IsoTime } from '../functions/platform/names.ts';
import { envelope, OUR_SOURCE, patternOf } from './event.ts';

const DETAIL_TYPE = 'ElastiCacheNotification';

/** What ElastiCache said about a node-based cache, in one form. At least once and in no order: keep `notificationId`. */
export const ElastiCacheNotification = z.strictObject({
  notificationId: z.string().describe('SNS’s message id; the same notification may come again'),
  event: z.string().describe('without prefix, e.g. FailoverComplete'),
  sourceId: z.string().describe('the id as ElastiCache wrote it: a cache, a shard’s node, or a node number'),
  cacheId: z.string().describe('the replication group, as far as its member’s id tells; look it up before acting'),
  region: z.string(),
  summary: z.string(),
  at: IsoTime,
  details: z.record(z.string(), z.string()).describe('what else the message said'),
});
export type ElastiCacheNotification = z.infer<typeof ElastiCacheNotification>;

export const elastiCacheNotification = {
  detailType: DETAIL_TYPE,
  schema: envelope(OUR_SOURCE, DETAIL_TYPE, ElastiCacheNotification),
  pattern: patternOf(OUR_SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '55555555-6666-4777-8888-999999999999',
    'detail-type': DETAIL_TYPE,
    source: OUR_SOURCE,
    account: '111122223333',
    time: '2026-11-20T03:20:12Z',
    region: 'us-east-1',
    resources: [],
    detail: {
      notificationId: '22222222-3333-4444-8555-666666666666',
      event: 'SnapshotComplete',
      sourceId: 'orders-0001-001',
      cacheId: 'orders',
      region: 'us-east-1',
      summary: 'ElastiCache says SnapshotComplete about orders-0001-001.',
      at: '2026-11-20T03:20:11.000Z',
      details: {},
    },
  },
};
