import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { connect } from '../platform/engine-client.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { connectMemcached } from '../platform/memcached-client.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { VerifyInput } from './schemas.ts';
import { verifyCache } from './verify-cache.ts';
import { verifyMemcached } from './verify-memcached.ts';

/** Looks at the real cache through a real client, from inside its VPC. */
export const handler = makeHandler({
  name: 'creation/verify',
  input: VerifyInput,
  async run(input) {
    const caches = elastiCacheCaches(elastiCacheClient());
    const now = () => new Date().toISOString();
    if (input.expect.memcachedNodes !== undefined) {
      return verifyMemcached(input, { caches, connectMemcached: connectMemcached(), now });
    }
    return verifyCache(input, { caches, secrets: secretsManagerSecrets(secretsClient()), connect: connect(), now });
  },
  report: ({ shards, tls, authRequired }) => ({
    says: 'Verified the cache',
    reason: 'Verified',
    fields: { shards: shards.length, tls, authRequired },
  }),
});
