import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { cleanUpCache } from './clean-up-cache.ts';
import { CleanUpInput } from './deletion-schemas.ts';

/** Removes what the autopilot made around a cache that is gone. */
export const handler = makeHandler({
  name: 'creation/clean-up',
  input: CleanUpInput,
  run: (input) => {
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const key = { region: environment('AWS_REGION'), cacheId: input.cacheId };
    return cleanUpCache(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      ledger,
      key,
      fence: lockFence(ledger, key, input),
    });
  },
  report: ({ gone, kept }) => ({ says: 'Cleaned up after the cache', reason: 'CleanedUp', fields: { gone, kept } }),
});
