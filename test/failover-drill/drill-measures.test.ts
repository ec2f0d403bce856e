import { describe, expect, it } from 'vitest';
import { drillMeasures } from '../../functions/failover-drill/drill-measures.ts';
import type { Measurement } from '../../functions/failover-drill/measurement.ts';
import { aMeasurement } from '../builders/a-measurement.ts';

const figures = (changes: Partial<Measurement>) => {
  const { measures } = drillMeasures({ measurement: aMeasurement(changes) }, 'orders');
  expect(measures?.dimensions).toEqual({ CacheId: 'orders' });
  return measures?.values.map(({ name, unit, value }) => `${name} ${value} ${unit}`);
};

describe('drillMeasures', () => {
  it('publishes the figures of a drill, by its cache, also those that are zero', () => {
    expect(figures({ readOutageMs: 0, lostAcknowledgedWrites: 3 })).toEqual([
      'DrillWriteOutage 2000 Milliseconds',
      'DrillReadOutage 0 Milliseconds',
      'DrillLostAcknowledgedWrites 3 Count',
      'DrillStaleReads 0 Count',
    ]);
  });

  it('has no figure for what is not known', () => {
    const unknown = { writeOutageMs: 'not-over', readOutageMs: 'not-over', lostAcknowledgedWrites: 'unknown' } as const;
    expect(figures(unknown)).toEqual(['DrillStaleReads 0 Count']);
    expect(drillMeasures({}, 'orders')).toEqual({});
  });
});
