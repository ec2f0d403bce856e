import { describe, expect, it } from 'vitest';
import { stripsOf } from '../../../functions/failover-drill/timeline/strips.ts';
import { aTimelineView } from './a-timeline-view.ts';

const columns = { fromMs: 0, toMs: 30_000, count: 300 };
const closed = (fromMs: number, toMs: number) => ({ fromMs, toMs, as: 'closed' as const });

describe('stripsOf', () => {
  it("has a row for each client's writes and reads, and one for the control shard below them", () => {
    const labels = stripsOf(aTimelineView(), columns).map(({ label }) => label);
    expect(labels).toEqual([
      'cluster writes',
      'cluster reads',
      'plain writes',
      'plain reads',
      'naive writes',
      'naive reads',
      'control 0002',
    ]);
  });

  it('has no row for a control shard that there is not', () => {
    const strips = stripsOf(aTimelineView({ hasControl: false }), columns);
    expect(strips.filter(({ label }) => label.startsWith('control'))).toEqual([]);
  });

  it('says for how long it failed in all when there was more than one outage', () => {
    const view = aTimelineView({ troubles: { 'plain write': [closed(7000, 8000)] } });
    const clients = view.measurement.clients.map((felt) =>
      felt.outages === 0 ? felt : { ...felt, outages: 3, unavailableMs: 4000, errors: { closed: 60 } },
    );
    const strips = stripsOf({ ...view, measurement: { ...view.measurement, clients } }, columns);
    expect(strips.find(({ label }) => label === 'plain writes')?.says).toBe('4.00 s in 3 outages · 60 × closed');
  });

  it('marks the outage where it was, and says its length and the errors, most frequent first', () => {
    const troubles = {
      'plain write': [closed(7000, 7200), { fromMs: 7200, toMs: 8400, as: 'READONLY' as const }],
    };
    const strips = stripsOf(aTimelineView({ troubles }), columns);
    const { outage, failed, says, goesOn } = strips.find(({ label }) => label === 'plain writes') ?? {};
    expect(outage?.fromMs).toBeGreaterThanOrEqual(7000);
    expect(outage?.fromMs).toBeLessThan(7100);
    expect(outage?.toMs).toBeGreaterThanOrEqual(8400);
    expect(outage?.toMs).toBeLessThan(8500);
    expect(failed).not.toEqual([]);
    expect(goesOn).toBe(false);
    expect(says).toMatch(/^1\.[34]\d s · 2\d × READONLY, \d × closed$/);
    expect(strips.filter(({ label }) => label !== 'plain writes').every((strip) => strip.says === 'no failure')).toBe(
      true,
    );
  });

  it('says how long an outage has lasted that is not over, and that it goes on behind the edge', () => {
    const troubles = { 'cluster read': [closed(10_000, 30_000)] };
    const [, reads] = stripsOf(aTimelineView({ troubles }), { ...columns, toMs: 15_000 });
    expect(reads?.says).toMatch(/^not over after (19\.9|20\.0) s · /);
    expect(reads?.outage?.toMs).toBe(15_000);
    expect(reads?.goesOn).toBe(true);
  });

  it('does not take a lane without attempts for one without failures', () => {
    const [writes, reads] = stripsOf(aTimelineView({ silent: ['cluster write'] }), columns);
    expect(writes?.says).toBe('nothing was attempted');
    expect(writes?.attempted).toBeUndefined();
    expect(reads?.says).toBe('no failure');
  });

  it('shows of the control shard the longest outage', () => {
    const troubles = { 'control write': [closed(7000, 7300)], 'control read': [closed(7000, 9000)] };
    const control = stripsOf(aTimelineView({ troubles }), columns).at(-1);
    expect(control?.says).toMatch(/^2\.0\d s · /);
    expect(control?.outage?.toMs).toBeGreaterThan(9000);
  });

  it('marks when the acknowledged writes were sent that were lost, at their own client only', () => {
    const strips = stripsOf(aTimelineView({ lost: { plain: [100, 101] } }), columns);
    const lost = strips.find(({ label }) => label === 'plain writes')?.lostAtMs ?? [];
    expect(lost.length).toBeGreaterThan(0);
    for (const ms of lost) expect(Math.abs(ms - 5000)).toBeLessThan(500);
    expect(strips.filter(({ lostAtMs }) => lostAtMs.length > 0)).toHaveLength(1);
  });
});
