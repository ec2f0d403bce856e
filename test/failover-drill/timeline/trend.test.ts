import { describe, expect, it } from 'vitest';
import type { PastDrill } from '../../../functions/failover-drill/timeline/timeline-view.ts';
import { trendOf } from '../../../functions/failover-drill/timeline/trend.ts';
import { aTimelineView } from './a-timeline-view.ts';

const past = (...lengths: readonly PastDrill['writeUnavailableMs'][]): PastDrill[] =>
  lengths.map((writeUnavailableMs, month) => ({ at: `2026-0${(month % 9) + 1}-01T03:00:00Z`, writeUnavailableMs }));
const trend = (...lengths: readonly PastDrill['writeUnavailableMs'][]) => {
  const troubles = { 'cluster write': [{ fromMs: 6000, toMs: 8000, as: 'closed' as const }] };
  return trendOf(aTimelineView({ troubles }, { past: past(...lengths) }));
};

describe('trendOf', () => {
  it('compares this drill with those before it', () => {
    const { bars, says } = trend(1000, 4000);
    expect(bars.map(({ isThis }) => isThis)).toEqual([false, false, true]);
    expect(bars.map(({ height }) => height)).toEqual([0.25, 1, expect.closeTo(0.5, 1)]);
    expect(says).toBe('1.00 s to 4.00 s');
  });

  it('shows an outage that was not over, and one over the target, as bad', () => {
    const { bars, says } = trend('not-over', 61_000, 100);
    expect(bars.map(({ bad }) => bad)).toEqual([true, true, false, false]);
    expect(bars[0]?.height).toBe(1);
    expect(says).toMatch(/, 1 not over$/);
  });

  it('shows the latest of many, and this drill always', () => {
    const { bars } = trend(9000, ...Array.from({ length: 40 }, () => 1000));
    expect(bars).toHaveLength(14);
    expect(bars.at(-1)?.isThis).toBe(true);
    expect(Math.max(...bars.map(({ height }) => height))).toBe(1);
    expect(bars.slice(0, -1).every(({ height }) => height < 0.6)).toBe(true);
  });
});
