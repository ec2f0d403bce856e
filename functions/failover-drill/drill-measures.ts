import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Measures } from '../platform/handler.ts';
import type { Verdict } from './schemas.ts';

/** By cache, so that a dashboard shows each one's trend. What is not known has no figure. */
export const drillMeasures = (
  { measurement }: Pick<Verdict, 'measurement'>,
  CacheId: string,
): { measures?: Measures } => {
  if (!measurement) return {};
  const { writeOutageMs, readOutageMs, lostAcknowledgedWrites, staleReads } = measurement;
  const values = [
    { name: 'DrillWriteOutage', unit: MetricUnit.Milliseconds, value: writeOutageMs },
    { name: 'DrillReadOutage', unit: MetricUnit.Milliseconds, value: readOutageMs },
    { name: 'DrillLostAcknowledgedWrites', unit: MetricUnit.Count, value: lostAcknowledgedWrites },
    { name: 'DrillStaleReads', unit: MetricUnit.Count, value: staleReads },
  ];
  return {
    measures: {
      dimensions: { CacheId },
      values: values.flatMap(({ value, ...metric }) => (typeof value === 'number' ? [{ ...metric, value }] : [])),
    },
  };
};
