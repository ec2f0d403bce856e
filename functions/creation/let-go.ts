import { elastiCacheChanges } from '../platform/cache-changes.ts';
import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { LetGoInput } from './deletion-schemas.ts';
import { letCacheGo } from './let-cache-go.ts';

/** Takes our tags off a cache and forgets its specification. */
export const handler = makeHandler({
  name: 'creation/let-go',
  input: LetGoInput,
  run: (input) => {
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const key = { region: environment('AWS_REGION'), cacheId: input.cacheId };
    return letCacheGo(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      changes: elastiCacheChanges(elastiCacheClient()),
      parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      ledger,
      key,
      fence: lockFence(ledger, key, input),
      optInTag: environment('OPT_IN_TAG'),
    });
  },
  report: ({ gone, kept }) => ({ says: 'Let go of the cache', reason: 'LetGo', fields: { gone, kept } }),
});
