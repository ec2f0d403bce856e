import { describe, expect, it } from 'vitest';
import { driftIn } from '../../functions/creation/drift.ts';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { settledPlan } from '../../functions/creation/settled-plan.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { NotReady } from '../../functions/platform/operator-actions.ts';
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

describe('what waits for the maintenance window', () => {
  const pending = whole({ pending: ['CacheNodeType', 'EngineVersion', 'CacheNodeType'] });
  const changed = aSpec({ numNodeGroups: 4 });

  it.each([
    ['as specified', aSpec()],
    ['to be changed', changed],
  ])('is told of a cache that is %s, because it will not stay so', (_, spec) => {
    for (const initiative of ['person', 'own'] as const) {
      const made = plan(spec, pending, { initiative });
      expect(made).toMatchObject({ action: 'refuse', reason: 'ChangesPending', steps: [], calls: [] });
      expect(made.summary).toContain('changes of CacheNodeType, EngineVersion wait for its maintenance window');
      expect(made.differences).toContainEqual({ field: 'pending.CacheNodeType', wanted: null, found: 'waits' });
      const { output, found } = driftIn(made, { checkId: 'check-1', at: pending.observedAt, lastLook: false });
      expect(output).toMatchObject({ checked: true, drifted: true });
      expect(output.fields).toEqual(expect.arrayContaining(['pending.CacheNodeType', 'pending.EngineVersion']));
      expect(output.repair).toBeUndefined();
      expect(found?.reason).toBe('ChangesPending');
    }
  });

  it('says with which command it is applied', () => {
    expect(plan(aSpec(), pending).summary).toContain('aws elasticache modify-replication-group --apply-immediately');
  });

  it('is not what is being changed now', () => {
    for (const name of ['AuthTokenStatus', 'LogDeliveryConfigurations', 'Resharding', 'UserGroups']) {
      expect(plan(aSpec(), whole({ pending: [name] }))).toMatchObject({ reason: 'CacheBusy', differences: [] });
    }
  });

  it('does not hide what needs another cache', () => {
    expect(
      plan(aSpec({ port: 7000 }), { ...pending, cache: aCache({ port: 6379, pending: ['EngineVersion'] }) }),
    ).toMatchObject({
      reason: 'NeedsReplacement',
    });
  });
});

describe('settledPlan', () => {
  const busy = [whole({ pending: ['EngineVersion'] }), whole({ untoldMembers: 2 }), whole({ pending: ['UserGroups'] })];

  it('waits in the middle of a change, with the plan’s sentence, for nodes that lag behind their group', () => {
    for (const seen of busy) {
      const made = plan(aSpec(), seen);
      expect(() => settledPlan(made, ['upgrade'])).toThrow(new NotReady(made.summary));
    }
  });

  it('waits for nothing before the first step, and never where there is something to say', () => {
    for (const seen of busy) expect(settledPlan(plan(aSpec(), seen), []).action).toBe('refuse');
    for (const spec of [aSpec(), aSpec({ numNodeGroups: 4 }), aSpec({ port: 7000 })]) {
      const made = plan(spec, whole());
      expect(settledPlan(made, ['upgrade'])).toBe(made);
    }
  });
});

describe('the secret of the token', () => {
  const leaving = { secret: { ...SECRET, deletionScheduled: true } };
  const acting = { tags: { ...aCache().tags, 'autopilot:mode': 'act' } };

  it('is taken back from deletion while it can be, also by the autopilot itself', () => {
    for (const initiative of ['person', 'own'] as const) {
      const made = plan(aSpec(), whole(acting, leaving), { initiative });
      expect(made).toMatchObject({
        action: 'change',
        mode: 'act',
        differences: [{ field: 'authToken.secret', wanted: 'there', found: 'deletion scheduled' }],
        steps: [{ id: 'restore-token', safe: true, interrupts: 'nothing', fields: ['authToken.secret'] }],
        calls: [{ service: 'secretsmanager', operation: 'RestoreSecret' }],
      });
      expect(made.steps[0]?.token?.secretName).toBe('autopilot/orders/auth-token');
    }
    expect(plan(aSpec(), whole(acting), { taken: ['restore-token'] })).toMatchObject({
      action: 'keep',
      expect: { secretArn: SECRET.arn },
    });
  });

  it('is taken back before a token is demanded, or offered', () => {
    const remembered = { remembered: { cacheId: 'orders' } };
    const ids = (seen: Observation) => plan(aSpec(), seen).steps.map(({ id }) => id);
    expect(ids(whole({}, { ...leaving, ...remembered }))).toEqual(['restore-token', 'demand-token']);
    expect(ids(whole({ authToken: false }, leaving))).toEqual(['restore-token', 'offer-token', 'demand-token']);
  });

  it('is missed when it is gone, and no other token is made up for clients who have the old one', () => {
    for (const remembered of [undefined, { cacheId: 'orders' }, { authToken: { generate: true } }]) {
      const made = plan(aSpec(), whole({}, { secret: undefined, remembered }), { initiative: 'own' });
      expect(made).toMatchObject({ action: 'refuse', steps: [], faults: [{ path: 'authToken' }] });
      expect(made.differences).toEqual([{ field: 'authToken.secret', wanted: 'there', found: 'missing' }]);
      expect(made.faults[0]?.rule).toContain('autopilot/orders/auth-token');
    }
  });
});

