import * as z from 'zod';
import { CacheId, IsoTime, OperationId } from '../functions/platform/names.ts';
import { envelope, OUR_SOURCE, patternOf } from './event.ts';

const DETAIL_TYPE = 'GracePeriodBegun';

/**
 * What we say when a new token became the current one, and the old one is still valid. The end can be moved to a later time
 * (`autopilot rotate <cache> --extend 2h`), and then this is not said again: the ledger has it. At least once: keep `operationId`.
 */
export const GracePeriodBegun = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  region: z.string(),
  what: z.string().describe('whose token it is, in words'),
  summary: z.string(),
  since: IsoTime.describe('when the new one became the current one'),
  endsAt: IsoTime.describe('until then who comes with the old one is let in'),
});
export type GracePeriodBegun = z.infer<typeof GracePeriodBegun>;

export const gracePeriodBegun = {
  detailType: DETAIL_TYPE,
  schema: envelope(OUR_SOURCE, DETAIL_TYPE, GracePeriodBegun),
  pattern: patternOf(OUR_SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '99999999-aaaa-4bbb-8ccc-dddddddddddd',
    'detail-type': DETAIL_TYPE,
    source: OUR_SOURCE,
    account: '111122223333',
    time: '2026-11-21T08:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: {
      operationId: 'rotate-11111111-2222-4333-8444-555555555555',
      cacheId: 'orders',
      region: 'us-east-1',
      what: 'the AUTH token of orders',
      summary:
        'A new one is the current one: the AUTH token of orders. Who comes with the old one is let in until 2026-11-22T08:00:00Z.',
      since: '2026-11-21T08:00:00Z',
      endsAt: '2026-11-22T08:00:00Z',
    },
  },
};
