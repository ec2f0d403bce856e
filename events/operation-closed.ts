import * as z from 'zod';
import { Outcome, Reason } from '../functions/operations/schemas.ts';
import { CacheId, IsoTime, OperationId } from '../functions/platform/names.ts';
import { envelope, OUR_SOURCE, patternOf } from './event.ts';

const DETAIL_TYPE = 'OperationClosed';

/** What we say when an operation has ended, however it ended. At least once: a listener keeps the operation's id. */
export const OperationClosed = z.strictObject({
  operationId: OperationId,
  workflow: z.string(),
  cacheId: CacheId,
  region: z.string(),
  requestedBy: z.string(),
  outcome: Outcome,
  reason: Reason,
  summary: z.string(),
  startedAt: IsoTime,
  closedAt: IsoTime,
  answeredBy: z.string().optional().describe('who said yes or no, when a person was asked and answered'),
  figures: z.record(z.string(), z.unknown()).optional(),
  evidence: z.unknown().optional(),
  undo: z.unknown().optional(),
  problem: z.unknown().optional(),
  decision: z
    .strictObject({ action: z.string(), mode: z.string(), reason: Reason, summary: z.string() })
    .optional()
    .describe('what was decided at first; differences and calls are in the ledger'),
});
export type OperationClosed = z.infer<typeof OperationClosed>;

export const operationClosed = {
  detailType: DETAIL_TYPE,
  schema: envelope(OUR_SOURCE, DETAIL_TYPE, OperationClosed),
  pattern: patternOf(OUR_SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '33333333-4444-4555-8666-777777777777',
    'detail-type': DETAIL_TYPE,
    source: OUR_SOURCE,
    account: '111122223333',
    time: '2026-11-21T07:12:30Z',
    region: 'us-east-1',
    resources: [],
    detail: {
      operationId: 'request-11111111-2222-4333-8444-555555555555',
      workflow: 'create-cache',
      cacheId: 'orders',
      region: 'us-east-1',
      requestedBy: 'alice@example.com',
      outcome: 'done',
      reason: 'Created',
      summary: 'Done and verified: create orders with 3 shards and 2 replicas each.',
      startedAt: '2026-11-21T07:00:02Z',
      closedAt: '2026-11-21T07:12:30Z',
      answeredBy: 'bob@example.com',
      evidence: {
        shards: [{ id: '0001', primary: 'orders-0001-001.example.com:6379', replicas: 2, wroteAndRead: true }],
        tls: true,
        authRequired: true,
        checkedAt: '2026-11-21T07:12:29Z',
      },
    },
  },
};
