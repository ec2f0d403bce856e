import { approvalRequested } from '../../events/approval-requested.ts';
import { eventBridgeBus } from '../platform/bus.ts';
import { eventBridgeClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { askPerson } from './ask-person.ts';
import { AskApprovalInput } from './schemas.ts';

/** Asks a person. The workflow waits for the answer, not this function. */
export const handler = makeHandler({
  name: 'operations/ask-approval',
  input: AskApprovalInput,
  async run(input) {
    await askPerson(input, {
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      bus: eventBridgeBus(eventBridgeClient(), environment('BUS_NAME')),
      region: environment('AWS_REGION'),
    });
    return { asked: true };
  },
  report: () => ({ says: `Said ${approvalRequested.detailType}`, reason: approvalRequested.detailType }),
});
