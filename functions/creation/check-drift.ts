import { driftFound } from '../../events/drift-found.ts';
import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { driftIn } from './drift.ts';
import { planRequest } from './plan-request.ts';
import { CheckDriftInput, type CheckDriftOutput } from './schemas.ts';

/** Plans a cache's kept specification anew, and says on the bus where the cache has drifted from it. Changes nothing. */
export const handler = makeHandler({
  name: 'creation/check-drift',
  input: CheckDriftInput,
  async run({ operationId, cacheId, now, lastLook }): Promise<CheckDriftOutput> {
    const region = environment('AWS_REGION');
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    // Deleted, or let go of, since the list was made.
    if (!(await ledger.specOf({ region, cacheId }))) return { cacheId, checked: true, drifted: false, fields: [] };
    // In the middle of an operation a cache is neither as it was specified nor as it will be. A lease that ran out holds nobody.
    const holder = await ledger.holder({ region, cacheId });
    if (holder && Date.parse(holder.leaseUntil) > Date.parse(now)) {
      return { cacheId, checked: false, drifted: false, fields: [] };
    }
    const request = { spec: { cacheId }, initiative: 'own' };
    const plan = await planRequest({ operationId, request, now, taken: [] });
    const { output, found } = driftIn(plan, { checkId: operationId, at: now, lastLook });
    if (found) {
      const bus = eventBridgeBus(eventBridgeClient(), environment('BUS_NAME'));
      await bus.say({ detailType: driftFound.detailType, detail: { ...found, region } });
    }
    return output;
  },
  report: ({ checked, drifted, fields, repair }) => ({
    says: drifted ? 'The cache has drifted' : 'Looked for drift',
    ...(drifted ? { reason: 'DriftFound' } : {}),
    fields: { checked, drifted, differsIn: fields, repairedBy: repair?.operationId },
  }),
});
