import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { UndoInput } from './schemas.ts';
import { undoCreation } from './undo-creation.ts';

/** Removes what this operation made, and nothing else. */
export const handler = makeHandler({
  name: 'creation/undo',
  input: UndoInput,
  run: (input) =>
    undoCreation(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
      fence: lockFence(
        dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
        { region: environment('AWS_REGION'), cacheId: input.cacheId },
        input,
      ),
    }),
  report: ({ gone, kept }) => ({
    says: 'Undid the creation',
    reason: 'Undone',
    fields: { gone, kept },
  }),
});
