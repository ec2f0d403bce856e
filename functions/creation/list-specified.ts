import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { ListSpecifiedInput } from './schemas.ts';

/** Lists the caches whose specification the ledger keeps. */
export const handler = makeHandler({
  name: 'creation/list-specified',
  input: ListSpecifiedInput,
  async run() {
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    return { cacheIds: await ledger.specifiedCaches(environment('AWS_REGION')) };
  },
  report: ({ cacheIds }) => ({ says: 'Listed the caches with a specification', fields: { count: cacheIds.length } }),
});
