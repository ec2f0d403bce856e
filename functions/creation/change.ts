import { elastiCacheChanges } from '../platform/cache-changes.ts';
import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheSnapshots } from '../platform/snapshots.ts';
import { changeCache } from './change-cache.ts';
import { ChangeInput } from './schemas.ts';

/** Takes one step of a change. */
export const handler = makeHandler({
  name: 'creation/change',
  input: ChangeInput,
  run: (input) =>
    changeCache(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      changes: elastiCacheChanges(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      snapshots: elastiCacheSnapshots(elastiCacheClient()),
      fence: lockFence(
        dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
        { region: environment('AWS_REGION'), cacheId: input.cacheId },
        input,
      ),
    }),
  report: ({ operation, made }, { step }) => ({
    says: made ? 'Took a step of the change' : 'A step of the change was done before',
    reason: 'CacheChanged',
    fields: { step: step.id, operation },
  }),
});
