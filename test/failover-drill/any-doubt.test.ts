import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDrill } from '../../functions/failover-drill/plan-drill.ts';
import { DRILL_REASONS, DrillPlan } from '../../functions/failover-drill/schemas.ts';
import { anyReadyWorld, type DrillWorld, FLAWS } from '../builders/any-drill.ts';

const plan = ({ request, seen, terms }: DrillWorld): DrillPlan => DrillPlan.parse(planDrill(request, seen, terms));

describe('a plan for a drill, whatever the figures are', () => {
  it('drills when nothing speaks against it', () => {
    fc.assert(
      fc.property(anyReadyWorld, (world) => {
        const made = plan(world);
        expect(made.checks.filter(({ passed }) => !passed)).toEqual([]);
        expect(made).toMatchObject({ action: 'drill', reason: 'ReadyToDrill' });
        expect(world.seen.cache.shards.map(({ id }) => id)).toContain(made.shardId);
      }),
    );
  });

  it.each(FLAWS)('never drills when %s', (_, reason, flaw) => {
    fc.assert(
      fc.property(anyReadyWorld, (world) => {
        const { action, reason: why, summary } = plan(flaw(world));
        expect({ action, why }).toEqual({ action: 'refuse', why: reason });
        expect(summary).toMatch(/^No drill of .+: .+\.$/);
      }),
      { numRuns: 30 },
    );
  });

  it('never drills when any number of things are wrong at once', () => {
    fc.assert(
      fc.property(anyReadyWorld, fc.subarray([...FLAWS], { minLength: 1 }), (world, flaws) => {
        // A cache that is gone cannot be broken further: it goes last. Nor does a clock that cannot be read tell of tomorrow.
        const inOrder = flaws.toSorted(
          ([, one], [, other]) => Number(one === 'NoSuchCache') - Number(other === 'NoSuchCache'),
        );
        const broken = inOrder.reduce((now, [, , flaw]) => {
          try {
            return flaw(now);
          } catch (error) {
            if (error instanceof RangeError) return now;
            throw error;
          }
        }, world);
        expect(plan(broken).action).toBe('refuse');
      }),
      { numRuns: 300 },
    );
  });

  it('never says yes to what is no request', () => {
    fc.assert(
      fc.property(anyReadyWorld, fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (world, request) => {
        const known = ['cacheId', 'shardId', 'mode', 'unasked', 'requestedBy'];
        fc.pre(Object.keys(request).some((key) => !known.includes(key)));
        expect(plan({ ...world, request })).toMatchObject({ action: 'refuse', reason: 'InvalidRequest' });
        expect(plan({ ...world, request: { ...world.request, ...request } }).action).toBe('refuse');
      }),
    );
  });

  it('has a flaw for each reason', () => {
    expect([...new Set(FLAWS.map(([, reason]) => reason)), 'ReadyToDrill'].sort()).toEqual([...DRILL_REASONS].sort());
  });
});
