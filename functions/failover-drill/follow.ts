import { accountPolicy } from '../platform/account-policy.ts';
import { cloudWatchAlarms } from '../platform/alarms.ts';
import { elastiCacheEvents } from '../platform/cache-events.ts';
import { cloudWatchClient, elastiCacheClient, ssmClient } from '../platform/clients.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { followFailover } from './follow-failover.ts';
import { FollowInput } from './schemas.ts';

/** Looks how far a failover has come. Changes nothing. */
export const handler = makeHandler({
  name: 'failover-drill/follow',
  input: FollowInput,
  async run(input) {
    const { policy } = await accountPolicy(ssmClient(), environment('POLICY_PARAMETER'));
    return followFailover(input, {
      events: elastiCacheEvents(elastiCacheClient()),
      alarms: cloudWatchAlarms(cloudWatchClient()),
      abortOnAlarms: policy.failoverDrills.abortOnAlarms,
    });
  },
  report: ({ stage, verdict, says }) => ({ says: 'Followed the failover', fields: { stage, verdict, told: says } }),
});
