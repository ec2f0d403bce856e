import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { beginGracePeriod } from './begin-grace-period.ts';
import { BeginGraceInput } from './schemas.ts';

/** Begins the grace period, in which both tokens are valid and the cache is free for other work. */
export const handler = makeHandler({
  name: 'token-rotation/begin-grace',
  input: BeginGraceInput,
  run(input) {
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const region = environment('AWS_REGION');
    return beginGracePeriod(input, {
      ledger,
      region,
      bus: eventBridgeBus(eventBridgeClient(), environment('BUS_NAME')),
      fence: lockFence(ledger, { region, cacheId: input.cacheId }, input),
    });
  },
  report: ({ endsAt }) => ({ says: 'Began the grace period', reason: 'GracePeriodBegun', fields: { endsAt } }),
});
