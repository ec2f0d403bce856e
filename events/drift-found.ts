import * as z from 'zod';
import { CacheId, IsoTime, Mode, OperationId } from '../functions/platform/names.ts';
import { envelope, OUR_SOURCE, patternOf } from './event.ts';

const DETAIL_TYPE = 'DriftFound';

/**
 * What we say when a cache is not as its specification says, or stayed too busy to be compared (`CacheBusy`), once for each
 * check. At least once: keep `checkId`.
 */
export const DriftFound = z.strictObject({
  checkId: OperationId.describe('the execution of check-drift'),
  cacheId: CacheId,
  region: z.string(),
  reason: z.string().describe('a heading of docs/runbook.md'),
  summary: z.string(),
  mode: Mode.describe('how far the autopilot may go with this cache by itself'),
  differences: z.array(z.strictObject({ field: z.string(), wanted: z.unknown(), found: z.unknown() })),
  faults: z.array(z.looseObject({ path: z.string(), rule: z.string(), remedy: z.string() })),
  repairedBy: OperationId.optional().describe('the operation that repairs what is safe of it, when there is one'),
  at: IsoTime,
});
export type DriftFound = z.infer<typeof DriftFound>;

export const driftFound = {
  detailType: DETAIL_TYPE,
  schema: envelope(OUR_SOURCE, DETAIL_TYPE, DriftFound),
  pattern: patternOf(OUR_SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '66666666-7777-4888-8999-aaaaaaaaaaaa',
    'detail-type': DETAIL_TYPE,
    source: OUR_SOURCE,
    account: '111122223333',
    time: '2026-11-21T07:00:05Z',
    region: 'us-east-1',
    resources: [],
    detail: {
      checkId: '77777777-8888-4999-8aaa-bbbbbbbbbbbb',
      cacheId: 'orders',
      region: 'us-east-1',
      reason: 'CacheDiffers',
      summary:
        'orders has drifted from its specification in snapshotRetentionLimit. In mode observe the autopilot leaves it so. It would: Change orders: set 7 days of automatic snapshots instead of 0.',
      mode: 'observe',
      differences: [{ field: 'snapshotRetentionLimit', wanted: 7, found: 0 }],
      faults: [],
      at: '2026-11-21T07:00:05Z',
    },
  },
};
