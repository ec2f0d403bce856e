import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
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
    }),
  report: ({ removed, kept, left }) => ({
    says: 'Undid the creation',
    reason: 'Undone',
    fields: { removed, kept, left },
  }),
});
