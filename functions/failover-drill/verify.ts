import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { connect } from '../platform/engine-client.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { liftWhenHealed } from './drill-under-way.ts';
import { VerifyHealedInput } from './schemas.ts';
import { verifyHealed } from './verify-healed.ts';

/** Looks whether the cache has healed after a failover, through a real client, from inside its VPC, and then ends its quarantine. */
export const handler = makeHandler({
  name: 'failover-drill/verify',
  input: VerifyHealedInput,
  run: (input) => {
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const key = { region: environment('AWS_REGION'), cacheId: input.cacheId };
    const verifying = verifyHealed(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      connect: connect(),
      now: () => new Date().toISOString(),
    });
    return liftWhenHealed(verifying, ledger, key, input);
  },
  report: ({ replicas, slotsCovered }, { shardId }) => ({
    says: 'Verified that the cache healed',
    reason: 'Healed',
    fields: { shardId, replicas, slotsCovered },
  }),
});
