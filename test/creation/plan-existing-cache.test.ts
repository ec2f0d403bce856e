import { describe, expect, it } from 'vitest';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const TOPIC = termsToAct().notificationTopicArn;
const SECRET = { arn: 'arn:secret', deletionScheduled: false };

/** A cache as `aSpec()` describes it, in an account where everything is known about it. */
const whole = (cache: Partial<CacheSeen> = {}, more: Partial<Observation> = {}): Observation => ({
  ...anObservation({
    secret: SECRET,
    parameterGroup: { family: 'redis7', values: { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' } },
    ...more,
  }),
  cache: aCache({ notificationTopicArn: TOPIC, untoldMembers: 0, ...cache }),
});
const plan = (spec: unknown, seen: Observation, terms: Parameters<typeof termsToAct>[0] = {}) =>
  planCreation(spec, seen, termsToAct(terms));

describe('what is not told', () => {
  it('is no difference: nobody is advised to replace a cache of which a node is only being replaced', () => {
    const untold = {
      engineVersion: undefined,
      parameterGroup: undefined,
      maintenanceWindow: undefined,
      subnetGroup: undefined,
    };
    const made = plan(aSpec(), whole({ ...untold, members: [], untoldMembers: 1 }));
    expect(made).toMatchObject({ action: 'refuse', reason: 'CacheBusy', differences: [], faults: [] });
    expect(plan(aSpec(), whole()).action).toBe('keep');
  });
});
