import { type IncidentRaised, incidentRaised } from '../../events/incident-raised.ts';
import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { RaiseIncidentInput } from './schemas.ts';

/** Says on the bus that somebody has to look at once. */
export const handler = makeHandler({
  name: 'operations/raise-incident',
  input: RaiseIncidentInput,
  async run({ operationId, workflow, cacheId, reason, summary, evidence, now }) {
    const detail: IncidentRaised = {
      operationId,
      workflow,
      cacheId,
      region: environment('AWS_REGION'),
      severity: 'page',
      reason,
      summary,
      quarantined: false,
      evidence,
      at: now,
    };
    await eventBridgeBus(eventBridgeClient(), environment('BUS_NAME')).say({
      detailType: incidentRaised.detailType,
      detail,
    });
    return { raised: true } as const;
  },
  report: (_, { reason, workflow }) => ({ says: 'Raised an incident', reason, fields: { workflow } }),
});
