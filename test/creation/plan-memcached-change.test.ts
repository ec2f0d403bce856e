import { describe, expect, it } from 'vitest';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { aMemcachedCache, aMemcachedSpec } from '../builders/a-memcached-cache.ts';
import { anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const plan = (spec: unknown, cache = aMemcachedCache(), terms: Parameters<typeof termsToAct>[0] = {}) =>
  planCreation(spec, anObservation({ cache }), termsToAct(terms));

describe('a cache of Memcached that is as specified', () => {
  it.each<[string, Record<string, unknown>]>([
    ['nothing besides', {}],
    // ElastiCache keeps none of it, which a warning says: it would differ for ever.
    ['a description', { description: 'Sessions of the shop' }],
    ['data tiering off', { dataTieringEnabled: false }],
    [
      'everything off that it cannot have',
      {
        snapshotRetentionLimit: 0,
        multiAZEnabled: false,
        automaticFailoverEnabled: false,
        atRestEncryptionEnabled: false,
        transitEncryptionEnabled: false,
        replicasPerNodeGroup: 0,
        logDeliveryConfigurations: [],
      },
    ],
  ])('is left alone, with %s in the specification, by a person and by the autopilot itself', (_, said) => {
    for (const initiative of ['person', 'own'] as const) {
      expect(plan(aMemcachedSpec(said), aMemcachedCache(), { initiative })).toMatchObject({
        action: 'keep',
        reason: 'AlreadyAsSpecified',
        differences: [],
        faults: [],
      });
    }
  });
});
