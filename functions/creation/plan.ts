import { accountPolicy } from '../platform/account-policy.ts';
import { ec2Client, elastiCacheClient, secretsClient, ssmClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { awsSurroundings } from './aws-surroundings.ts';
import { look } from './look.ts';
import { planCreation } from './plan-creation.ts';
import { PlanInput } from './schemas.ts';
import { readSpec } from './spec.ts';

/** Looks at the account and decides what to do about a requested cache. Changes nothing. */
export const handler = makeHandler({
  name: 'creation/plan',
  input: PlanInput,
  async run({ operationId, request, now }) {
    const { policy, doubts } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    const seen = await look(readSpec(request.spec).spec, now, {
      caches: elastiCacheCaches(elastiCacheClient()),
      parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      surroundings: awsSurroundings(elastiCacheClient(), ec2Client()),
      verifierGroups: JSON.parse(environment('VERIFIER_GROUPS')),
    });
    return planCreation(request.spec, seen, {
      operationId,
      policy,
      doubts,
      optInTag: environment('OPT_IN_TAG'),
      notificationTopicArn: environment('NOTIFICATION_TOPIC_ARN'),
      requestedMode: request.mode,
    });
  },
  report: ({ action, reason, cacheId, mode, monthlyCostUsd, faults, doubts }) => ({
    says: 'Planned the creation',
    reason,
    fields: { cacheId, action, mode, monthlyCostUsd, doubts, faults: faults.map(({ path, rule }) => ({ path, rule })) },
  }),
});
