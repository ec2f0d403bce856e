import * as z from 'zod';
import { CacheId, IsoTime, OperationId } from '../functions/platform/names.ts';
import { envelope, OUR_SOURCE, patternOf } from './event.ts';

const DETAIL_TYPE = 'IncidentRaised';

/** What we say when somebody has to look at once: what we did has not come to the end it should have. At least once: keep `operationId`. */
export const IncidentRaised = z.strictObject({
  operationId: OperationId,
  workflow: z.string(),
  cacheId: CacheId,
  region: z.string(),
  severity: z.literal('page'),
  reason: z.string().describe('a heading of docs/runbook.md'),
  summary: z.string(),
  quarantined: z.boolean().describe('whether the autopilot leaves the cache alone until a person clears it'),
  evidence: z.unknown().describe('what was found: status, shards, events, alarms'),
  at: IsoTime,
});
export type IncidentRaised = z.infer<typeof IncidentRaised>;

export const incidentRaised = {
  detailType: DETAIL_TYPE,
  schema: envelope(OUR_SOURCE, DETAIL_TYPE, IncidentRaised),
  pattern: patternOf(OUR_SOURCE, DETAIL_TYPE),
  sample: {
    version: '0',
    id: '88888888-9999-4aaa-8bbb-cccccccccccc',
    'detail-type': DETAIL_TYPE,
    source: OUR_SOURCE,
    account: '111122223333',
    time: '2026-11-21T07:45:00Z',
    region: 'us-east-1',
    resources: [],
    detail: {
      operationId: 'drill-11111111-2222-4333-8444-555555555555',
      workflow: 'failover-drill',
      cacheId: 'orders',
      region: 'us-east-1',
      severity: 'page',
      reason: 'DidNotHeal',
      summary: 'Shard 0001 of orders failed over and has not healed: it has 1 of 2 replicas attached.',
      quarantined: true,
      evidence: {
        status: 'available',
        shards: [{ id: '0001', status: 'available' }],
        events: [
          {
            at: '2026-11-21T07:00:12Z',
            source: 'orders-0001-001',
            message: 'Failover from primary node orders-0001-001 to replica node orders-0001-002 completed',
          },
        ],
        alarms: [],
        quarantined: true,
        notRead: [],
      },
      at: '2026-11-21T07:45:00Z',
    },
  },
};
