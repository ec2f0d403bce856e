import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { completeTokenSecret } from './complete-token-secret.ts';
import { CompleteSecretInput } from './schemas.ts';

/** Writes into the secret of the cache's token where the cache is. The secret's value is never returned. */
export const handler = makeHandler({
  name: 'creation/complete-secret',
  input: CompleteSecretInput,
  run: (input) =>
    completeTokenSecret(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      fence: lockFence(
        dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
        { region: environment('AWS_REGION'), cacheId: input.cacheId },
        input,
      ),
    }),
  report: ({ written, secretName }) => ({
    says: written ? 'Wrote the endpoint into the secret' : 'The secret names the endpoint already',
    reason: written ? 'SecretCompleted' : 'SecretComplete',
    fields: { secretName },
  }),
});
