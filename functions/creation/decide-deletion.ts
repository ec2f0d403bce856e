import { accountPolicy } from '../platform/account-policy.ts';
import { elastiCacheClient, secretsClient, ssmClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { DecideDeletionInput } from './deletion-schemas.ts';
import { lookBeforeDeletion } from './look-before-deletion.ts';
import { planDeletion } from './plan-deletion.ts';

/** Looks at a cache and decides what becomes of it. Changes nothing. */
export const handler = makeHandler({
  name: 'creation/decide-deletion',
  input: DecideDeletionInput,
  async run({ request, startedAt, now }) {
    const { policy, doubts } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const region = environment('AWS_REGION');
    const seen = await lookBeforeDeletion(request, now, {
      caches: elastiCacheCaches(elastiCacheClient()),
      parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      rememberedSpec: (cacheId) => ledger.specOf({ region, cacheId }),
    });
    return planDeletion(request, seen, { policy, doubts, startedAt, optInTag: environment('OPT_IN_TAG') });
  },
  report: ({ action, reason, mode, policy, doubts, there, faults }) => ({
    says: 'Planned the deletion',
    reason,
    fields: { action, mode, policy, doubts, there, faults: faults.map(({ path, rule }) => ({ path, rule })) },
  }),
});
