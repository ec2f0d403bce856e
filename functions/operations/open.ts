import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { openOperation } from './open-operation.ts';
import { OpenInput } from './schemas.ts';

/** Takes the cache's lock for an operation and writes its record. */
export const handler = makeHandler({
  name: 'operations/open',
  input: OpenInput,
  run: (input) =>
    openOperation(input, environment('AWS_REGION'), dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'))),
  report: ({ fencing }) => ({ says: 'Opened the operation', reason: 'OperationOpened', fields: { fencing } }),
});
