import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { createCache } from './create-cache.ts';
import { CreateInput } from './schemas.ts';

/** Orders the cache from ElastiCache, with the token that it reads from the secret itself. */
export const handler = makeHandler({
  name: 'creation/create',
  input: CreateInput,
  run: (input) =>
    createCache(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      fence: lockFence(
        dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
        { region: environment('AWS_REGION'), cacheId: input.cacheId },
        input,
      ),
    }),
  report: ({ arn, status }) => ({ says: 'Ordered the cache', reason: 'CacheOrdered', fields: { arn, status } }),
});
