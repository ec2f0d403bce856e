import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { EndProbeInput } from './schemas.ts';

/** Tells the prober to end. It looks into the ledger once a second, and answers the token when its log is written. */
export const handler = makeHandler({
  name: 'failover-drill/end-probe',
  input: EndProbeInput,
  async run({ operationId, taskToken, now }) {
    await dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')).endProbe(operationId, taskToken, now);
    return { told: true };
  },
  report: () => ({ says: 'Told the prober to end' }),
});
