import { accountPolicy } from '../platform/account-policy.ts';
import { elastiCacheClient, secretsClient, ssmClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { discoverFleet } from '../platform/fleet.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheUsers } from '../platform/users.ts';
import { findDue } from './find-due.ts';
import { ListDueInput } from './schemas.ts';

/** Lists the tokens and passwords whose rotation is due. Changes nothing, and reads no token. */
export const handler = makeHandler({
  name: 'token-rotation/list-due',
  input: ListDueInput,
  async run({ now }) {
    const { policy } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    const optInTag = environment('OPT_IN_TAG');
    const fleet = await discoverFleet(elastiCacheCaches(elastiCacheClient()), policy, optInTag);
    return findDue(fleet, now, policy.tokenRotation, {
      region: environment('AWS_REGION'),
      optInTag,
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      secrets: secretsManagerSecrets(secretsClient()),
      users: elastiCacheUsers(elastiCacheClient()),
    });
  },
  report: ({ due }) => ({
    says: 'Listed the rotations that are due',
    fields: { due: due.map(({ cacheId, userId }) => ({ cacheId, userId })) },
  }),
});
