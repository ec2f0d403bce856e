import { accountPolicy } from '../platform/account-policy.ts';
import { elastiCacheClient, ssmClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { discoverFleet } from '../platform/fleet.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { findDue } from './find-due.ts';
import { ListDueInput } from './schemas.ts';

/** Lists the caches whose drill is due. Changes nothing. */
export const handler = makeHandler({
  name: 'failover-drill/list-due',
  input: ListDueInput,
  async run({ now }) {
    const { policy } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const fleet = await discoverFleet(elastiCacheCaches(elastiCacheClient()), policy, environment('OPT_IN_TAG'));
    return findDue(fleet, now, policy.failoverDrills, { region: environment('AWS_REGION'), ledger });
  },
  report: ({ due }) => ({ says: 'Listed the drills that are due', fields: { due: due.map(({ cacheId }) => cacheId) } }),
});
