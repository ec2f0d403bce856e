import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftFound } from '../../events/drift-found.ts';
import { driftIn } from '../../functions/creation/drift.ts';
import type { Observation } from '../../functions/creation/observation.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { CheckDriftOutput } from '../../functions/creation/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation, aSecurityGroup } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const AT = '2026-11-21T07:00:00Z';
const remembered = { spec: aSpec(), operationId: 'operation-1', at: '2026-11-01T07:00:00Z' };

/** What a check says of a cache that should be as `aSpec()`. */
const check = (cache: Partial<CacheSeen> | undefined, mode = 'act', checkId = 'check-1', lastLook = false) => {
  const seen = anObservation({
    cache: cache && aCache({ ...cache, tags: { ...aCache().tags, 'autopilot:mode': mode, ...cache.tags } }),
    parameterGroup: { family: 'redis7', values: { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' } },
    secret: { arn: 'arn:secret', deletionScheduled: false },
    remembered: remembered.spec,
  });
  const drift = driftIn(planCreation(remembered.spec, seen, termsToAct({ initiative: 'own' })), {
    checkId,
    at: AT,
    lastLook,
  });
  CheckDriftOutput.parse(drift.output);
  if (drift.found) {
    driftFound.schema.parse({
      ...driftFound.sample,
      detail: JSON.parse(JSON.stringify({ ...drift.found, region: 'us-east-1' })),
    });
  }
  return drift;
};

interface Drifting {
  readonly field: string;
  readonly cache?: Partial<CacheSeen>;
  readonly seen?: Partial<Observation>;
}
const shards = (count: number, nodeCount: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `000${index + 1}`, status: 'available', nodeCount }));
const GROUP = aSecurityGroup();
const FULL_SPEC = aSpec({ securityGroupIds: [GROUP.id], multiAZEnabled: false, autoMinorVersionUpgrade: true });
const VALUES = { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' };
const values = (changes: Readonly<Record<string, string>>) => ({
  parameterGroup: { family: 'redis7', values: { ...VALUES, ...changes } },
});

/** What anybody can do to a cache by hand, and what somebody could lose when it is taken back. */
const FOR_A_PERSON: readonly Drifting[] = [
  { field: 'shards.0001.replicas', cache: { shards: shards(3, 2) } },
  { field: 'shards.0001.replicas', cache: { shards: shards(3, 5) } },
  { field: 'shards', cache: { shards: shards(2, 3) } },
  { field: 'shards', cache: { shards: shards(5, 3) } },
  { field: 'cacheNodeType', cache: { nodeType: 'cache.r7g.xlarge' } },
  { field: 'engineVersion', cache: { engineVersion: '7.0.7' } },
  { field: 'multiAZEnabled', cache: { multiAZ: true } },
  { field: 'transitEncryption', cache: { tlsMode: 'preferred' } },
  { field: 'transitEncryption', cache: { tls: false, authToken: false } },
  { field: 'authToken', cache: { authToken: false } },
  { field: 'securityGroupIds', cache: { securityGroupIds: ['sg-0fedcba9876543210'] } },
  { field: 'autoMinorVersionUpgrade', cache: { autoMinorVersionUpgrade: false } },
  { field: 'snapshotRetentionLimit', cache: { snapshotRetentionDays: 35 } },
  { field: 'parameters.maxmemory-policy', seen: values({ 'maxmemory-policy': 'noeviction' }) },
  { field: 'parameters.timeout', seen: values({ timeout: '20' }) },
  { field: 'parameterGroup', cache: { parameterGroup: 'default.redis7.cluster.on' } },
];
const BY_ITSELF: readonly Drifting[] = [
  { field: 'description', cache: { description: 'Something else (autopilot:operation=operation-1)' } },
  { field: 'snapshotRetentionLimit', cache: { snapshotRetentionDays: 0 } },
  { field: 'snapshotWindow', cache: { snapshotWindow: '09:00-10:00' } },
  { field: 'preferredMaintenanceWindow', cache: { maintenanceWindow: 'mon:05:00-mon:06:00' } },
  { field: 'automaticFailoverEnabled', cache: { automaticFailover: false } },
  {
    field: 'notificationTopicArn',
    cache: { notificationTopicArn: 'arn:aws:sns:us-east-1:111122223333:somebody-else' },
  },
  { field: 'tags.Environment', cache: { tags: { Environment: 'test' } } },
];
/** The parameters of every call that a repair may make. */
const HARMLESS = [
  ...[
    'ReplicationGroupId',
    'ApplyImmediately',
    'ReplicationGroupDescription',
    'SnapshotRetentionLimit',
    'SnapshotWindow',
  ],
  ...['PreferredMaintenanceWindow', 'AutomaticFailoverEnabled', 'NotificationTopicArn', 'NotificationTopicStatus'],
  ...['ResourceName', 'Tags'],
];

/** The autopilot's own plan for a cache to which all of this was done. */
const planAfter = (drifting: readonly Drifting[]) => {
  const caches = drifting.map(({ cache = {} }) => cache);
  const cache: CacheSeen = Object.assign(
    {},
    aCache({ securityGroupIds: [GROUP.id], multiAZ: false, autoMinorVersionUpgrade: true }),
    ...caches,
  );
  const tags = Object.assign({}, aCache().tags, { 'autopilot:mode': 'act' }, ...caches.map((change) => change.tags));
  const seen = anObservation({
    securityGroups: [GROUP],
    cacheGroups: [GROUP],
    secret: { arn: 'arn:secret', deletionScheduled: false },
    allowedNodeTypes: { up: ['cache.r7g.xlarge'], down: ['cache.r7g.large'] },
    remembered: FULL_SPEC,
    ...values({}),
    ...Object.assign({}, ...drifting.map(({ seen: also = {} }) => also)),
    cache: { ...cache, tags },
  });
  return planCreation(FULL_SPEC, seen, termsToAct({ initiative: 'own' }));
};
const fewerDays = { field: 'snapshotRetentionLimit', wanted: 7, found: 0 };
const driftOf = (plan: ReturnType<typeof planAfter>) => driftIn(plan, { checkId: 'check-1', at: AT, lastLook: false });

describe('driftIn', () => {
  it('says nothing of a cache that is as specified', () => {
    expect(check({})).toEqual({ output: { cacheId: 'orders', checked: true, drifted: false, fields: [] } });
  });

  it('names the fields, and repairs what is safe in mode act', () => {
    const { output, found } = check({ snapshotRetentionDays: 0, snapshotWindow: '09:00-10:00' });
    expect(output).toMatchObject({
      drifted: true,
      fields: ['snapshotRetentionLimit', 'snapshotWindow'],
      repair: { request: { spec: { cacheId: 'orders' }, initiative: 'own' } },
    });
    expect(found).toMatchObject({
      reason: 'CacheDiffers',
      differences: [
        { field: 'snapshotRetentionLimit', wanted: 7, found: 0 },
        { field: 'snapshotWindow', wanted: '03:00-04:00', found: '09:00-10:00' },
      ],
      repairedBy: output.repair?.operationId,
    });
  });

  it.each(['observe', 'approve'])('only says it in mode %s', (mode) => {
    const { output, found } = check({ snapshotRetentionDays: 0 }, mode);
    expect(output).toMatchObject({ drifted: true });
    expect(output).not.toHaveProperty('repair');
    expect(found?.summary).toMatch(/has drifted from its specification in snapshotRetentionLimit\. In mode/);
  });

  it.each([
    ['another engine version than can be', { engineVersion: '7.2.1' }, 'NeedsReplacement'],
    ['no opt-in tag any more', { tags: { 'autopilot:managed': 'false' } }, 'NotOurs'],
  ])('never repairs %s by itself', (_what, cache, reason) => {
    const { output, found } = check(cache as Partial<CacheSeen>);
    expect(output).not.toHaveProperty('repair');
    expect(found).toMatchObject({ reason });
  });

  it.each(FOR_A_PERSON)('reports $field and never repairs it by itself: $cache $seen', (drifting) => {
    const { output, found } = driftOf(planAfter([drifting]));
    expect(output).toMatchObject({ drifted: true, fields: expect.arrayContaining([drifting.field]) });
    expect(output).not.toHaveProperty('repair');
    expect(found?.reason).toMatch(/^(RepairNotSafe|NeedsReplacement)$/);
  });

  it.each(BY_ITSELF)('repairs $field by itself', (drifting) => {
    const plan = planAfter([drifting]);
    expect(plan.differences.map(({ field }) => field)).toEqual([drifting.field]);
    expect(driftOf(plan).output).toHaveProperty('repair');
  });

  it('never does more than what is safe, whatever else was done to the cache', () => {
    fc.assert(
      fc.property(fc.subarray([...FOR_A_PERSON]), fc.subarray([...BY_ITSELF]), (forAPerson, byItself) => {
        const plan = planAfter([...forAPerson, ...byItself]);
        const { output } = driftOf(plan);
        expect(output.drifted).toBe(forAPerson.length + byItself.length > 0);
        const given = plan.steps.flatMap(({ call }) => Object.keys(call.parameters));
        expect(given.filter((name) => !HARMLESS.includes(name))).toEqual([]);
        for (const { SnapshotRetentionLimit } of plan.steps.map(({ call }) => call.parameters)) {
          if (SnapshotRetentionLimit !== undefined) expect(plan.differences).toContainEqual(fewerDays);
        }
        if (byItself.length === 0) expect(output).not.toHaveProperty('repair');
      }),
    );
  });

  it('says of a cache that is gone that it is gone, and does not make it again', () => {
    const { output, found } = check(undefined);
    expect(output).toEqual({ cacheId: 'orders', checked: true, drifted: true, fields: ['cache'] });
    expect(found).toMatchObject({ reason: 'CacheGone' });
  });

  it.each([
    [
      'its creation would be above the cost limit',
      {},
      { policy: AccountPolicy.parse({ limits: { maxMonthlyCostUsd: 10 } }) },
    ],
    ['its version is no longer offered', { engineVersions: [{ version: '8.0', family: 'valkey8' }] }, {}],
    ['its subnet group went with it', { subnetGroup: undefined }, {}],
  ])('says of a cache that is gone that it is gone, also when %s', (_what, seen, terms) => {
    const plan = planCreation(remembered.spec, anObservation(seen), termsToAct({ initiative: 'own', ...terms }));
    const { output, found } = driftIn(plan, { checkId: 'check-1', at: AT, lastLook: false });
    expect(output).toMatchObject({ drifted: true, fields: ['cache'] });
    expect(found).toMatchObject({ reason: 'CacheGone', summary: expect.stringContaining('orders is not there') });
  });

  it('cannot judge a cache that is busy, and says so only when it was busy at the last look too', () => {
    for (const cache of [{ status: 'modifying' }, { status: 'snapshotting' }, { status: 'deleting' }]) {
      const output = { cacheId: 'orders', checked: false, drifted: false, fields: [] };
      expect(check(cache)).toEqual({ output });
      expect(check(cache, 'act', 'check-1', true)).toMatchObject({
        output,
        found: {
          reason: 'CacheBusy',
          summary: expect.stringContaining(`it exists and is ${cache.status}`),
          differences: [],
        },
      });
    }
  });

  it.each(['create-failed', 'restore-failed', 'incompatible-network'])(
    'says at once of a cache that is %s, which does not pass',
    (status) => {
      const { output, found } = check({ status });
      expect(output).toEqual({ cacheId: 'orders', checked: true, drifted: true, fields: ['status'] });
      expect(found).toMatchObject({ reason: 'CacheUnusable', summary: expect.stringContaining(status) });
    },
  );

  it('repairs once for each check, in an operation whose name an execution can have', () => {
    const idOf = (checkId: string) => check({ snapshotRetentionDays: 0 }, 'act', checkId).output.repair?.operationId;
    expect(idOf('check-1')).toBe(idOf('check-1'));
    expect(idOf('check-1')).not.toBe(idOf('check-2'));
    expect(idOf('x'.repeat(80))).toMatch(/^[A-Za-z0-9-]{1,80}$/);
  });
});
