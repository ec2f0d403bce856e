import { describe, expect, it } from 'vitest';
import { drillMeasures } from '../../functions/failover-drill/drill-measures.ts';
import type { Measurement } from '../../functions/failover-drill/measurement.ts';
import { aMeasurement } from '../builders/a-measurement.ts';

const publishedOf = (verdict: Parameters<typeof drillMeasures>[0]) => {
  const { measures } = drillMeasures(verdict, 'orders');
  expect(measures.dimensions).toEqual({ CacheId: 'orders' });
  return measures.values.map(({ name, unit, value }) => `${name} ${value} ${unit}`);
};
const figures = (changes: Partial<Measurement>, passed = true) =>
  publishedOf({ passed, measurement: aMeasurement(changes) });

describe('drillMeasures', () => {
  it('publishes the figures of a drill, by its cache, also those that are zero', () => {
    expect(figures({ readOutageMs: 0, lostAcknowledgedWrites: 3 })).toEqual([
      'DrillPassed 1 Count',
      'DrillWriteOutage 2000 Milliseconds',
      'DrillReadOutage 0 Milliseconds',
      'DrillLostAcknowledgedWrites 3 Count',
      'DrillStaleReads 0 Count',
    ]);
  });

  it('publishes all outages together, not the longest', () => {
    const twice = { writeUnavailableMs: 100_000, writeUnavailableSeenMs: 100_000 };
    expect(figures({ writeOutageMs: 50_000, ...twice }, false)).toContain('DrillWriteOutage 100000 Milliseconds');
  });

  it('has a figure for the worst drills, too: what was not over counts until the end of the log', () => {
    const open = { writeOutageMs: 'not-over', readOutageMs: 'not-over', lostAcknowledgedWrites: 'unknown' } as const;
    const seen = { writeUnavailableSeenMs: 580_000, readUnavailableSeenMs: 12_000 };
    expect(figures({ ...open, ...seen }, false)).toEqual([
      'DrillPassed 0 Count',
      'DrillWriteOutage 580000 Milliseconds',
      'DrillReadOutage 12000 Milliseconds',
      // How many were lost is not known, and no number says so.
      'DrillStaleReads 0 Count',
    ]);
  });

  it('says of a drill that was not measured that it was not passed', () => {
    expect(publishedOf({ passed: false })).toEqual(['DrillPassed 0 Count']);
  });
});
