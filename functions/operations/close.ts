import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { closeOperation } from './close-operation.ts';
import { CloseInput } from './schemas.ts';

/** Ends an operation: outcome, lock, event. */
export const handler = makeHandler({
  name: 'operations/close',
  input: CloseInput,
  run: (input) =>
    closeOperation(input, {
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      bus: eventBridgeBus(eventBridgeClient(), environment('BUS_NAME')),
      region: environment('AWS_REGION'),
    }),
  report: ({ outcome, repeated }, { reason }) => ({
    says: repeated ? 'The operation was closed before' : 'Closed the operation',
    ...(repeated ? {} : { reason }),
    fields: { outcome },
  }),
});
