import { accountPolicy } from '../platform/account-policy.ts';
import { cloudWatchAlarms } from '../platform/alarms.ts';
import { elastiCacheEvents } from '../platform/cache-events.ts';
import { cloudWatchClient, elastiCacheClient, secretsClient, ssmClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { cloudWatchReplicationLag } from '../platform/replication-lag.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheServiceUpdates } from '../platform/service-updates.ts';
import { elastiCacheSnapshots } from '../platform/snapshots.ts';
import { vpcOfSubnetGroup } from '../platform/subnet-groups.ts';
import { lookBeforeDrill } from './look-before-drill.ts';
import { planDrill } from './plan-drill.ts';
import { PlanDrillInput } from './schemas.ts';

/** Looks at a cache and decides whether one of its shards may fail over now, and which. Changes nothing. */
export const handler = makeHandler({
  name: 'failover-drill/plan',
  input: PlanDrillInput,
  async run({ operationId, request, now }) {
    const { policy, doubts } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    const elastiCache = elastiCacheClient();
    const seen = await lookBeforeDrill(request, now, policy.failoverDrills, {
      region: environment('AWS_REGION'),
      operationId,
      caches: elastiCacheCaches(elastiCache),
      lag: cloudWatchReplicationLag(cloudWatchClient()),
      snapshots: elastiCacheSnapshots(elastiCache),
      serviceUpdates: elastiCacheServiceUpdates(elastiCache),
      alarms: cloudWatchAlarms(cloudWatchClient()),
      events: elastiCacheEvents(elastiCache),
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      secrets: secretsManagerSecrets(secretsClient()),
      vpcOf: (subnetGroup) => vpcOfSubnetGroup(elastiCache, subnetGroup),
      probedVpcs: environment('PROBED_VPCS').split(','),
    });
    return planDrill(request, seen, { policy, doubts, optInTag: environment('OPT_IN_TAG') });
  },
  report: ({ action, reason, mode, shardId, why, checks, doubts }) => ({
    says: 'Planned the drill',
    reason,
    fields: {
      action,
      mode,
      shardId,
      why,
      doubts,
      failed: checks.filter(({ passed }) => !passed).map(({ name }) => name),
    },
  }),
});
