import * as z from 'zod';
import { envelope, patternOf } from './event.ts';

const SOURCE = 'autopilot.requests';
const DETAIL_TYPE = 'CacheRemovalRequested';

/** Somebody wants a cache to be gone, or no longer ours. A request with faults reaches the workflow too, which refuses it. */
export const cacheRemovalRequested = {
  detailType: DETAIL_TYPE,
  schema: envelope(
    SOURCE,
    DETAIL_TYPE,
    z.looseObject({
      cacheId: z.unknown().optional(),
      requestedBy: z.unknown().optional().describe('who asks, as text'),
      mode: z
        .unknown()
        .optional()
        .describe('observe, approve or act; it can only make the account’s policy more careful'),
      policy: z.unknown().optional().describe('Delete, Retain or Orphan; left out: as the cache’s specification said'),
      evenIfNotOurs: z.unknown().optional().describe('the cache’s id once more, when it was not created here'),
    }),
  ),
  pattern: patternOf(SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '22222222-3333-4444-8555-666666666666',
    'detail-type': DETAIL_TYPE,
    source: SOURCE,
    account: '111122223333',
    time: '2026-11-21T07:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: { cacheId: 'orders', requestedBy: 'alice@example.com', policy: 'Delete' },
  },
};