describe('the secret of a user', () => {
  const spec = aSpec({ authToken: undefined, userGroupIds: ['shop'], userSecretName: 'autopilot/shop/user' });
  const cache = { authToken: false, userGroupIds: ['shop'] };

  it.each([['missing'], ['deletion scheduled']] as const)(
    'that is %s is told before anybody needs it',
    (userSecret) => {
      const made = plan(spec, whole(cache, { userSecret }));
      expect(made).toMatchObject({ action: 'refuse', faults: [{ path: 'userSecretName' }] });
      expect(plan(spec, anObservation({ userSecret }))).toMatchObject({ action: 'refuse' });
    },
  );

  it('that is there is nothing to speak of', () => {
    expect(plan(spec, whole(cache, { userSecret: 'there' })).action).toBe('keep');
  });
});

describe('what the cache should tell', () => {
  const acting = { tags: { ...aCache().tags, 'autopilot:mode': 'act' } };

  it('goes to a topic that is active: a deaf autopilot is a difference, and mended safely', () => {
    expect(plan(aSpec(), whole({ notificationTopicInactive: false })).action).toBe('keep');
    const made = plan(aSpec(), whole({ ...acting, notificationTopicInactive: true }), { initiative: 'own' });
    expect(made).toMatchObject({
      action: 'change',
      mode: 'act',
      differences: [{ field: 'notificationTopicArn', wanted: TOPIC, found: `${TOPIC} (inactive)` }],
      steps: [{ safe: true, call: { parameters: { NotificationTopicArn: TOPIC, NotificationTopicStatus: 'active' } } }],
    });
  });

  const SLOW = { logType: 'slow-log', destinationType: 'cloudwatch-logs', destination: 'slow', logFormat: 'json' };
  const spec = aSpec({ logDeliveryConfigurations: [SLOW] });
  const failing = whole(
    { ...acting, logDelivery: [{ ...SLOW, problem: 'The log group was not found.' }] },
    { logGroups: ['slow', 'other'] },
  );

  it('is missed in the logs, with ElastiCache’s reason, as drift that nothing here mends', () => {
    const made = plan(spec, failing, { initiative: 'own' });
    expect(made).toMatchObject({
      action: 'refuse',
      reason: 'LogsNotDelivered',
      differences: [
        { field: 'logDeliveryConfigurations.slow-log', wanted: 'active', found: 'The log group was not found.' },
      ],
    });
    expect(made.summary).toContain('its slow-log does not arrive at slow (The log group was not found.)');
    expect(driftIn(made, { checkId: 'check-1', at: failing.observedAt, lastLook: false }).found).toBeDefined();
    expect(plan(spec, failing)).toMatchObject({ action: 'keep', reason: 'LogsNotDelivered', expect: { shards: 3 } });
    expect(plan(spec, failing, { initiative: 'own', taken: ['set-tags'] }).action).toBe('keep');
  });

  it('stands in no change’s way, least of all that of another destination', () => {
    const tagged = plan(aSpec({ logDeliveryConfigurations: [SLOW], tags: { Environment: 'x' } }), failing);
    expect(tagged.steps.map(({ id }) => id)).toEqual(['set-tags']);
    const moved = plan(aSpec({ logDeliveryConfigurations: [{ ...SLOW, destination: 'other' }] }), failing);
    expect(moved).toMatchObject({ action: 'change', differences: [{ field: 'logDeliveryConfigurations' }] });
    expect(plan(aSpec(), failing).action).toBe('keep');
  });
});
