import { describe, expect, it } from 'vitest';
import { driftFound } from '../../events/drift-found.ts';
import { driftIn } from '../../functions/creation/drift.ts';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { CheckDriftOutput } from '../../functions/creation/schemas.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation } from '../builders/an-observation.ts';
import { termsToAct } from '../builders/terms.ts';

const AT = '2026-11-21T07:00:00Z';
const remembered = { spec: aSpec(), operationId: 'operation-1', at: '2026-11-01T07:00:00Z' };

/** What a check says of a cache that should be as `aSpec()`. */
const check = (cache: Partial<CacheSeen> | undefined, mode = 'act', checkId = 'check-1', lastLook = false) => {
  const seen = anObservation({
    cache: cache && aCache({ ...cache, tags: { ...aCache().tags, 'autopilot:mode': mode, ...cache.tags } }),
    parameterGroup: { family: 'redis7', values: { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' } },
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
    ['fewer replicas', { shards: [{ id: '0001', status: 'available', nodeCount: 1 }] }, 'RepairNotSafe'],
    ['other security groups', { securityGroupIds: ['sg-open'], tags: {} }, undefined],
    ['another engine version than can be', { engineVersion: '7.2.1' }, 'NeedsReplacement'],
    ['no opt-in tag any more', { tags: { 'autopilot:managed': 'false' } }, 'NotOurs'],
  ])('never repairs %s by itself', (_what, cache, reason) => {
    const { output, found } = check(cache as Partial<CacheSeen>);
    expect(output).not.toHaveProperty('repair');
    if (reason) expect(found).toMatchObject({ reason });
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
