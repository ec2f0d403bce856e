import { describe, expect, it } from 'vitest';
import { focusOf } from '../../../functions/failover-drill/timeline/focus.ts';
import { notesOf } from '../../../functions/failover-drill/timeline/notes.ts';
import type { TimelineView } from '../../../functions/failover-drill/timeline/timeline-view.ts';
import { aTimelineView, atMs } from './a-timeline-view.ts';

const notes = (view: TimelineView) => notesOf(view, focusOf(view));
const orderedAt = atMs(60_000);

describe('notesOf', () => {
  it('says how much was left out and who failed there', () => {
    const troubles = { 'naive write': [{ fromMs: 60_400, toMs: 840_000, as: 'READONLY' as const }] };
    const [first] = notes(aTimelineView({ lastsMs: 840_000, everyMs: 500, troubles }, { orderedAt }));
    expect(first).toMatch(
      /^Shown are 2\d\.0 s of 14 min 0 s\. Left out: 5\d\.0 s before it \(no attempt failed\) and 12 min \d+ s after it \(failed attempts: naive \d+\)\.$/,
    );
  });

  it('names each event that is not in the picture', () => {
    const marks = [{ at: atMs(320_000), says: 'Finished recovery for cache nodes 0001' }];
    expect(notes(aTimelineView({ lastsMs: 400_000 }, { orderedAt, marks }))).toContain(
      'Not in the picture, +4 min 20 s: Finished recovery for cache nodes 0001',
    );
  });

  it('says nothing when everything is shown', () => {
    expect(notes(aTimelineView({ lastsMs: 17_000 }))).toEqual([]);
  });

  it('says that the prober ran out of time, that nothing was ordered, that the drill went away', () => {
    expect(notes(aTimelineView({}, { log: { endedBecause: 'time-limit' } })).at(-1)).toMatch(
      /time limit after 30\.0 s/,
    );
    expect(notes(aTimelineView({}, { log: { endedBecause: 'drill-ended' } })).at(-1)).toMatch(/^The drill ended/);
    expect(notes(aTimelineView({ isOrdered: false }))).toEqual(['No failover was ordered while this was recorded.']);
  });
});
