import { elastiCacheChanges } from '../platform/cache-changes.ts';
import { elastiCacheClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheSnapshots } from '../platform/snapshots.ts';
import { deleteCache } from './delete-cache.ts';
import { DeleteInput } from './deletion-schemas.ts';

/** Orders the deletion of a cache, with its final snapshot. */
export const handler = makeHandler({
  name: 'creation/delete',
  input: DeleteInput,
  run: (input) =>
    deleteCache(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      changes: elastiCacheChanges(elastiCacheClient()),
      snapshots: elastiCacheSnapshots(elastiCacheClient()),
      fence: lockFence(
        dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
        { region: environment('AWS_REGION'), cacheId: input.cacheId },
        input,
      ),
      optInTag: environment('OPT_IN_TAG'),
    }),
  report: ({ ordered }, { finalSnapshot }) => ({
    says: ordered ? 'Ordered the deletion' : 'The deletion was ordered before',
    ...(ordered ? { reason: 'DeletionOrdered' } : {}),
    fields: { finalSnapshot },
  }),
});
