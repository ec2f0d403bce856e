import { describe, expect, it } from 'vitest';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { CreationPlan } from '../../functions/creation/schemas.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const plan = planCreation;
const whole = (parameters: Record<string, string> = { 'maxmemory-policy': 'allkeys-lru' }) =>
  anObservation({
    cache: aCache(),
    secret: { arn: 'arn:secret', deletionScheduled: false },
    parameterGroup: { family: 'redis7', values: { 'cluster-enabled': 'yes', ...parameters } },
    allowedNodeTypes: { up: ['cache.r7g.xlarge'], down: [] },
  });

describe('planCreation', () => {
  it('says everything that the next steps need, in a form that they accept', () => {
    const made = plan(aSpec(), anObservation(), termsToAct());
    expect(CreationPlan.parse(JSON.parse(JSON.stringify(made)))).toMatchObject({
      action: 'create',
      cacheId: 'orders',
      vpcId: 'vpc-0a1b2c3d',
      // 9 nodes × 0.219 USD × 730 hours
      monthlyCostUsd: 1438.83,
      missing: ['parameter group autopilot-orders-redis7', 'secret autopilot/orders/auth-token', 'cache orders'],
      parameterGroup: {
        name: 'autopilot-orders-redis7',
        family: 'redis7',
        parameters: { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' },
      },
      token: { secretName: 'autopilot/orders/auth-token', engine: 'redis', lengthCharacters: 64 },
      expect: { shards: 3, replicasPerShard: 2, clusterMode: true, tls: true, auth: true },
      settle: { deadlineSeconds: 1800 },
    });
    expect(made.summary).toBe(
      'Create orders: redis 7.1, 3 shards with 2 replicas each on cache.r7g.large, TLS and AUTH, about 1438.83 USD a month.',
    );
  });

  it('shows the exact calls in order, and never a token', () => {
    const { calls, request } = plan(aSpec(), anObservation(), termsToAct());
    expect(calls.map(({ operation }) => operation)).toEqual([
      'CreateCacheParameterGroup',
      'ModifyCacheParameterGroup',
      'GetRandomPassword',
      'CreateSecret',
      'CreateReplicationGroup',
      'PutSecretValue',
    ]);
    expect(calls.at(-2)?.parameters).toEqual({
      ...request,
      AuthToken: '(from the secret autopilot/orders/auth-token)',
    });
    expect(calls.at(-1)?.parameters).toMatchObject({
      SecretId: 'autopilot/orders/auth-token',
      SecretString: '(the same token, with the host and port of the cache)',
    });
    expect(request).not.toHaveProperty('AuthToken');
  });

  it('sets many parameters by several calls of at most 20', () => {
    const names = Array.from({ length: 45 }, (_, index) => `parameter-${index}`);
    const seen = anObservation({ parameters: Object.fromEntries(names.map((name) => [name, { modifiable: true }])) });
    const { calls } = plan(
      aSpec({ parameters: Object.fromEntries(names.map((name) => [name, '1'])) }),
      seen,
      termsToAct(),
    );
    const sizes = calls
      .filter(({ operation }) => operation === 'ModifyCacheParameterGroup')
      .map(({ parameters }) => [parameters.ParameterNameValues].flat().length);
    expect(sizes).toEqual([20, 20, 6]);
  });

  it('signs and tags what it asks for, beside the tags of the specification', () => {
    const { request } = plan(aSpec(), anObservation(), termsToAct({ operationId: 'operation-7' }));
    expect(request).toMatchObject({
      ReplicationGroupDescription: 'Orders of the shop (autopilot:operation=operation-7)',
      Tags: [
        { Key: 'Environment', Value: 'production' },
        { Key: 'autopilot:managed', Value: 'true' },
        { Key: 'autopilot:operation', Value: 'operation-7' },
        { Key: 'autopilot:mode', Value: 'observe' },
      ],
    });
  });

  it('has its events told to our topic, named or not', () => {
    const topicOf = (spec: Record<string, unknown> = {}) =>
      plan(aSpec(spec), anObservation(), termsToAct()).request?.NotificationTopicArn;
    const ours = 'arn:aws:sns:us-east-1:111122223333:elasticache-events';
    expect(topicOf()).toBe(ours);
    expect(topicOf({ notificationTopicArn: ours })).toBe(ours);
  });

  it('takes the standard parameter group of the topology when there are no own parameters', () => {
    const groupOf = (spec: Record<string, unknown>) =>
      plan(aSpec({ parameters: undefined, ...spec }), anObservation(), termsToAct()).request?.CacheParameterGroupName;
    expect(groupOf({})).toBe('default.redis7.cluster.on');
    expect(groupOf({ numNodeGroups: undefined, replicasPerNodeGroup: undefined, numCacheClusters: 2 })).toBe(
      'default.redis7',
    );
    expect(groupOf({ engine: 'valkey', engineVersion: '8.0' })).toBe('default.valkey8.cluster.on');
  });

  it('makes a single node of numCacheNodes: 1', () => {
    const single = aSpec({
      numNodeGroups: undefined,
      replicasPerNodeGroup: undefined,
      numCacheNodes: 1,
      automaticFailoverEnabled: undefined,
      multiAZEnabled: false,
    });
    const made = plan(single, anObservation(), termsToAct());
    expect(made.request).toMatchObject({ NumCacheClusters: 1, AutomaticFailoverEnabled: false });
    expect(made.request).not.toHaveProperty('NumNodeGroups');
    expect(made.expect).toMatchObject({ clusterMode: false, shards: 1, replicasPerShard: 0 });
  });

  it('does not plan to make again what is there from an earlier attempt', () => {
    const seen = anObservation({
      parameterGroup: { family: 'redis7', values: {} },
      secret: { arn: 'arn:secret', deletionScheduled: false },
    });
    const made = plan(aSpec(), seen, termsToAct());
    expect(made.there).toEqual(['parameter group autopilot-orders-redis7', 'secret autopilot/orders/auth-token']);
    expect(made.calls.map(({ operation }) => operation)).toEqual([
      'ModifyCacheParameterGroup',
      'CreateReplicationGroup',
      'PutSecretValue',
    ]);
  });

  describe('when the cache exists', () => {
    it('keeps it when it is as specified', () => {
      expect(plan(aSpec(), whole(), termsToAct())).toMatchObject({
        action: 'keep',
        reason: 'AlreadyAsSpecified',
        calls: [],
      });
    });

    it('says what has to be found at it, and where its token is, so that it can be verified', () => {
      const seen = { ...whole(), secret: { arn: 'arn:secret', deletionScheduled: false } };
      expect(plan(aSpec(), seen, termsToAct()).expect).toEqual({
        ...{ shards: 3, replicasPerShard: 2, clusterMode: true, tls: true },
        ...{ auth: true, secretArn: 'arn:secret' },
      });
    });

    it.each([
      ['cacheNodeType', { cacheNodeType: 'cache.r7g.xlarge' }],
      ['engineVersion', { engineVersion: '7.0' }],
      ['shards', { numNodeGroups: 4 }],
      ['shards.0001.replicas', { replicasPerNodeGroup: 1 }],
      ['multiAZEnabled', { multiAZEnabled: false }],
      ['authToken', { authToken: undefined }],
      ['atRestEncryptionEnabled', { atRestEncryptionEnabled: false }],
      ['snapshotRetentionLimit', { snapshotRetentionLimit: 8 }],
      ['snapshotWindow', { snapshotWindow: '01:00-02:00' }],
      ['preferredMaintenanceWindow', { preferredMaintenanceWindow: 'mon:05:00-mon:06:00' }],
      ['description', { description: 'Something else' }],
      ['parameters.maxmemory-policy', { parameters: { 'maxmemory-policy': 'noeviction' } }],
      ['tags.Team', { tags: { Environment: 'production', Team: 'shop' } }],
    ])('names %s when that differs', (field, change) => {
      const made = plan(aSpec(change), whole(), termsToAct());
      expect(['change', 'refuse']).toContain(made.action);
      expect(made.differences.map((difference) => difference.field)).toContain(field);
    });

    it('names a parameter that the group sets and the specification does not', () => {
      const seen = whole();
      const values = { ...seen.parameterGroup?.values, timeout: '20' };
      const made = plan(aSpec(), { ...seen, parameterGroup: { family: 'redis7', values } }, termsToAct());
      expect(made.differences).toEqual([{ field: 'parameters.timeout', wanted: null, found: '20' }]);
    });

    it('does not touch one without the opt-in tag, however well it fits', () => {
      const seen = { ...whole(), cache: aCache({ tags: { Environment: 'production' } }) };
      expect(plan(aSpec(), seen, termsToAct())).toMatchObject({ action: 'refuse', reason: 'NotOurs', calls: [] });
    });

    it.each([{}, { cacheNodeType: 'cache.r7g.xlarge' }, { snapshotRetentionLimit: 9 }])(
      'does not touch a member of a global datastore, on which other Regions depend, for %j',
      (change) => {
        const seen = { ...whole(), cache: aCache({ globalDatastoreId: 'ldgnf-orders' }) };
        const { summary, ...made } = plan(aSpec(change), seen, termsToAct());
        expect(made).toMatchObject({ action: 'refuse', reason: 'InGlobalDatastore', calls: [], steps: [] });
        expect(summary).toContain('ldgnf-orders');
      },
    );

    it.each(['redis', 'valkey', undefined])('does not touch a node of %s that stands alone, in no group', (engine) => {
      const cache = aCache({ kind: 'cluster', engine, engineVersion: '7.0.7', clusterMode: false });
      const alone = aSpec({
        ...{ numNodeGroups: undefined, replicasPerNodeGroup: undefined, numCacheNodes: 1 },
        ...{ automaticFailoverEnabled: undefined, multiAZEnabled: undefined },
      });
      const made = plan(alone, { ...whole(), cache }, termsToAct());
      expect(made).toMatchObject({ action: 'refuse', reason: 'StandAloneNode', calls: [], steps: [] });
    });

    it.each(['creating', 'modifying', 'snapshotting', 'deleting', 'rebooting cluster nodes'])(
      'refuses while it is %s',
      (status) => {
        const seen = { ...whole(), cache: aCache({ status, tags: undefined }) };
        expect(plan(aSpec(), seen, termsToAct())).toMatchObject({ action: 'refuse', reason: 'CacheBusy' });
      },
    );

    it.each(['create-failed', 'restore-failed', 'incompatible-network'])(
      'does not ask to wait for one that is %s',
      (status) => {
        const seen = { ...whole(), cache: aCache({ status, tags: undefined }) };
        const { action, reason, summary } = plan(aSpec(), seen, termsToAct());
        expect({ action, reason }).toEqual({ action: 'refuse', reason: 'CacheUnusable' });
        expect(summary).toContain(`it exists and is ${status}, which does not pass by itself`);
      },
    );
  });

  describe('by the policy', () => {
    const under = (policy: object) =>
      termsToAct({ policy: AccountPolicy.parse({ modes: { creation: 'act' }, ...policy }) });

    it('asks a person unless the account says otherwise', () => {
      expect(plan(aSpec(), anObservation(), termsToAct({ policy: AccountPolicy.parse({}) })).mode).toBe('approve');
    });

    it.each([
      ['act', 'act', 'act'],
      ['act', 'approve', 'approve'],
      ['act', 'observe', 'observe'],
      ['approve', 'act', 'approve'],
      ['observe', 'act', 'observe'],
      ['observe', undefined, 'observe'],
    ])('with the account’s %s and a request for %s the mode is %s', (creation, requestedMode, mode) => {
      expect(plan(aSpec(), anObservation(), { ...under({ modes: { creation } }), requestedMode }).mode).toBe(mode);
    });

    it('refuses an unknown mode and would not act on it', () => {
      const made = plan(aSpec(), anObservation(), termsToAct({ requestedMode: 'yolo' }));
      expect(made).toMatchObject({ action: 'refuse', mode: 'observe', faults: [{ path: 'mode' }] });
    });

    it('asks a person outside the change windows', () => {
      const at = (observedAt: string) =>
        plan(aSpec(), anObservation({ observedAt }), under({ changeWindows: ['sat:22:00-sun:02:00'] })).mode;
      // 21 November 2026 is a Saturday.
      expect(at('2026-11-21T21:59:00Z')).toBe('approve');
      expect(at('2026-11-21T22:00:00Z')).toBe('act');
      expect(at('2026-11-22T01:59:00Z')).toBe('act');
      expect(at('2026-11-22T02:00:00Z')).toBe('approve');
    });

    it('refuses what is too dear, too large, or of unknown price', () => {
      const reason = (spec: Record<string, unknown>, limits: object) =>
        plan(aSpec(spec), anObservation(), under({ limits })).reason;
      expect(reason({}, { maxMonthlyCostUsd: 1438.83 })).toBe('NewCache');
      expect(reason({}, { maxMonthlyCostUsd: 1438.82 })).toBe('AboveCostLimit');
      expect(reason({ cacheNodeType: 'cache.r8g.large' }, { maxMonthlyCostUsd: 9999 })).toBe('CostUnknown');
      expect(reason({ cacheNodeType: 'cache.r8g.large' }, {})).toBe('NewCache');
      expect(reason({}, { maxNodes: 9 })).toBe('NewCache');
      expect(reason({}, { maxNodes: 8 })).toBe('AboveNodeLimit');
    });
  });
});
