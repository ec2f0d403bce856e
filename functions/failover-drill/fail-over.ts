import { elastiCacheClientWithoutRetries } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { elastiCacheFailovers } from '../platform/failovers.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { orderFailover } from './order-failover.ts';
import { OrderFailoverInput } from './schemas.ts';

/** Lets one shard fail over, at most once for an operation. */
export const handler = makeHandler({
  name: 'failover-drill/fail-over',
  input: OrderFailoverInput,
  run(input) {
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const region = environment('AWS_REGION');
    return orderFailover(input, {
      ledger,
      region,
      failovers: elastiCacheFailovers(elastiCacheClientWithoutRetries()),
      fence: lockFence(ledger, { region, cacheId: input.cacheId }, input),
    });
  },
  report: ({ ordered }, { shardId }) => ({
    says: 'Ordered the failover',
    reason: 'FailoverOrdered',
    fields: { shardId, ordered },
  }),
});
