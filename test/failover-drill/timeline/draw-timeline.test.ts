import { describe, expect, it } from 'vitest';
import { timelineSvg } from '../../../functions/failover-drill/timeline/draw-timeline.ts';
import { toPng } from '../../../functions/failover-drill/timeline/picture.ts';
import { aTimelineView, atMs } from './a-timeline-view.ts';

const closed = (fromMs: number, toMs: number) => ({ fromMs, toMs, as: 'closed' as const });
const usual = {
  'cluster write': [closed(6400, 7800)],
  'plain write': [closed(6400, 8500)],
  'naive write': [{ fromMs: 6400, toMs: 900_000, as: 'READONLY' as const }],
};
const marks = [
  { at: atMs(6300), says: 'Test Failover API called for node group 0001' },
  { at: atMs(7600), says: 'Failover completed' },
  { at: atMs(7600), says: 'Recovering cache nodes 0001' },
];

/** Every text of the picture, as somebody would read it. */
const textsOf = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
  );

/** The bars of failed attempts in all rows, in pixels from the left. */
const failedBars = (svg: string): { left: number; right: number }[] =>
  [...svg.matchAll(/<path d="M([\d.]+) [\d.]+l([\d.]+) 0l0 12[^"]*" fill="#a3231a"/g)].map(([, left, width]) => ({
    left: Number(left),
    right: Number(left) + Number(width),
  }));

describe('timelineSvg', () => {
  it('says which drill it was, how it ended, and its figures', () => {
    const texts = textsOf(timelineSvg(aTimelineView({ troubles: usual, staleReads: 7, lost: { plain: [80, 81] } })));
    for (const each of [
      'Failover drill of orders-prod, shard 0001',
      'PASSED',
      'Writable again after 1.42 s, and no acknowledged write was lost.',
      'write outage',
      'read outage',
      'longest gap',
      'lost writes',
      'stale reads',
      '7',
      'seconds since the failover was ordered',
    ]) {
      expect(texts).toContain(each);
    }
  });

  it('draws a bar with its length where a client failed', () => {
    const svg = timelineSvg(
      aTimelineView({ troubles: { 'cluster write': usual['cluster write'] }, hasControl: false }),
    );
    const bars = failedBars(svg);
    expect(bars.length).toBeGreaterThan(0);
    // The axis goes from -6 s to 14 s over 1006 px from 170 on: the failover was ordered after 6 s of the log.
    const secondsAt = (px: number) => ((px - 170) / 1006) * 20 - 6;
    for (const { left, right } of bars) {
      expect(secondsAt(left)).toBeGreaterThan(0.3);
      expect(secondsAt(right)).toBeLessThan(2);
    }
    expect(textsOf(svg).some((text) => /^1\.[34]\d s · \d+ × closed$/.test(text))).toBe(true);
  });

  it('draws no bar when nothing failed', () => {
    const svg = timelineSvg(aTimelineView());
    expect(failedBars(svg)).toEqual([]);
    expect(textsOf(svg).filter((text) => text === 'no failure').length).toBeGreaterThanOrEqual(7);
  });

  it('names each event, those at the same moment too', () => {
    const texts = textsOf(timelineSvg(aTimelineView({ troubles: usual }, { marks })));
    expect(texts).toContain('failover ordered');
    expect(texts).toContain('+0.3 s Test Failover API called for node group 0001');
    expect(texts).toContain('+1.6 s Failover completed');
    expect(texts).toContain('+1.6 s Recovering cache nodes 0001');
  });

  it('places events by the log’s own clock, however fast the account’s clock goes', () => {
    const fast = aTimelineView({ troubles: usual }, { marks: [{ at: atMs(600_000), says: 'Failover completed' }] });
    const started = Date.parse(fast.log.startedAt);
    const log = {
      ...fast.log,
      clock: [[0, started] as [number, number], [30_000, started + 1_800_000] as [number, number]],
    };
    expect(textsOf(timelineSvg({ ...fast, log, orderedAt: atMs(360_000) }))).toContain('+4.0 s Failover completed');
  });

  it('shows the target where it is near, and not where the outage was far shorter', () => {
    const target = 'target: writes answered again within 60 s';
    const long = { 'cluster write': [closed(6400, 900_000)] };
    const lasts = { lastsMs: 200_000, everyMs: 200 };
    expect(textsOf(timelineSvg(aTimelineView({ ...lasts, troubles: long })))).toContain(target);
    expect(textsOf(timelineSvg(aTimelineView({ ...lasts, troubles: usual })))).not.toContain(target);
  });

  it('shows a client that never recovers, and says since when', () => {
    const texts = textsOf(timelineSvg(aTimelineView({ troubles: usual, lastsMs: 100_000 })));
    expect(texts.some((text) => /^not over after 1 min 3\d s · \d+ × READONLY$/.test(text))).toBe(true);
  });

  it('stays small, however much was recorded', () => {
    const many = aTimelineView({ lastsMs: 840_000, everyMs: 22, troubles: usual }, { marks });
    expect(many.log.lanes.reduce((sum, { sentAtMs }) => sum + sentAtMs.length, 0)).toBeGreaterThan(300_000);
    expect(timelineSvg(many).length).toBeLessThan(150_000);
  });

  it('stays small when a client flaps all the time', () => {
    const flaps = Array.from({ length: 4000 }, (_, index) => closed(index * 200, index * 200 + 100));
    const troubles = Object.fromEntries(
      ['cluster', 'plain', 'naive'].flatMap((who) => [`${who} write`, `${who} read`]).map((lane) => [lane, flaps]),
    );
    expect(timelineSvg(aTimelineView({ lastsMs: 800_000, everyMs: 30, troubles })).length).toBeLessThan(300_000);
  });

  it.each([
    ['markup', '<script>alert("&amp;")</script>'],
    ['what XML cannot say', 'a\u0000b\u001bc\ud800d\ufffe'],
    ['a very long word', 'x'.repeat(100)],
    ['several lines', 'a\nb\r\nc'],
  ])('is well-formed with %s in its texts', async (_, odd) => {
    const svg = timelineSvg(
      aTimelineView(
        { troubles: usual },
        {
          marks: [{ at: atMs(7000), says: odd }],
          verdict: { outcome: 'failed', says: odd },
          log: { cacheId: odd, outcomes: ['ok', odd, odd, odd, odd] },
        },
      ),
    );
    expect(svg).not.toContain('<script');
    // The renderer's parser takes well-formed XML only.
    await expect(toPng(svg, 300)).resolves.toBeInstanceOf(Uint8Array);
  });

  it('writes an odd id as it is', () => {
    const texts = textsOf(timelineSvg(aTimelineView({}, { log: { cacheId: '<b>&"odd"' } })));
    expect(texts).toContain('Failover drill of <b>&"odd", shard 0001');
  });

  it.each([
    ['nothing recorded at all', { clients: [], hasControl: false }],
    ['one client, one shard', { clients: ['cluster'] as const, hasControl: false }],
    ['a lane without attempts', { silent: ['cluster write', 'plain read', 'control write'] }],
    ['no failover ordered', { isOrdered: false }],
    ['a log of no length', { lastsMs: 0 }],
  ])('can be drawn with %s', async (_, scene) => {
    const svg = timelineSvg(aTimelineView(scene));
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    await expect(toPng(svg, 300)).resolves.toBeInstanceOf(Uint8Array);
  });

  it('says that it ended by the time limit', () => {
    const texts = textsOf(timelineSvg(aTimelineView({}, { log: { endedBecause: 'time-limit' } })));
    expect(texts.some((text) => text.startsWith('The prober reached its time limit'))).toBe(true);
  });
});
