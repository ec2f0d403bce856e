import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { connect } from '../platform/engine-client.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { VerifyInput } from './schemas.ts';
import { verifyCache } from './verify-cache.ts';

/** Looks at the real cache through a real client, from inside its VPC. */
export const handler = makeHandler({
  name: 'creation/verify',
  input: VerifyInput,
  run: (input) =>
    verifyCache(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      connect: connect(),
      now: () => new Date().toISOString(),
    }),
  report: ({ shards, tls, authRequired }) => ({
    says: 'Verified the cache',
    reason: 'Verified',
    fields: { shards: shards.length, tls, authRequired },
  }),
});
