import { type IncidentRaised, incidentRaised } from '../../events/incident-raised.ts';
import { cloudWatchAlarms } from '../platform/alarms.ts';
import { eventBridgeBus } from '../platform/bus.ts';
import { elastiCacheEvents } from '../platform/cache-events.ts';
import { cloudWatchClient, elastiCacheClient, eventBridgeClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { DRILL_WORKFLOW } from './drill-history.ts';
import { gatherDrillEvidence } from './gather-drill-evidence.ts';
import { RaiseIncidentInput } from './schemas.ts';

/** Puts a cache into quarantine where that is asked, gathers the evidence, and says on the bus that somebody has to look. */
export const handler = makeHandler({
  name: 'failover-drill/raise-incident',
  input: RaiseIncidentInput,
  async run({ operationId, cacheId, reason, summary, quarantine, orderedAt, now }) {
    const region = environment('AWS_REGION');
    // First the quarantine: whatever fails after it, no further drill makes it worse. It is in one since before the order, and
    // gets the graver reason.
    if (quarantine) {
      const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
      await ledger.quarantine({ region, cacheId }, { operationId, reason, summary, since: now });
    }
    const evidence = {
      ...(await gatherDrillEvidence(cacheId, orderedAt, {
        caches: elastiCacheCaches(elastiCacheClient()),
        events: elastiCacheEvents(elastiCacheClient()),
        alarms: cloudWatchAlarms(cloudWatchClient()),
      })),
      quarantined: quarantine,
    };
    const detail: IncidentRaised = {
      operationId,
      workflow: DRILL_WORKFLOW,
      cacheId,
      region,
      severity: 'page',
      reason,
      summary,
      quarantined: quarantine,
      evidence,
      at: now,
    };
    await eventBridgeBus(eventBridgeClient(), environment('BUS_NAME')).say({
      detailType: incidentRaised.detailType,
      detail,
    });
    return evidence;
  },
  report: ({ quarantined, notRead }, { reason }) => ({
    says: 'Raised an incident',
    reason,
    fields: { quarantined, notRead },
  }),
});
