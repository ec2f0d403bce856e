import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { connect } from '../platform/engine-client.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { VerifyHealedInput } from './schemas.ts';
import { verifyHealed } from './verify-healed.ts';

/** Looks whether the cache has healed after a failover, through a real client, from inside its VPC. */
export const handler = makeHandler({
  name: 'failover-drill/verify',
  input: VerifyHealedInput,
  run: (input) =>
    verifyHealed(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      connect: connect(),
      now: () => new Date().toISOString(),
    }),
  report: ({ replicas, slotsCovered }, { shardId }) => ({
    says: 'Verified that the cache healed',
    reason: 'Healed',
    fields: { shardId, replicas, slotsCovered },
  }),
});
