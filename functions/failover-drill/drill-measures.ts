import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Measures } from '../platform/handler.ts';
import type { Verdict } from './schemas.ts';

/**
 * By cache, so that a dashboard shows each one's trend: whether the drill was passed, always, and its figures, if there are any.
 * An outage that was not over counts until the end of the log, so that the worst drills do not look like none.
 */
export const drillMeasures = (
  { passed, measurement }: Pick<Verdict, 'passed' | 'measurement'>,
  CacheId: string,
): { readonly measures: Measures } => {
  const verdict = { name: 'DrillPassed', unit: MetricUnit.Count, value: passed ? 1 : 0 };
  const figures = measurement && [
    { name: 'DrillWriteOutage', unit: MetricUnit.Milliseconds, value: measurement.writeUnavailableSeenMs },
    { name: 'DrillReadOutage', unit: MetricUnit.Milliseconds, value: measurement.readUnavailableSeenMs },
    { name: 'DrillLostAcknowledgedWrites', unit: MetricUnit.Count, value: measurement.lostAcknowledgedWrites },
    { name: 'DrillStaleReads', unit: MetricUnit.Count, value: measurement.staleReads },
  ];
  const known = (figures ?? []).flatMap(({ value, ...metric }) =>
    typeof value === 'number' ? [{ ...metric, value }] : [],
  );
  return { measures: { dimensions: { CacheId }, values: [verdict, ...known] } };
};
