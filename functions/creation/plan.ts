import { accountPolicy } from '../platform/account-policy.ts';
import { ec2Client, elastiCacheClient, secretsClient, ssmClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheSnapshots } from '../platform/snapshots.ts';
import { awsSurroundings } from './aws-surroundings.ts';
import { look } from './look.ts';
import { planCreation } from './plan-creation.ts';
import { PlanInput } from './schemas.ts';
import { readSpec } from './spec.ts';

/** Looks at the account and decides what to do about a requested cache. Changes nothing. */
export const handler = makeHandler({
  name: 'creation/plan',
  input: PlanInput,
  async run({ operationId, request, now, taken }) {
    const { policy, doubts } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    const { spec } = readSpec(request.spec);
    const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
    const region = environment('AWS_REGION');
    const seen = await look(
      { spec, operationId, now },
      {
        caches: elastiCacheCaches(elastiCacheClient()),
        parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
        secrets: secretsManagerSecrets(secretsClient()),
        surroundings: awsSurroundings(elastiCacheClient(), ec2Client()),
        snapshots: elastiCacheSnapshots(elastiCacheClient()),
        rememberedSpec: (cacheId) => ledger.specOf({ region, cacheId }),
        verifierGroups: JSON.parse(environment('VERIFIER_GROUPS')),
      },
    );
    return planCreation(request.spec, seen, {
      operationId,
      policy,
      doubts,
      optInTag: environment('OPT_IN_TAG'),
      notificationTopicArn: environment('NOTIFICATION_TOPIC_ARN'),
      requestedMode: request.mode,
      initiative: request.initiative === 'own' ? 'own' : 'person',
      taken,
    });
  },
  report: ({ action, reason, cacheId, mode, monthlyCostUsd, faults, doubts }) => ({
    says: 'Planned the creation',
    reason,
    fields: { cacheId, action, mode, monthlyCostUsd, doubts, faults: faults.map(({ path, rule }) => ({ path, rule })) },
  }),
});
