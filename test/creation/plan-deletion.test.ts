import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeletionPlan } from '../../functions/creation/deletion-schemas.ts';
import { finalSnapshotName, planDeletion } from '../../functions/creation/plan-deletion.ts';
import { AccountPolicy } from '../../functions/platform/policy.ts';
import { seenForDeletion, termsToDelete } from '../builders/a-deletion.ts';
import { aCache } from '../builders/an-observation.ts';

const ORDERS = { cacheId: 'orders' };
const GONE = { cache: undefined };
const foreign = aCache({ description: 'Made by hand', tags: { Owner: 'shop' } });

describe('planDeletion', () => {
  it('deletes with a final snapshot, then what was made around the cache', () => {
    const plan = planDeletion(ORDERS, seenForDeletion(), termsToDelete());
    expect(plan).toMatchObject({
      action: 'delete',
      reason: 'CacheToDelete',
      policy: 'Delete',
      mode: 'act',
      finalSnapshot: 'orders-final-20261121-0659',
    });
    expect(plan).not.toHaveProperty('adopt');
    expect(plan.calls.map(({ operation }) => operation)).toEqual([
      'DeleteReplicationGroup',
      'DeleteCacheParameterGroup',
      'DeleteSecret',
    ]);
    expect(plan.calls[0]?.parameters).toEqual({
      ReplicationGroupId: 'orders',
      RetainPrimaryCluster: false,
      FinalSnapshotIdentifier: 'orders-final-20261121-0659',
    });
  });

  it('says that a Memcached cluster has no snapshot', () => {
    const cluster = aCache({ kind: 'cluster', description: '' });
    const plan = planDeletion(ORDERS, seenForDeletion({ cache: cluster }), termsToDelete());
    expect(plan).toMatchObject({ action: 'delete', kind: 'cluster', summary: expect.stringContaining('Memcached') });
    expect(plan).not.toHaveProperty('finalSnapshot');
    expect(plan.calls[0]).toMatchObject({ operation: 'DeleteCacheCluster' });
  });

  it('takes no snapshot of a cache that was never created, whose tags nobody tells', () => {
    const failed = aCache({ status: 'create-failed', tags: undefined });
    const plan = planDeletion(ORDERS, seenForDeletion({ cache: failed }), termsToDelete());
    expect(plan).toMatchObject({ action: 'delete' });
    expect(plan).not.toHaveProperty('finalSnapshot');
  });

  it.each([
    ['Retain', 'keep', 'Retained'],
    ['Orphan', 'let-go', 'CacheToLetGo'],
    ['Delete', 'delete', 'CacheToDelete'],
  ] as const)('goes by the policy %s, the request’s before the specification’s', (policy, action, reason) => {
    const remembered = { specification: { deletionPolicy: policy } };
    expect(planDeletion(ORDERS, seenForDeletion(remembered), termsToDelete())).toMatchObject({ action, reason });
    for (const deletionPolicy of ['Delete', 'Retain', 'Orphan']) {
      const seen = seenForDeletion({ specification: { deletionPolicy } });
      expect(planDeletion({ ...ORDERS, policy }, seen, termsToDelete())).toMatchObject({ action, reason });
    }
  });

  it.each([undefined, {}, { deletionPolicy: 'Perhaps' }])('never guesses the policy (%j)', (specification) => {
    const plan = planDeletion(ORDERS, seenForDeletion({ specification }), termsToDelete());
    expect(plan).toMatchObject({ action: 'refuse', reason: 'PolicyUnknown', calls: [] });
  });

  it('takes only our own tags off a cache that it lets go of', () => {
    const { calls } = planDeletion({ ...ORDERS, policy: 'Orphan' }, seenForDeletion(), termsToDelete());
    expect(calls).toEqual([
      {
        service: 'elasticache',
        operation: 'RemoveTagsFromResource',
        parameters: {
          ResourceName: aCache().arn,
          TagKeys: ['autopilot:managed', 'autopilot:mode', 'autopilot:operation'],
        },
      },
    ]);
  });

  it.each([
    ['was made by hand', foreign],
    ['was made by hand and opted in', { ...foreign, tags: { 'autopilot:managed': 'true' } }],
    ['was let go of', aCache({ tags: { Owner: 'shop' } })],
    [
      'is a cluster without our tag',
      aCache({ kind: 'cluster', description: '', tags: { 'autopilot:managed': 'true' } }),
    ],
  ])('refuses a cache that %s, unless it is named twice', (_what, cache) => {
    const request = { ...ORDERS, policy: 'Delete' };
    const seen = seenForDeletion({ cache });
    expect(planDeletion(request, seen, termsToDelete())).toMatchObject({ action: 'refuse', reason: 'NotOurs' });
    expect(planDeletion({ ...request, evenIfNotOurs: 'order' }, seen, termsToDelete())).toMatchObject({
      action: 'refuse',
      reason: 'InvalidRequest',
      faults: [{ path: 'evenIfNotOurs' }],
    });
    expect(planDeletion({ ...request, evenIfNotOurs: 'orders' }, seen, termsToDelete())).toMatchObject({
      action: 'delete',
    });
  });

  it('opts a foreign cache in before it deletes it', () => {
    const request = { ...ORDERS, policy: 'Delete', evenIfNotOurs: 'orders' };
    const plan = planDeletion(request, seenForDeletion({ cache: foreign }), termsToDelete());
    expect(plan).toMatchObject({ adopt: true });
    expect(plan.calls.map(({ operation }) => operation).slice(0, 2)).toEqual([
      'AddTagsToResource',
      'DeleteReplicationGroup',
    ]);
  });

  it('refuses a member of a global datastore, also when it is named twice', () => {
    const cache = aCache({ globalDatastoreId: 'ldgnf-orders' });
    const plan = planDeletion({ ...ORDERS, evenIfNotOurs: 'orders' }, seenForDeletion({ cache }), termsToDelete());
    expect(plan).toMatchObject({ action: 'refuse', reason: 'InGlobalDatastore' });
  });

  it.each(['creating', 'modifying', 'snapshotting', 'deleting'])('refuses a cache that is %s', (status) => {
    const cache = aCache({ status, tags: undefined });
    expect(planDeletion(ORDERS, seenForDeletion({ cache }), termsToDelete())).toMatchObject({
      action: 'refuse',
      reason: 'CacheBusy',
    });
  });

  it('cleans up what is left of a cache that is gone, and has nothing to do when nothing is', () => {
    const left = planDeletion(ORDERS, seenForDeletion(GONE), termsToDelete());
    expect(left).toMatchObject({ action: 'clean-up', reason: 'LeftOvers' });
    expect(left.there).toHaveLength(3);
    const nothing = { ...GONE, specification: undefined, parameterGroups: [], secret: false };
    expect(planDeletion({ ...ORDERS, policy: 'Delete' }, seenForDeletion(nothing), termsToDelete())).toMatchObject({
      action: 'keep',
      reason: 'NothingLeft',
    });
  });

  it('has all faults of a request at once', () => {
    const request = { cacheId: 'Orders!', policy: 'delete', mode: 'yolo', evenIfNotOurs: true };
    const plan = planDeletion(request, seenForDeletion(), termsToDelete());
    expect(plan).toMatchObject({ action: 'refuse', reason: 'InvalidRequest', mode: 'observe' });
    expect(new Set(plan.faults.map(({ path }) => path))).toEqual(
      new Set(['cacheId', 'policy', 'mode', 'evenIfNotOurs']),
    );
  });

  it('goes only as far as policy, request and the tag for creation allow, whatever autopilot:mode says', () => {
    const modeOf = (tags: object, request: object = {}, policy: object = { modes: { creation: 'act' } }) =>
      planDeletion(
        { ...ORDERS, ...request },
        seenForDeletion({ cache: aCache({ tags: { ...aCache().tags, ...tags } }) }),
        termsToDelete({ policy: AccountPolicy.parse(policy) }),
      ).mode;
    expect(modeOf({})).toBe('act');
    expect(modeOf({ 'autopilot:creation': 'approve' })).toBe('approve');
    expect(modeOf({}, { mode: 'observe' })).toBe('observe');
    expect(modeOf({}, { mode: 'act' }, { modes: { creation: 'approve' } })).toBe('approve');
    expect(modeOf({ 'autopilot:strange': 'x' })).toBe('observe');
  });

  it('never throws, always gives a whole plan, and calls nothing unless it acts', () => {
    const anything = fc.record(
      { cacheId: fc.anything(), policy: fc.anything(), mode: fc.anything(), evenIfNotOurs: fc.anything() },
      { requiredKeys: [] },
    );
    const sensible = fc.record(
      {
        cacheId: fc.constantFrom('orders', 'ORDERS', ''),
        policy: fc.constantFrom('Delete', 'Retain', 'Orphan', 'Keep'),
        mode: fc.constantFrom('observe', 'approve', 'act', 'go'),
        evenIfNotOurs: fc.constantFrom('orders', 'other'),
      },
      { requiredKeys: [] },
    );
    const cache = fc.constantFrom(
      undefined,
      aCache(),
      foreign,
      aCache({ status: 'modifying', tags: undefined }),
      aCache({ kind: 'cluster', description: '' }),
    );
    fc.assert(
      fc.property(fc.oneof(anything, sensible), cache, fc.boolean(), (request, found, secret) => {
        const plan = planDeletion(request, seenForDeletion({ cache: found, secret }), termsToDelete());
        expect(DeletionPlan.safeParse(plan).error).toBeUndefined();
        if (plan.action === 'keep' || plan.action === 'refuse') expect(plan.calls).toEqual([]);
        if (plan.action === 'delete' && request.evenIfNotOurs !== 'orders') expect(found).not.toBe(foreign);
        if (plan.policy !== 'Delete')
          expect(plan.calls.filter(({ operation }) => /^Delete/.test(operation))).toEqual([]);
      }),
    );
  });
});

it('names a final snapshot by the minute in which the deletion began, in ElastiCache’s own rules for names', () => {
  expect(finalSnapshotName('orders', '2026-11-21T23:05:59Z')).toBe('orders-final-20261121-2305');
  fc.assert(
    fc.property(fc.date({ min: new Date('2024-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }), (at) => {
      expect(finalSnapshotName('a'.repeat(50), at.toISOString())).toMatch(/^(?=.{1,40}$)[a-z](-?[a-z0-9])*$/);
    }),
  );
});
