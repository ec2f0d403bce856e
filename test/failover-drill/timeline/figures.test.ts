import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../functions/failover-drill/timeline/figures.ts';
import type { TimelineView } from '../../../functions/failover-drill/timeline/timeline-view.ts';
import { aTimelineView } from './a-timeline-view.ts';

const figure = (view: TimelineView, name: string) => figuresOf(view).find((each) => each.name === name);
const measured = (measurement: Partial<TimelineView['measurement']>): TimelineView => {
  const view = aTimelineView();
  return { ...view, measurement: { ...view.measurement, ...measurement } };
};

describe('figuresOf', () => {
  it('says a write outage beside its target, and minds one that is as long', () => {
    expect(figure(measured({ writeUnavailableMs: 1424 }), 'write outage')).toEqual({
      name: 'write outage',
      value: '1.42 s',
      note: 'target: under 60 s',
      bad: false,
    });
    expect(figure(measured({ writeUnavailableMs: 60_000 }), 'write outage')?.bad).toBe(true);
    expect(figure(measured({ writeUnavailableMs: 'not-over' }), 'write outage')).toMatchObject({
      value: 'not over',
      bad: true,
    });
  });

  it('says how many outages there were when there was more than one, and how long they were in all', () => {
    const often = measured({
      writeOutageMs: 40_000,
      writeOutages: 2,
      writeUnavailableMs: 70_000,
      readOutages: 3,
      readUnavailableMs: 900,
    });
    expect(figure(often, 'write outages: 2')).toMatchObject({ value: '1 min 10 s', bad: true });
    expect(figure(often, 'read outages: 3')).toMatchObject({ value: '0.90 s', bad: false });
  });

  it('never hides a lost write, nor that nobody knows how many were lost', () => {
    expect(figure(measured({ lostAcknowledgedWrites: 1 }), 'lost writes')).toMatchObject({ value: '1', bad: true });
    expect(figure(measured({ lostAcknowledgedWrites: 'unknown' }), 'lost writes')).toMatchObject({
      value: 'unknown',
      bad: true,
    });
    expect(figure(measured({}), 'lost writes')).toMatchObject({ value: '0', bad: false });
  });

  it('minds any outage of the control shard', () => {
    expect(figure(measured({ controlOutageMs: 200 }), 'control shard')).toMatchObject({ value: '0.20 s', bad: true });
    expect(figure(measured({}), 'control shard')).toMatchObject({ value: 'no failure', bad: false });
    expect(figure(aTimelineView({ hasControl: false }), 'control shard')).toMatchObject({ value: 'none', bad: false });
  });

  it('shows no zero for what was not attempted', () => {
    const silent = ['cluster', 'plain', 'naive', 'control'].flatMap((who) => [`${who} write`, `${who} read`]);
    for (const each of figuresOf(aTimelineView({ silent })))
      expect(each).toMatchObject({ value: 'not seen', bad: true });
    expect(figure(aTimelineView({ silent: ['cluster read', 'plain read'] }), 'read outage')?.value).toBe('not seen');
    expect(figure(aTimelineView({ silent: ['cluster read', 'plain read'] }), 'write outage')?.value).toBe('no failure');
  });
});
