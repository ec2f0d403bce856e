import { accountPolicy } from '../platform/account-policy.ts';
import {
  ec2Client,
  elastiCacheClient,
  logsClient,
  secretsClient,
  serviceQuotasClient,
  ssmClient,
} from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { elastiCacheParameterGroups } from '../platform/parameter-groups.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheSnapshots } from '../platform/snapshots.ts';
import { awsSurroundings } from './aws-surroundings.ts';
import { look } from './look.ts';
import { planCreation } from './plan-creation.ts';
import type { CreationPlan, PlanInput } from './schemas.ts';
import { readSpec } from './spec.ts';
import { unfinishedChange } from './unfinished-change.ts';

/**
 * Looks at the account, as the function's environment names it, and plans one request. Changes nothing. A repair brings no
 * specification along: it goes by the one that the ledger keeps now, which a person may have changed a moment ago.
 */
export const planRequest = async ({ operationId, request, now, taken }: PlanInput): Promise<CreationPlan> => {
  const { policy, doubts } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
  const ledger = dynamoLedger(dynamoClient(), environment('LEDGER_TABLE'));
  const region = environment('AWS_REGION');
  const initiative = request.initiative === 'own' ? 'own' : 'person';
  const asked = readSpec(request.spec).spec.cacheId ?? '';
  const kept = initiative === 'own' ? await ledger.specOf({ region, cacheId: asked }) : undefined;
  const spec = initiative === 'own' ? kept?.spec : request.spec;
  const unfinished = kept && (await unfinishedChange(ledger, { region, cacheId: asked }, kept.at));
  const seen = await look(
    { spec: readSpec(spec).spec, operationId, now },
    {
      caches: elastiCacheCaches(elastiCacheClient()),
      parameterGroups: elastiCacheParameterGroups(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      surroundings: awsSurroundings({
        elastiCache: elastiCacheClient(),
        ec2: ec2Client(),
        logs: logsClient(),
        serviceQuotas: serviceQuotasClient(),
      }),
      snapshots: elastiCacheSnapshots(elastiCacheClient()),
      rememberedSpec: (cacheId) => ledger.specOf({ region, cacheId }),
      verifierGroups: JSON.parse(environment('VERIFIER_GROUPS')),
    },
  );
  return planCreation(spec ?? { cacheId: asked }, seen, {
    operationId,
    policy,
    doubts,
    optInTag: environment('OPT_IN_TAG'),
    notificationTopicArn: environment('NOTIFICATION_TOPIC_ARN'),
    requestedMode: request.mode,
    initiative,
    requestedInitiative: request.initiative,
    unfinished,
    forgotten: initiative === 'own' && !kept,
    taken,
  });
};
