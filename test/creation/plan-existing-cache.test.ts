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

describe('the key for encryption at rest', () => {
  const [ID, OTHER] = ['11111111-2222-3333-4444-555555555555', '99999999-2222-3333-4444-555555555555'];
  const arn = (id: string) => `arn:aws:kms:us-east-1:111122223333:key/${id}`;

  it.each<[wanted: string, found: string | undefined, verdict: 'same' | 'other' | 'unknown']>([
    [arn(ID), arn(ID), 'same'],
    [ID, arn(ID), 'same'],
    [arn(ID), ID, 'same'],
    ['alias/mine', 'alias/mine', 'same'],
    [arn(ID), arn(OTHER), 'other'],
    [ID, arn(OTHER), 'other'],
    [arn(ID).replace('us-east-1', 'eu-west-1'), arn(ID), 'other'],
    [ID, undefined, 'other'],
    [arn(ID), undefined, 'other'],
    ['alias/mine', undefined, 'other'],
    ['alias/mine', arn(ID), 'unknown'],
    ['arn:aws:kms:us-east-1:111122223333:alias/mine', arn(ID), 'unknown'],
  ])('%s against %s is %s', (kmsKeyId, found, verdict) => {
    const made = plan(aSpec({ kmsKeyId }), whole({ kmsKeyId: found }));
    if (verdict === 'other') {
      expect(made).toMatchObject({ action: 'refuse', reason: 'NeedsReplacement', faults: [{ path: 'kmsKeyId' }] });
      expect(made.differences).toEqual([{ field: 'kmsKeyId', wanted: kmsKeyId, found: found ?? null }]);
    } else {
      expect(made).toMatchObject({ action: 'keep', differences: [] });
      expect(made.doubts).toEqual(
        verdict === 'same'
          ? []
          : [`Whether ${kmsKeyId} is the key of orders was not compared: ElastiCache says ${found}.`],
      );
    }
  });
});
