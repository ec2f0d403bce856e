import { describe, expect, it } from 'vitest';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import type { CreationPlan } from '../../functions/creation/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation } from '../builders/an-observation.ts';
import { applyStep } from '../builders/apply-step.ts';
import { termsToAct } from '../builders/terms.ts';

type Seen = Observation & { cache: CacheSeen };

const SECRET = { arn: 'arn:secret', deletionScheduled: false };
const TOPIC = termsToAct().notificationTopicArn;

/** A cache as `aSpec()` describes it, in an account where everything is known about it. */
const whole = (cache: Partial<CacheSeen> = {}, more: Partial<Observation> = {}): Seen => ({
  ...anObservation({
    secret: SECRET,
    parameterGroup: { family: 'redis7', values: { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' } },
    allowedNodeTypes: { up: ['cache.r7g.xlarge', 'cache.r7g.2xlarge'], down: ['cache.r6g.large'] },
    ...more,
  }),
  cache: aCache({ notificationTopicArn: TOPIC, port: 6379, autoMinorVersionUpgrade: true, ...cache }),
});

/** A pair without cluster mode, and what is known about it. */
const aPair = (overrides: Parameters<typeof aSpec>[0] = {}) =>
  aSpec({ numNodeGroups: undefined, replicasPerNodeGroup: undefined, numCacheClusters: 2, ...overrides });
const wholePair = (cache: Partial<CacheSeen> = {}): Seen =>
  whole(
    {
      clusterMode: false,
      shards: [{ id: '0001', status: 'available', nodeCount: 2 }],
      members: [
        { id: 'orders-001', parameterStatus: 'in-sync', role: 'primary' },
        { id: 'orders-002', parameterStatus: 'in-sync', role: 'replica' },
      ],
      endpoints: { primary: { host: 'orders.example.com', port: 6379 } },
      ...cache,
    },
    { parameterGroup: { family: 'redis7', values: { 'maxmemory-policy': 'allkeys-lru' } } },
  );

const shardOf = (nodeCount: number) => ({ id: '0001', status: 'available', nodeCount });
const plan = (spec: unknown, seen: Observation, terms: Parameters<typeof termsToAct>[0] = {}) =>
  planCreation(spec, seen, termsToAct(terms));
const ids = ({ steps }: CreationPlan) => steps.map(({ id }) => id);
const faults = (made: CreationPlan) => made.faults.map(({ path }) => path);

describe('a changed specification', () => {
  it.each<[string, Parameters<typeof aSpec>[0], readonly string[]]>([
    ['nothing', {}, []],
    ['more shards', { numNodeGroups: 5 }, ['more-shards']],
    ['fewer shards', { numNodeGroups: 2 }, ['fewer-shards']],
    ['more replicas', { replicasPerNodeGroup: 3 }, ['more-replicas']],
    ['fewer replicas', { replicasPerNodeGroup: 1 }, ['fewer-replicas']],
    ['a bigger node type', { cacheNodeType: 'cache.r7g.xlarge' }, ['node-type']],
    ['a smaller node type', { cacheNodeType: 'cache.r6g.large' }, ['node-type']],
    ['a parameter', { parameters: { 'maxmemory-policy': 'allkeys-lfu' } }, ['set-parameters']],
    ['one parameter fewer', { parameters: { timeout: '300' } }, ['set-parameters', 'reset-parameters']],
    ['a window', { snapshotWindow: '01:00-02:00' }, ['set-settings']],
    [
      'retention and both windows',
      { snapshotRetentionLimit: 9, snapshotWindow: '01:00-02:00', preferredMaintenanceWindow: 'mon:05:00-mon:06:00' },
      ['set-settings'],
    ],
    ['the description', { description: 'Something else' }, ['set-settings']],
    ['minor upgrades', { autoMinorVersionUpgrade: false }, ['set-settings']],
    ['a tag', { tags: { Environment: 'staging', Team: 'shop' } }, ['set-tags']],
    ['Multi-AZ off', { multiAZEnabled: false }, ['failover-off']],
    [
      'shards, replicas and a tag',
      { numNodeGroups: 4, replicasPerNodeGroup: 3, tags: { Environment: 'x' } },
      ['set-tags', 'more-replicas', 'more-shards'],
    ],
    [
      'bigger nodes and fewer shards',
      { numNodeGroups: 2, cacheNodeType: 'cache.r7g.xlarge' },
      ['node-type', 'fewer-shards'],
    ],
    [
      'smaller nodes and more shards',
      { numNodeGroups: 5, cacheNodeType: 'cache.r6g.large' },
      ['more-shards', 'node-type'],
    ],
    ['no replicas', { replicasPerNodeGroup: 0, multiAZEnabled: false }, ['failover-off', 'fewer-replicas']],
    // Left out, Multi-AZ is what it would be for a new cache: there is nothing to fail over to.
    [
      'no replicas and nothing said of Multi-AZ',
      { replicasPerNodeGroup: 0, multiAZEnabled: undefined },
      ['failover-off', 'fewer-replicas'],
    ],
  ])('with %s becomes the smallest set of steps', (_, change, steps) => {
    const made = plan(aSpec(change), whole());
    expect(faults(made)).toEqual([]);
    expect(ids(made)).toEqual(steps);
    expect(made.calls).toEqual(made.steps.map(({ call }) => call));
    expect(made).toMatchObject(steps.length > 0 ? { action: 'change', reason: 'CacheDiffers' } : { action: 'keep' });
  });

  it('leaves no failover on where no replica stays, also when the specification says nothing of it', () => {
    const left = { automaticFailoverEnabled: undefined, multiAZEnabled: undefined };
    const alone = plan(aPair({ ...left, numCacheClusters: 1 }), wholePair());
    expect(ids(alone)).toEqual(['failover-off', 'fewer-replicas']);
    expect(alone.steps[0]?.call.parameters).toMatchObject({ AutomaticFailoverEnabled: false, MultiAZEnabled: false });
    // ElastiCache turns off failover only together with Multi-AZ.
    const off = plan(aPair({ automaticFailoverEnabled: false, multiAZEnabled: undefined }), wholePair());
    expect(off.calls.map(({ parameters }) => parameters)).toMatchObject([
      { AutomaticFailoverEnabled: false, MultiAZEnabled: false },
    ]);
    // Where a replica stays, what is left out stays as it is.
    expect(plan(aPair(left), wholePair()).action).toBe('keep');
  });

  it('says each call exactly', () => {
    const made = plan(aSpec({ numNodeGroups: 2, replicasPerNodeGroup: 3, snapshotRetentionLimit: 9 }), whole());
    expect(made.calls).toEqual([
      {
        service: 'elasticache',
        operation: 'ModifyReplicationGroup',
        parameters: { ReplicationGroupId: 'orders', ApplyImmediately: true, SnapshotRetentionLimit: 9 },
      },
      {
        service: 'elasticache',
        operation: 'IncreaseReplicaCount',
        parameters: {
          ReplicationGroupId: 'orders',
          ApplyImmediately: true,
          // Not the one that goes.
          ReplicaConfiguration: ['0001', '0002'].map((NodeGroupId) => ({ NodeGroupId, NewReplicaCount: 3 })),
        },
      },
      {
        service: 'elasticache',
        operation: 'ModifyReplicationGroupShardConfiguration',
        parameters: {
          ReplicationGroupId: 'orders',
          NodeGroupCount: 2,
          ApplyImmediately: true,
          NodeGroupsToRemove: ['0003'],
        },
      },
    ]);
    expect(made.summary).toBe(
      'Change orders: set 9 days of automatic snapshots instead of 7; give the shards 0001, 0002 3 replicas; spread the keys over 2 shards instead of 3.',
    );
  });

  it('changes only the shards that have too few replicas', () => {
    const shards = ['0001', '0002', '0005'].map((id) => ({
      id,
      status: 'available',
      nodeCount: id === '0002' ? 2 : 3,
    }));
    expect(plan(aSpec(), whole({ shards })).steps).toMatchObject([
      { call: { parameters: { ReplicaConfiguration: [{ NodeGroupId: '0002', NewReplicaCount: 2 }] } } },
    ]);
  });

  it('refuses a window that would overlap with the other one, which the specification leaves as it is', () => {
    const lone = { snapshotWindow: '05:30-06:30', preferredMaintenanceWindow: undefined };
    const made = plan(aSpec({ ...lone, tags: { Environment: 'x' } }), whole());
    expect(made).toMatchObject({ action: 'refuse', steps: [] });
    expect(made.faults).toEqual([
      {
        path: 'snapshotWindow',
        value: '05:30-06:30',
        rule: '05:30-06:30 overlaps with what orders has as its maintenance window, sun:05:00-sun:06:00, which the specification leaves as it is.',
        remedy: 'Set both snapshotWindow and preferredMaintenanceWindow.',
      },
    ]);
    const both = { ...lone, preferredMaintenanceWindow: 'sun:07:00-sun:08:00' };
    expect(ids(plan(aSpec(both), whole()))).toEqual(['set-settings']);
  });

  it('keeps the signature of whoever made the cache in its description', () => {
    const [step] = plan(aSpec({ description: 'New' }), whole()).steps;
    expect(step?.call.parameters).toMatchObject({
      ReplicationGroupDescription: 'New (autopilot:operation=operation-1)',
    });
  });

  it('takes a snapshot before an upgrade, and not twice', () => {
    const old = { engineVersion: '7.0.7' };
    expect(ids(plan(aSpec(), whole(old)))).toEqual(['snapshot-before-upgrade', 'upgrade']);
    const taken = { snapshotsBefore: { upgrade: { name: 'orders-before-1', status: 'available' } } };
    expect(ids(plan(aSpec(), whole(old, taken)))).toEqual(['upgrade']);
    const failed = { snapshotsBefore: { upgrade: { name: 'orders-before-1', status: 'failed' } } };
    expect(plan(aSpec(), whole(old, failed))).toMatchObject({ action: 'refuse', steps: [] });
  });

  it('brings the parameter group of the new family with an upgrade', () => {
    const seen = whole(
      { engineVersion: '6.2.6', parameterGroup: 'autopilot-orders-redis6-x' },
      { parameterGroup: undefined },
    );
    const made = plan(aSpec(), seen);
    expect(ids(made)).toEqual(['make-parameter-group', 'set-parameters', 'snapshot-before-upgrade', 'upgrade']);
    expect(made.steps.at(-1)?.call.parameters).toMatchObject({
      EngineVersion: '7.1',
      CacheParameterGroupName: 'autopilot-orders-redis7',
    });
  });

  it('restarts nodes only with a person’s consent and after a snapshot, the primary first', () => {
    const parameters = {
      ...anObservation().parameters,
      databases: { modifiable: true, changeType: 'requires-reboot' },
    };
    const seen = { ...wholePair(), parameters };
    const made = plan(aPair({ parameters: { 'maxmemory-policy': 'allkeys-lru', databases: '32' } }), seen);
    expect(ids(made)).toEqual([
      'set-parameters',
      'snapshot-before-restart',
      'restart-orders-001',
      'restart-orders-002',
    ]);
    expect(made.mode).toBe('approve');
    const cluster = { ...whole(), parameters };
    const impossible = plan(aSpec({ parameters: { 'maxmemory-policy': 'allkeys-lru', databases: '32' } }), cluster);
    expect(impossible).toMatchObject({ action: 'refuse', reason: 'NeedsReplacement' });
    expect(faults(impossible)).toEqual(['parameters.databases']);
  });

  const rebooting = { ...anObservation().parameters, databases: { modifiable: true, changeType: 'requires-reboot' } };
  const pairOf = (cache: Partial<CacheSeen>, more: Omit<Partial<Observation>, 'cache'>): Seen => ({
    ...wholePair(cache),
    ...more,
  });
  const RESTARTS = ['snapshot-before-restart', 'restart-orders-001', 'restart-orders-002'];
  const lru = { 'maxmemory-policy': 'allkeys-lru' };
  const bootValues = { from: { databases: '32' }, to: { databases: '16' } };
  const gaveUp = { remembered: { parameters: {}, authToken: {} } };

  it.each<[string, Parameters<typeof aSpec>[0], Seen, readonly string[]]>([
    [
      'given up with others kept',
      {},
      pairOf({}, { parameters: rebooting, parameterGroup: { family: 'redis7', values: { ...lru, databases: '32' } } }),
      ['reset-parameters', ...RESTARTS],
    ],
    [
      'given up with all others',
      { parameters: undefined },
      pairOf({}, { bootValues, ...gaveUp }),
      ['use-parameter-group', ...RESTARTS],
    ],
    [
      'otherwise in the named group',
      { parameters: undefined, cacheParameterGroupName: 'shared' },
      pairOf({}, { bootValues, namedParameterGroup: { family: 'redis7', clusterEnabled: false } }),
      ['use-parameter-group', ...RESTARTS],
    ],
    [
      'set where another group had none',
      { parameters: { ...lru, databases: '64' } },
      pairOf(
        { parameterGroup: 'default.redis7' },
        {
          ...{ parameters: rebooting, parameterGroup: undefined },
          bootValues: { from: { databases: '16' }, to: { databases: '16' } },
        },
      ),
      ['make-parameter-group', 'set-parameters', 'use-parameter-group', ...RESTARTS],
    ],
    [
      'the same in the other group',
      { parameters: { ...lru, databases: '16' } },
      pairOf(
        { parameterGroup: 'default.redis7' },
        {
          ...{ parameters: rebooting, parameterGroup: undefined },
          bootValues: { from: { databases: '16' }, to: { databases: '32' } },
        },
      ),
      ['make-parameter-group', 'set-parameters', 'use-parameter-group'],
    ],
  ])('says at once that nodes are restarted for a value that is %s', (_what, change, seen, steps) => {
    const made = plan(aPair(change), seen);
    expect(made.faults).toEqual([]);
    expect(ids(made)).toEqual(steps);
    expect(made.mode).toBe(steps.includes('restart-orders-001') ? 'approve' : 'act');
  });

  it('restarts nodes that wait for it also when the specification has given up its parameters', () => {
    const members = [
      { id: 'orders-001', parameterStatus: 'pending-reboot', role: 'primary' as const },
      { id: 'orders-002', parameterStatus: 'in-sync', role: 'replica' as const },
    ];
    const seen = pairOf({ parameterGroup: 'default.redis7', members }, gaveUp);
    const made = plan(aPair({ parameters: undefined }), seen);
    expect(ids(made)).toEqual(['snapshot-before-restart', 'restart-orders-001']);
    expect(made.differences).toMatchObject([{ field: 'parameterStatus' }]);
    // Nobody has asked for a group: what its nodes wait for is not the autopilot’s business.
    expect(plan(aPair({ parameters: undefined }), { ...seen, remembered: { authToken: {} } }).action).toBe('keep');
  });

  it('does not begin to change a cache whose nodes it could not restart in the end', () => {
    const seen = whole({}, { bootValues, ...gaveUp });
    const made = plan(aSpec({ parameters: undefined, tags: { Environment: 'x' } }), seen);
    expect(made).toMatchObject({ action: 'refuse', reason: 'NeedsReplacement', steps: [] });
    expect(faults(made)).toEqual(['parameters.databases']);
    const same = { ...seen, bootValues: { from: { databases: '16' }, to: { databases: '16' } } };
    expect(ids(plan(aSpec({ parameters: undefined }), same))).toEqual(['use-parameter-group']);
  });

  it.each([20, 21, 61, 70, 100])('sets %i parameters in parts that keep their names from plan to plan', (count) => {
    const names = Array.from({ length: count }, (_, index) => `parameter-${index}`);
    const parameters = Object.fromEntries(names.map((name) => [name, { modifiable: true }]));
    const spec = aSpec({ parameters: Object.fromEntries(names.map((name) => [name, '1'])) });
    let seen = whole({}, { parameters, parameterGroup: { family: 'redis7', values: { 'cluster-enabled': 'yes' } } });
    const atFirst = ids(plan(spec, seen));
    expect(atFirst).toHaveLength(Math.ceil(count / 20));
    const taken: string[] = [];
    for (let [step] = plan(spec, seen).steps; step; [step] = plan(spec, seen).steps) {
      expect(taken).not.toContain(step.id);
      taken.push(step.id);
      seen = applyStep(seen, step);
    }
    expect(taken).toEqual(atFirst);
  });

  it('offers a new token first and demands it then, and knows where an interrupted change stopped', () => {
    const without = { remembered: { cacheId: 'orders' }, secret: undefined };
    expect(ids(plan(aSpec(), whole({ authToken: false }, without)))).toEqual([
      'make-token',
      'offer-token',
      'demand-token',
    ]);
    const offered = whole({ authToken: true }, { remembered: { cacheId: 'orders' } });
    expect(ids(plan(aSpec(), offered))).toEqual(['demand-token']);
    expect(plan(aSpec(), offered, { taken: ['demand-token'] }).action).toBe('keep');
    expect(plan(aSpec(), whole({}, { remembered: { authToken: { generate: true } } })).action).toBe('keep');
  });

  it('says that the cache stays open to everybody until its token is demanded', () => {
    const made = plan(aSpec(), whole({ authToken: false }));
    expect(made.steps.map(({ says }) => says)).toEqual([
      'let clients come with the token, while the cache stays open to everybody until the token is demanded',
      'let nobody in without the token',
    ]);
    expect(made.summary).toContain('open to everybody until the token is demanded');
  });

  it('shows that the secret of a new token gets the endpoint at the end, and of no other', () => {
    const last = (made: CreationPlan) => made.calls.at(-1)?.operation;
    expect(last(plan(aSpec(), whole({ authToken: false })))).toBe('PutSecretValue');
    expect(last(plan(aSpec({ snapshotRetentionLimit: 9 }), whole()))).toBe('ModifyReplicationGroup');
  });

  it('never writes the token into a plan', () => {
    const made = plan(aSpec(), whole({ authToken: false }));
    expect(made.calls.flatMap(({ parameters }) => parameters.SecretString ?? [])).toEqual([
      '(the same token, with the host and port of the cache)',
    ]);
    expect(made.calls.flatMap(({ parameters }) => parameters.AuthToken ?? [])).toEqual([
      '(from the secret autopilot/orders/auth-token)',
      '(from the secret autopilot/orders/auth-token)',
    ]);
  });

  it('deletes no snapshots without a person', () => {
    const made = plan(aSpec({ snapshotRetentionLimit: 0, snapshotWindow: '01:00-02:00' }), whole());
    expect(ids(made)).toEqual(['set-settings', 'fewer-snapshots']);
    expect(made.mode).toBe('approve');
  });

  it('does not open a cache to everybody on the way from users to a token', () => {
    const made = plan(aSpec(), whole({ authToken: false, userGroupIds: ['shop'] }));
    expect(made).toMatchObject({ action: 'refuse', reason: 'NeedsReplacement', faults: [{ path: 'authToken' }] });
  });

  it('brings TLS in two moves, of which a person makes the second', () => {
    const plain = { tls: false, tlsMode: undefined, authToken: false };
    const spec = (mode?: string) => aSpec({ authToken: undefined, transitEncryptionMode: mode });
    expect(ids(plan(spec('preferred'), whole(plain)))).toEqual(['tls-preferred']);
    expect(plan(spec(), whole(plain))).toMatchObject({ action: 'refuse', faults: [{ path: 'transitEncryptionMode' }] });
    const both = { ...plain, tls: true, tlsMode: 'preferred' } as const;
    expect(ids(plan(spec(), whole(both)))).toEqual(['tls-required']);
    // Before there is a token: afterwards ElastiCache changes TLS no more.
    expect(ids(plan(aSpec(), whole(both)))).toEqual(['tls-required', 'offer-token', 'demand-token']);
    expect(plan(aSpec(), whole({ ...both, authToken: true }))).toMatchObject({
      action: 'refuse',
      faults: [{ path: 'transitEncryptionMode' }],
    });
    expect(ids(plan(spec('required'), whole({ ...plain, tls: true, tlsMode: 'preferred' })))).toEqual(['tls-required']);
  });

  it.each([
    ['a token', { authToken: { generate: true } }],
    ['users', { authToken: undefined, userGroupIds: ['shop'], userSecretName: 'autopilot/shop/user' }],
  ])(
    'does not ask for %s while TLS may still be left out, since nobody could ever demand TLS afterwards',
    (_who, who) => {
      const userGroups = [{ id: 'shop', status: 'active', engine: 'redis' }];
      for (const tls of [{ tls: false }, { tls: true, tlsMode: 'preferred' }, { tls: true }] as const) {
        const cache = { tlsMode: undefined, ...tls, authToken: false };
        const made = plan(aSpec({ transitEncryptionMode: 'preferred', ...who }), whole(cache, { userGroups }));
        expect(made).toMatchObject({ action: 'refuse', steps: [], faults: [{ path: 'transitEncryptionMode' }] });
        expect(made.faults[0]?.remedy).toContain('then set it to required, and add');
      }
      // Where it is so already, nothing can be done about it, and nothing else is held up.
      const asked = {
        tlsMode: 'preferred',
        ...('userGroupIds' in who ? { authToken: false, userGroupIds: ['shop'] } : {}),
      };
      const kept = plan(
        aSpec({ transitEncryptionMode: 'preferred', ...who }),
        whole(asked as Partial<CacheSeen>, { userGroups }),
      );
      expect(kept.action).toBe('keep');
    },
  );

  it('takes away the tags and parameters that the last specification had, and nobody else’s', () => {
    const tags = { ...aCache().tags, Team: 'shop', CostCenter: '12' };
    const remembered = {
      tags: { Environment: 'production', Team: 'shop' },
      parameters: { timeout: '1' },
      authToken: {},
    };
    const made = plan(aSpec({ parameters: undefined }), whole({ tags }, { remembered }));
    expect(ids(made)).toEqual(['remove-tags', 'use-parameter-group']);
    expect(made.calls).toMatchObject([
      { parameters: { TagKeys: ['Team'] } },
      { parameters: { CacheParameterGroupName: 'default.redis7.cluster.on' } },
    ]);
  });
});

describe('what needs another cache', () => {
  it.each<[string, Parameters<typeof aSpec>[0], Partial<CacheSeen>]>([
    ['engine', {}, { engine: 'valkey' }],
    ['numNodeGroups', {}, { clusterMode: false, shards: [{ id: '0001', status: 'available', nodeCount: 3 }] }],
    ['atRestEncryptionEnabled', { atRestEncryptionEnabled: false }, {}],
    ['kmsKeyId', { kmsKeyId: 'arn:aws:kms:us-east-1:111122223333:key/1' }, {}],
    ['cacheSubnetGroupName', { cacheSubnetGroupName: 'other' }, {}],
    ['port', { port: 7000 }, {}],
    ['engineVersion', { engineVersion: '7.0', autoMinorVersionUpgrade: false }, {}],
    ['transitEncryptionEnabled', { transitEncryptionEnabled: false, authToken: undefined }, { authToken: false }],
    ['authToken', { authToken: undefined }, {}],
    ['cacheNodeType', { cacheNodeType: 'cache.t4g.small' }, {}],
    ['automaticFailoverEnabled', { automaticFailoverEnabled: false, multiAZEnabled: false }, {}],
  ])('%s is refused with the way that there is, and nothing is changed', (path, change, cache) => {
    const made = plan(aSpec({ ...change, tags: { Environment: 'other' } }), whole(cache));
    expect(made).toMatchObject({ action: 'refuse', steps: [], calls: [] });
    expect(faults(made)).toContain(path);
    for (const { remedy } of made.faults) expect(remedy).toMatch(/\.$/);
  });
});

describe('how far a change may go', () => {
  const changed = aSpec({ numNodeGroups: 4 });
  const tagged = (tags: Record<string, string>) => whole({ tags: { ...aCache().tags, ...tags } });

  it('is the account’s policy, for a person with a specification; the cache’s own mode is about the autopilot’s initiative', () => {
    expect(plan(changed, tagged({ 'autopilot:mode': 'observe' })).mode).toBe('act');
    expect(plan(changed, tagged({ 'autopilot:creation': 'approve' })).mode).toBe('approve');
    expect(plan(changed, tagged({ 'autopilot:creation': 'nonsense' })).mode).toBe('observe');
    expect(plan(changed, tagged({}), { requestedMode: 'approve' }).mode).toBe('approve');
  });

  it.each(['Own', 'OWN', 'self', '', 1, true, {}, ['own']])(
    'is nothing for the initiative %j, which nobody has',
    (wild) => {
      const made = plan(changed, whole(), { requestedInitiative: wild });
      expect(made).toMatchObject({ action: 'refuse', reason: 'InvalidSpec', steps: [], calls: [] });
      expect(faults(made)).toEqual(['initiative']);
      for (const known of ['person', undefined, null]) {
        expect(plan(changed, whole(), { requestedInitiative: known }).action).toBe('change');
      }
    },
  );

  it('is the cache’s mode too, when the autopilot repairs drift by itself, and only what is safe', () => {
    const own = { initiative: 'own' } as const;
    const drifted = aSpec({ tags: { Environment: 'x' }, numNodeGroups: 4 });
    expect(plan(drifted, tagged({ 'autopilot:mode': 'observe' }), own).mode).toBe('observe');
    const acting = tagged({ 'autopilot:mode': 'act' });
    expect(plan(drifted, acting, own)).toMatchObject({ action: 'change', mode: 'act', steps: [{ id: 'set-tags' }] });
    expect(plan(changed, acting, own)).toMatchObject({ action: 'refuse', reason: 'RepairNotSafe' });
    expect(plan(changed, acting, { ...own, taken: ['set-tags'] })).toMatchObject({
      action: 'keep',
      reason: 'PartlyRepaired',
      expect: { shards: 3 },
    });
    // Fewer days would delete snapshots; more do not.
    const retention = (days: number) => plan(aSpec({ snapshotRetentionLimit: days }), acting, own).action;
    expect([retention(1), retention(9)]).toEqual(['refuse', 'change']);
    // A value that takes effect at once may evict keys at once.
    const evicting = aSpec({ parameters: { 'maxmemory-policy': 'allkeys-lfu' } });
    expect(plan(evicting, acting, own)).toMatchObject({ action: 'refuse', reason: 'RepairNotSafe' });
    // Failover without a replica would be refused by ElastiCache, day after day.
    const alone = { automaticFailover: false, multiAZ: false, clusterMode: false, shards: [shardOf(1)] };
    const lost = { ...acting, cache: { ...acting.cache, ...alone } };
    expect(plan(aPair(), lost, own)).toMatchObject({ action: 'refuse', reason: 'RepairNotSafe' });
  });

  it('lets nobody’s logs stop, and no window replace nodes, without a person', () => {
    const own = { initiative: 'own' } as const;
    const log = (destination: string) =>
      ({ logType: 'slow-log', destinationType: 'cloudwatch-logs', destination, logFormat: 'json' }) as const;
    const logging = tagged({ 'autopilot:mode': 'act' });
    const to = (...destinations: string[]) => {
      const seen = { ...logging, logGroups: ['/new'], cache: { ...logging.cache, logDelivery: [log('/old')] } };
      return plan(aSpec({ logDeliveryConfigurations: destinations.map(log) }), seen, own).reason;
    };
    expect([to('/new'), to()]).toEqual(['RepairNotSafe', 'RepairNotSafe']);
    const silent = { ...logging, logGroups: ['/new'], cache: { ...logging.cache, logDelivery: [] } };
    const on = plan(aSpec({ logDeliveryConfigurations: [log('/new')] }), silent, own);
    expect(on).toMatchObject({ action: 'change', summary: 'Change orders: set the slow-log to /new as json.' });
    const upgrading = { ...logging, cache: { ...logging.cache, autoMinorVersionUpgrade: false } };
    expect(plan(aSpec({ autoMinorVersionUpgrade: true }), upgrading, own).reason).toBe('RepairNotSafe');
    expect(plan(aSpec({ autoMinorVersionUpgrade: false }), logging, own).action).toBe('change');
  });

  it('says of cluster mode only that it stays, not that a parameter of nobody’s would need a restart', () => {
    const bootValues = { from: { 'cluster-enabled': 'yes' }, to: { 'cluster-enabled': 'no' } };
    expect(faults(plan(aPair(), whole({}, { bootValues })))).toEqual(['numNodeGroups']);
  });

  it('leaves alone what may be the steps of a change that failed, and what is no longer kept', () => {
    const own = { initiative: 'own' } as const;
    const acting = tagged({ 'autopilot:mode': 'act' });
    const drifted = aSpec({ tags: { Environment: 'x' } });
    expect(plan(drifted, acting, own)).toMatchObject({ action: 'change' });
    expect(plan(drifted, acting, { ...own, unfinished: 'op-9' })).toMatchObject({
      action: 'refuse',
      reason: 'ChangeUnfinished',
      summary: expect.stringContaining('op-9'),
      differences: [{ field: 'tags.Environment' }],
    });
    expect(plan(aSpec(), acting, { ...own, unfinished: 'op-9' }).action).toBe('keep');
    expect(plan(aSpec(), acting, { ...own, forgotten: true })).toMatchObject({
      action: 'refuse',
      reason: 'NotOurs',
    });
  });

  it('ends at the policy’s limits only where the cache grows', () => {
    const policy = { ...termsToAct().policy, limits: { maxNodes: 8 } };
    expect(plan(changed, whole(), { policy })).toMatchObject({ action: 'refuse', reason: 'AboveNodeLimit' });
    expect(plan(aSpec({ tags: { Environment: 'x' } }), whole(), { policy })).toMatchObject({ action: 'change' });
  });
});
