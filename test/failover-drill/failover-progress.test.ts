import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failoverProgress, isTestOfFailover } from '../../functions/failover-drill/failover-progress.ts';
import { Mark, Stage } from '../../functions/failover-drill/schemas.ts';
import type { CacheEvent } from '../../functions/platform/conditions.ts';
import { secondsFromNow } from '../builders/a-drill.ts';
import { anEvent, called, FAILOVER, promoted, recovered, recovering, wholeFailover } from '../builders/a-failover.ts';

const progress = (...events: readonly CacheEvent[]) => failoverProgress(events, FAILOVER);
const stageOf = (...events: readonly CacheEvent[]) => progress(...events).stage;

describe('failoverProgress', () => {
  it('follows the documented order', () => {
    const events = wholeFailover();
    const stages = events.map((_, index) => stageOf(...events.slice(0, index + 1)));
    expect(stages).toEqual(['called', 'promoted', 'promoted', 'recovering', 'recovered']);
    expect(stageOf()).toBe('nothing-yet');
  });

  it('tells each stage once, when and in ElastiCache’s words, and who took over from whom', () => {
    const { stage, marks, oldPrimary, newPrimary } = progress(...wholeFailover());
    expect(Stage.parse(stage)).toBe('recovered');
    expect(marks.map((mark) => Mark.parse(mark))).toEqual([
      { at: secondsFromNow(1), says: 'Test Failover API called for node group 0001' },
      {
        at: secondsFromNow(20),
        says: 'Failover from primary node orders-0001-001 to replica node orders-0001-002 completed',
      },
      { at: secondsFromNow(40), says: 'Recovering cache nodes 0001' },
      { at: secondsFromNow(400), says: 'Finished recovery for cache nodes 0001' },
    ]);
    expect([oldPrimary, newPrimary]).toEqual(['orders-0001-001', 'orders-0001-002']);
  });

  it('is the same in whichever order, and however often, the events come', () => {
    const events = wholeFailover();
    fc.assert(
      fc.property(fc.shuffledSubarray([...events, ...events], { minLength: 2 * events.length }), (shuffled) => {
        expect(progress(...shuffled)).toEqual(progress(...events));
      }),
    );
  });

  it('counts a later stage when an earlier one was never told', () => {
    expect(stageOf(promoted(20))).toBe('promoted');
    expect(stageOf(called(1), recovering(40))).toBe('recovering');
    expect(stageOf(promoted(20), recovered(400))).toBe('recovered');
  });

  it('takes the recovery of a node that nobody saw go down for none of this failover', () => {
    expect(stageOf(called(1), recovered(400))).toBe('called');
    expect(stageOf(called(1), recovering(40), recovered(400))).toBe('recovered');
  });

  it('knows the promotion by its words, whoever says it', () => {
    for (const source of ['orders', 'orders-0001-001', 'orders-0001-002']) {
      expect(progress(promoted(20, { source }))).toMatchObject({ stage: 'promoted', newPrimary: 'orders-0001-002' });
    }
  });

  it.each([
    'Finished recovery for cache nodes 0001',
    'Recovery completed',
    'Recovery of cache nodes 0001 completed',
    'Cache node 0001 recovered: replacement completed',
    'FINISHED RECOVERY for cache node 0001',
  ])('takes “%s” for the end', (message) => {
    expect(stageOf(promoted(20), anEvent(400, 'orders-0001-001', message))).toBe('recovered');
  });

  it.each([
    'Recovering cache nodes 0001',
    'Snapshot completed',
    'Finished modifying number of nodes from 1 to 3',
    'Recovery of cache nodes 0001 is in progress, and not complete',
    'Recovery failed to complete',
    'Recovery could not be completed',
    'Recovery incomplete',
  ])('does not take “%s” for the end', (message) => {
    expect(stageOf(promoted(20), anEvent(400, 'orders-0001-001', message))).not.toBe('recovered');
  });

  it('heeds nothing of an earlier failover', () => {
    const before = wholeFailover().map(({ at, ...event }) => ({
      ...event,
      at: new Date(Date.parse(at) - 3_600_000).toISOString(),
    }));
    expect(progress(...before)).toEqual({ stage: 'nothing-yet', marks: [] });
    expect(stageOf(...before, called(1), promoted(20))).toBe('promoted');
  });

  it.each<[string, readonly CacheEvent[]]>([
    [
      'another shard',
      [
        called(1, '0002'),
        promoted(20, { from: 'orders-0002-001', to: 'orders-0002-002' }),
        recovering(40, 'orders-0002-001'),
        recovered(400, 'orders-0002-001'),
      ],
    ],
    [
      'another cache',
      wholeFailover().map((event) => ({
        ...event,
        source: event.source.replace('orders', 'carts'),
        message: event.message.replaceAll('orders', 'carts'),
      })),
    ],
    [
      'a cache whose id begins alike',
      wholeFailover().map((event) => ({
        ...event,
        source: event.source.replace('orders', 'orders-2'),
        message: event.message.replaceAll('orders', 'orders-2'),
      })),
    ],
  ])('heeds nothing of %s', (_, events) => {
    expect(progress(...events)).toEqual({ stage: 'nothing-yet', marks: [] });
    expect(stageOf(...events, called(1))).toBe('called');
  });

  it('waits for the node that went down, not for another one that is rebuilt', () => {
    expect(stageOf(promoted(20), recovering(40, 'orders-0001-003'), recovered(60, 'orders-0001-003'))).toBe('promoted');
    expect(stageOf(promoted(20), recovering(40), recovered(60, 'orders-0001-002'))).toBe('recovering');
  });

  it('does not take the end of an earlier recovery for that of this one', () => {
    expect(stageOf(recovered(5), promoted(20), recovering(40))).toBe('recovering');
    expect(stageOf(recovered(5), promoted(20))).toBe('promoted');
    expect(stageOf(promoted(20), recovered(30), recovering(40))).toBe('recovering');
  });

  it('knows the shard however many zeros it is written with', () => {
    expect(stageOf(called(1, '1'))).toBe('called');
    expect(stageOf(called(1, '11'))).toBe('nothing-yet');
  });

  it('never says that it has recovered before the end of a recovery of a node of the shard was told', () => {
    const source = fc.constantFrom(
      'orders',
      ...FAILOVER.nodeIds,
      'orders-0002-001',
      'orders-2-0001-001',
      'carts-0001-001',
    );
    const message = fc.constantFrom(
      'Test Failover API called for node group 0001',
      'Test Failover API called for node group 0002',
      'Failover from primary node orders-0001-001 to replica node orders-0001-002 completed',
      'Failover from primary node orders-0002-001 to replica node orders-0002-002 completed',
      'Recovering cache nodes 0001',
      'Finished recovery for cache nodes 0001',
      'Recovery completed',
      'Cache cluster created',
    );
    const event = fc
      .record({ seconds: fc.integer({ min: -600, max: 600 }), source, message })
      .map(({ seconds, source: from, message: says }) => anEvent(seconds, from, says));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { stage, marks } = progress(...events);
        const ends = events.filter(
          (each) =>
            FAILOVER.nodeIds.includes(each.source) && /recovery/i.test(each.message) && each.at >= FAILOVER.orderedAt,
        );
        if (ends.length === 0) expect(stage).not.toBe('recovered');
        expect(marks.every(({ at }) => at >= FAILOVER.orderedAt)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isTestOfFailover', () => {
  it('knows the call of anybody, and nothing else', () => {
    expect(isTestOfFailover(called(1, '0042'))).toBe(true);
    for (const event of [promoted(1), recovering(1), recovered(1)]) expect(isTestOfFailover(event)).toBe(false);
  });
});
