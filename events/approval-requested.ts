import * as z from 'zod';
import { CacheId, IsoTime, OperationId } from '../functions/platform/names.ts';
import { envelope, OUR_SOURCE, patternOf } from './event.ts';

const DETAIL_TYPE = 'ApprovalRequested';

/** What we say when a person has to decide. The task token is not in it: it is in the ledger, beside the operation. */
export const ApprovalRequested = z.strictObject({
  operationId: OperationId,
  workflow: z.string(),
  cacheId: CacheId,
  region: z.string(),
  summary: z.string().describe('the question'),
  figures: z.record(z.string(), z.unknown()),
  answerBefore: IsoTime.describe('silence until then is a no'),
});
export type ApprovalRequested = z.infer<typeof ApprovalRequested>;

export const approvalRequested = {
  detailType: DETAIL_TYPE,
  schema: envelope(OUR_SOURCE, DETAIL_TYPE, ApprovalRequested),
  pattern: patternOf(OUR_SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '44444444-5555-4666-8777-888888888888',
    'detail-type': DETAIL_TYPE,
    source: OUR_SOURCE,
    account: '111122223333',
    time: '2026-11-21T07:00:05Z',
    region: 'us-east-1',
    resources: [],
    detail: {
      operationId: 'request-11111111-2222-4333-8444-555555555555',
      workflow: 'create-cache',
      cacheId: 'orders',
      region: 'us-east-1',
      summary: 'Shall this be done? Create orders with 3 shards and 2 replicas each.',
      figures: { monthlyCostUsd: 210.24, calls: 3 },
      answerBefore: '2026-11-22T07:00:05Z',
    },
  },
};
