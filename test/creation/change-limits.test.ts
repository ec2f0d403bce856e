import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCreation } from '../../functions/creation/plan-creation.ts';
import { nodesOnTheWay } from '../../functions/creation/rules/topology.ts';
import type { CacheSpec } from '../../functions/creation/spec.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { monthlyCostUsd } from '../../functions/platform/prices.ts';
import { aSpec } from '../builders/a-spec.ts';
import { aCache, anObservation } from '../builders/an-observation.ts';
import { applyStep } from '../builders/apply-step.ts';
import { termsToAct } from '../builders/terms.ts';

const shards = (...nodeCounts: readonly number[]) =>
  nodeCounts.map((nodeCount, index) => ({ id: String(index + 1).padStart(4, '0'), status: 'available', nodeCount }));

/** A cache of nine r7g.large nodes (3 × 3, 1438.83 USD a month), or of other shards, and all that is known about it. */
const seenWith = (cache: Partial<CacheSeen> = {}) => ({
  ...anObservation({
    secret: { arn: 'arn:secret', deletionScheduled: false },
    parameterGroup: { family: 'redis7', values: { 'maxmemory-policy': 'allkeys-lru', 'cluster-enabled': 'yes' } },
    allowedNodeTypes: { up: ['cache.r7g.xlarge'], down: ['cache.r6g.large', 'cache.t4g.small'] },
  }),
  cache: aCache({ notificationTopicArn: termsToAct().notificationTopicArn, multiAZ: false, ...cache }),
});
const spec = (overrides: Parameters<typeof aSpec>[0] = {}) => aSpec({ multiAZEnabled: false, ...overrides });
const plan = (wanted: unknown, cache: Partial<CacheSeen>, limits: object) =>
  planCreation(wanted, seenWith(cache), termsToAct({ policy: { ...termsToAct().policy, limits } }));

describe('a cache above the policy’s limits', () => {
  it('may become smaller or cheaper, and stay', () => {
    const cheaper = spec({ cacheNodeType: 'cache.r6g.large' });
    expect(plan(cheaper, {}, { maxNodes: 8 }).action).toBe('change');
    expect(plan(cheaper, {}, { maxMonthlyCostUsd: 1000 }).action).toBe('change');
    expect(plan(spec({ numNodeGroups: 2 }), {}, { maxNodes: 4, maxMonthlyCostUsd: 100 }).action).toBe('change');
    expect(plan(spec({ tags: { Environment: 'x' } }), {}, { maxNodes: 4, maxMonthlyCostUsd: 100 }).action).toBe(
      'change',
    );
  });

  it('may not become larger or dearer', () => {
    expect(plan(spec({ numNodeGroups: 4 }), {}, { maxNodes: 8 }).reason).toBe('AboveNodeLimit');
    expect(plan(spec({ numNodeGroups: 4 }), {}, { maxMonthlyCostUsd: 1000 }).reason).toBe('AboveCostLimit');
    expect(plan(spec({ cacheNodeType: 'cache.r7g.xlarge' }), {}, { maxMonthlyCostUsd: 1000 }).reason).toBe(
      'AboveCostLimit',
    );
  });

  it('may not change to nodes whose price is not known', () => {
    const unknown = { nodeType: 'cache.m4.large' };
    expect(
      plan(spec({ cacheNodeType: 'cache.m4.large', numNodeGroups: 2 }), unknown, { maxMonthlyCostUsd: 1 }).action,
    ).toBe('change');
    expect(
      plan(spec({ cacheNodeType: 'cache.m4.large', numNodeGroups: 4 }), unknown, { maxMonthlyCostUsd: 1 }).reason,
    ).toBe('CostUnknown');
  });
});

describe('the way of a change', () => {
  const ten = { shards: shards(...Array<number>(10).fill(1)) };

  it('gives no replicas to shards that go', () => {
    const made = plan(spec({ numNodeGroups: 4 }), ten, {});
    expect(made.steps.map(({ id }) => id)).toEqual(['more-replicas', 'fewer-shards']);
    expect(made.calls[0]?.parameters.ReplicaConfiguration).toEqual(
      ['0001', '0002', '0003', '0004'].map((NodeGroupId) => ({ NodeGroupId, NewReplicaCount: 2 })),
    );
  });

  it('switches Multi-AZ on when shards without replicas are gone, and before anything else where there are none', () => {
    const wanted = spec({ numNodeGroups: 4, multiAZEnabled: true });
    const order = (cache: Partial<CacheSeen>) => plan(wanted, cache, {}).steps.map(({ id }) => id);
    expect(order(ten)).toEqual(['more-replicas', 'fewer-shards', 'failover-on']);
    expect(order({ shards: shards(2, 2, 2, 2, 2) })).toEqual(['more-replicas', 'failover-on', 'fewer-shards']);
  });

  it('is judged by the most nodes that it has, because a change may end there', () => {
    // 4 × 3 and the 6 that go afterwards; 12 are left.
    const wanted = spec({ numNodeGroups: 4 });
    expect(plan(wanted, ten, { maxNodes: 18 }).action).toBe('change');
    const refused = plan(wanted, ten, { maxNodes: 17 });
    expect(refused).toMatchObject({ action: 'refuse', reason: 'AboveNodeLimit', steps: [] });
    expect(refused.summary).toBe(
      'Refused orders: 18 nodes are more than the policy’s 17 on the way; ask for what becomes fewer first, and for the rest then.',
    );
    const cost = monthlyCostUsd('redis', 'cache.r7g.large', 18) ?? 0;
    expect(plan(wanted, ten, { maxMonthlyCostUsd: cost }).action).toBe('change');
    expect(plan(wanted, ten, { maxMonthlyCostUsd: cost - 1 }).reason).toBe('AboveCostLimit');
  });

  it('takes no more quota and addresses than there are', () => {
    const seen = { ...seenWith(ten), nodeQuotas: { nodesThere: 10, nodesPerRegion: 300, nodesPerCluster: 17 } };
    expect(planCreation(spec({ numNodeGroups: 4 }), seen, termsToAct()).faults).toMatchObject([
      { path: 'numNodeGroups', rule: 'A cache of this account may have 17 nodes; this one would have 18 on the way.' },
    ]);
    const region = { ...seenWith(ten), nodeQuotas: { nodesThere: 293, nodesPerRegion: 300, nodesPerCluster: 90 } };
    expect(planCreation(spec({ numNodeGroups: 4 }), region, termsToAct()).action).toBe('refuse');
  });

  it('never has more nodes than were reckoned with, from any shards to any others', () => {
    const anyShards = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyShards, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 5 }), (counts, groups, more) => {
        const wanted = spec({ numNodeGroups: groups, replicasPerNodeGroup: more });
        const reckoned = nodesOnTheWay(wanted as CacheSpec, { shards: shards(...counts) });
        let seen = seenWith({ shards: shards(...counts) });
        let most = counts.reduce((sum, count) => sum + count, 0);
        for (;;) {
          const [step] = planCreation(wanted, seen, termsToAct()).steps;
          if (!step) break;
          seen = { ...seen, ...applyStep(seen, step) };
          most = Math.max(
            most,
            seen.cache.shards.reduce((sum, { nodeCount }) => sum + nodeCount, 0),
          );
        }
        expect(seen.cache.shards.map(({ nodeCount }) => nodeCount)).toEqual(Array(groups).fill(1 + more));
        expect(reckoned).toBe(most);
      }),
    );
  });
});
