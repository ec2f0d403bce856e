import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { lookForDrift } from './look-for-drift.ts';
import { planRequest } from './plan-request.ts';
import { CheckDriftInput, type CheckDriftOutput } from './schemas.ts';

/** Plans a cache's kept specification anew, and says on the bus where the cache has drifted from it. Changes nothing. */
export const handler = makeHandler({
  name: 'creation/check-drift',
  input: CheckDriftInput,
  async run(input): Promise<CheckDriftOutput> {
    return lookForDrift(input, {
      region: environment('AWS_REGION'),
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      plan: (request) => planRequest({ operationId: input.operationId, request, now: input.now, taken: [] }),
      bus: eventBridgeBus(eventBridgeClient(), environment('BUS_NAME')),
    });
  },
  report: ({ checked, drifted, fields, repair }) => ({
    says: drifted ? 'The cache has drifted' : 'Looked for drift',
    ...(drifted ? { reason: 'DriftFound' } : {}),
    fields: { checked, drifted, differsIn: fields, repairedBy: repair?.operationId },
  }),
});
