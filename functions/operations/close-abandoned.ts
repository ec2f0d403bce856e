import { executionStatusChange } from '../../events/execution-status-change.ts';
import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { abandonedOperation } from './abandoned-operation.ts';
import { closeOperation } from './close-operation.ts';

/** Closes the operation of an execution that ended badly, unless it had closed itself: nothing stays locked. */
export const handler = makeHandler({
  name: 'operations/close-abandoned',
  input: executionStatusChange.schema,
  async run(event) {
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const bus = eventBridgeBus(eventBridgeClient(), environment('BUS_NAME'));
    const input = abandonedOperation(event, await ledger.record(event.detail.name));
    const { outcome, repeated } = await closeOperation(input, { ledger, bus, region: environment('AWS_REGION') });
    return { operationId: input.operationId, cacheId: input.cacheId, outcome, repeated };
  },
  report: ({ repeated, ...fields }) => ({
    says: repeated ? 'The operation had closed itself' : 'Closed an abandoned operation',
    ...(repeated ? {} : { reason: 'Abandoned' }),
    fields,
  }),
});
