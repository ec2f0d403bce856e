import { describe, expect, it } from 'vitest';
import { focusOf } from '../../../functions/failover-drill/timeline/focus.ts';
import { aTimelineView, atMs, type Scene } from './a-timeline-view.ts';

const outage = (fromMs: number, toMs: number): Partial<Scene> => ({
  lastsMs: 840_000,
  everyMs: 100,
  troubles: { 'cluster write': [{ fromMs, toMs, as: 'closed' }] },
});
const orderedAt = atMs(60_000);

describe('focusOf', () => {
  it('shows a long log from five seconds before the order until some seconds after the last recovery', () => {
    const { fromMs, toMs, zeroMs } = focusOf(aTimelineView(outage(60_400, 75_000), { orderedAt }));
    expect(zeroMs).toBe(60_000);
    expect(fromMs).toBeLessThanOrEqual(55_000);
    expect(fromMs).toBeGreaterThan(50_000);
    expect(toMs).toBeGreaterThanOrEqual(78_000);
    expect(toMs).toBeLessThan(85_000);
  });

  it('shows all outages of a client, not only the longest', () => {
    const view = aTimelineView(outage(60_400, 75_000), { orderedAt });
    const clients = view.measurement.clients.map((felt) =>
      felt.outages === 0 ? felt : { ...felt, outages: 2, outagesToMs: 120_000 },
    );
    const { fromMs, toMs } = focusOf({ ...view, measurement: { ...view.measurement, clients } });
    expect(fromMs).toBeLessThanOrEqual(55_000);
    expect(toMs).toBeGreaterThanOrEqual(123_000);
  });

  it('begins and ends at a tick, and has no more than a dozen', () => {
    for (const lengthMs of [100, 1500, 9000, 31_000, 120_000, 400_000]) {
      const { fromMs, toMs, zeroMs, tickMs } = focusOf(aTimelineView(outage(60_400, 60_400 + lengthMs), { orderedAt }));
      expect((fromMs - zeroMs) % tickMs).toBeCloseTo(0);
      expect((toMs - zeroMs) % tickMs).toBeCloseTo(0);
      expect((toMs - fromMs) / tickMs).toBeLessThanOrEqual(14);
    }
  });

  it('shows the target of an outage that does not end, and not the minutes that follow', () => {
    const { toMs } = focusOf(aTimelineView(outage(60_400, 840_000), { orderedAt }));
    expect(toMs).toBeGreaterThan(60_400 + 60_000);
    expect(toMs).toBeLessThan(60_400 + 120_000);
  });

  it('does not wait for a naive client that never comes back', () => {
    const troubles = { 'naive write': [{ fromMs: 60_400, toMs: 840_000, as: 'READONLY' as const }] };
    const { toMs } = focusOf(aTimelineView({ ...outage(0, 0), troubles }, { orderedAt }));
    expect(toMs).toBeLessThan(85_000);
  });

  it('takes in an event a little later, and leaves out one that is minutes later', () => {
    const marks = [
      { at: atMs(85_000), says: 'near' },
      { at: atMs(400_000), says: 'far' },
    ];
    const { toMs } = focusOf(aTimelineView(outage(60_400, 75_000), { orderedAt, marks }));
    expect(toMs).toBeGreaterThan(85_000);
    expect(toMs).toBeLessThan(120_000);
  });

  it('shows everything when nothing was ordered and nothing failed', () => {
    const { fromMs, toMs } = focusOf(aTimelineView({ isOrdered: false }));
    expect([fromMs, toMs]).toEqual([0, 30_000]);
  });

  it('does not cut off a second or two', () => {
    const view = aTimelineView({ lastsMs: 17_000 }, { orderedAt: atMs(6000) });
    const { fromMs, toMs } = focusOf(view);
    expect(fromMs).toBeLessThanOrEqual(0);
    expect(toMs).toBeGreaterThanOrEqual(17_000);
  });

  it('has some length even when the log has none', () => {
    const { fromMs, toMs } = focusOf(aTimelineView({ lastsMs: 0, isOrdered: false }));
    expect(toMs).toBeGreaterThan(fromMs);
  });
});
