import { accountPolicy } from '../platform/account-policy.ts';
import { elastiCacheEvents } from '../platform/cache-events.ts';
import { elastiCacheClient, secretsClient, ssmClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { vpcOfSubnetGroup } from '../platform/subnet-groups.ts';
import { elastiCacheUsers } from '../platform/users.ts';
import { lookBeforeRotation } from './look-before-rotation.ts';
import { planRotation } from './plan-rotation.ts';
import { PlanRotationInput } from './schemas.ts';

/** Looks at a cache and decides whether its token, or a user's password, is rotated now. Changes nothing. */
export const handler = makeHandler({
  name: 'token-rotation/plan',
  input: PlanRotationInput,
  async run(input) {
    const { policy, doubts } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    const elastiCache = elastiCacheClient();
    const seen = await lookBeforeRotation(input, {
      region: environment('AWS_REGION'),
      caches: elastiCacheCaches(elastiCache),
      users: elastiCacheUsers(elastiCache),
      events: elastiCacheEvents(elastiCache),
      secrets: secretsManagerSecrets(secretsClient()),
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      vpcOf: (subnetGroup) => vpcOfSubnetGroup(elastiCache, subnetGroup),
      probedVpcs: environment('PROBED_VPCS').split(','),
    });
    return planRotation(input.request, seen, {
      operationId: input.operationId,
      policy,
      doubts,
      optInTag: environment('OPT_IN_TAG'),
    });
  },
  report: ({ action, reason, mode, why, target, checks, doubts }) => ({
    says: 'Planned the rotation',
    reason,
    fields: {
      action,
      mode,
      why,
      userId: target.userId,
      doubts,
      failed: checks.filter(({ passed }) => !passed).map(({ name }) => name),
    },
  }),
});
