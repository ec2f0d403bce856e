import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { listLeftOver } from './list-left-over.ts';
import { ListLeftInput } from './schemas.ts';

/** Lists what a creation that failed has made, where the policy says that it is kept. */
export const handler = makeHandler({
  name: 'creation/list-left',
  input: ListLeftInput,
  run: (input) =>
    listLeftOver(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
    }),
  report: ({ left }) => ({
    says: 'Kept what the failed creation made',
    reason: 'Kept',
    fields: { left: left.map(({ what }) => what) },
  }),
});
