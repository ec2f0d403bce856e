import { type AlarmSettings, type AlarmState, statisticOf } from './alarm.ts';
import type { Datapoint } from './metric-store.ts';

const COMPARE: Readonly<
  Record<
    AlarmSettings['ComparisonOperator'],
    readonly [words: string, breaches: (value: number, threshold: number) => boolean]
  >
> = {
  GreaterThanOrEqualToThreshold: ['greater than or equal to', (value, threshold) => value >= threshold],
  GreaterThanThreshold: ['greater than', (value, threshold) => value > threshold],
  LessThanThreshold: ['less than', (value, threshold) => value < threshold],
  LessThanOrEqualToThreshold: ['less than or equal to', (value, threshold) => value <= threshold],
};

/** Periods that CloudWatch looks back on besides those that it evaluates, for data that came late; how many is its own affair. */
const LATE_PERIODS = 3;

/** The time from which datapoints count, and up to which: periods that have ended. */
export const evaluationRange = ({ Period, EvaluationPeriods }: AlarmSettings, nowMs: number) => {
  const periodMs = Period * 1000;
  const toMs = Math.floor(nowMs / periodMs) * periodMs;
  return { fromMs: toMs - (EvaluationPeriods + LATE_PERIODS) * periodMs, toMs, periodSeconds: Period };
};

export interface Evaluation {
  readonly value: AlarmState['value'];
  readonly reason: string;
  readonly reasonData: string;
}

/**
 * What state an alarm is in after its last periods. "M out of N" datapoints have to breach (user guide, "Alarm evaluation"
 * and "Configuring how alarms treat missing data"). Answers nothing when the state stays as it is for want of data.
 */
export const evaluate = (
  settings: AlarmSettings,
  datapoints: readonly Datapoint[],
  nowMs: number,
): Evaluation | undefined => {
  const { Period, EvaluationPeriods, Threshold, TreatMissingData } = settings;
  const needed = settings.DatapointsToAlarm ?? EvaluationPeriods;
  const [words, breaches] = COMPARE[settings.ComparisonOperator];
  const { toMs } = evaluationRange(settings, nowMs);
  // Data that came late stands in for data that is missing: only what is still lacking then is filled.
  const real = datapoints.slice(-EvaluationPeriods);
  const breaching = real.filter(({ value }) => breaches(value, Threshold)).length;
  const healthy = real.length - breaching;
  const lacking = EvaluationPeriods - real.length;

  const as = (value: AlarmState['value'], reason: string): Evaluation => ({
    value,
    reason,
    reasonData: JSON.stringify({
      version: '1.0',
      queryDate: awsTime(nowMs),
      ...(real[0] ? { startDate: awsTime(real[0].atMs) } : {}),
      statistic: statisticOf(settings),
      period: Period,
      recentDatapoints: real.map(({ value: measured }) => measured),
      threshold: Threshold,
    }),
  });
  const crossed = (value: 'OK' | 'ALARM'): Evaluation => {
    const listed = real.map(({ value: measured, atMs }) => `${measured.toFixed(1)} (${shortTime(atMs)})`).join(', ');
    const [count, was, move] =
      value === 'ALARM' ? [breaching, 'was', 'OK -> ALARM'] : [healthy, 'was not', 'ALARM -> OK'];
    const threshold = `${words} the threshold (${Threshold.toFixed(1)})`;
    const least = `minimum ${plural(value === 'ALARM' ? needed : EvaluationPeriods - needed + 1, 'datapoint')} for ${move} transition`;
    return as(
      value,
      `Threshold Crossed: ${count} out of the last ${plural(real.length, 'datapoint')} [${listed}] ${was} ${threshold} (${least}).`,
    );
  };
  const filled = (value: 'OK' | 'ALARM', treated: string): Evaluation =>
    as(
      value,
      `Threshold Crossed: no datapoints were received for ${plural(EvaluationPeriods, 'period')} and ${plural(EvaluationPeriods, 'missing datapoint')} treated as [${treated}].`,
    );

  switch (TreatMissingData) {
    case 'breaching':
      if (real.length === 0) return filled('ALARM', 'Breaching');
      return crossed(breaching + lacking >= needed ? 'ALARM' : 'OK');
    case 'notBreaching':
      if (real.length === 0) return filled('OK', 'NonBreaching');
      return crossed(breaching >= needed ? 'ALARM' : 'OK');
    case 'ignore':
      if (breaching >= needed) return crossed('ALARM');
      return healthy > EvaluationPeriods - needed ? crossed('OK') : undefined;
    case 'missing': {
      const [oldest] = real;
      if (!oldest)
        return as('INSUFFICIENT_DATA', `Insufficient Data: ${plural(EvaluationPeriods, 'datapoint')} unknown.`);
      // All there is breaches, and it began long enough ago: that is enough, though some datapoints are missing.
      const longAgo = toMs - oldest.atMs >= needed * Period * 1000;
      return crossed(breaching >= needed || (healthy === 0 && longAgo) ? 'ALARM' : 'OK');
    }
  }
};

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `2026-11-20T05:00:40.985+0000`, as alarm events write times. */
export const awsTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

/** `20/11/26 04:59:00`, as reasons write them. */
const shortTime = (ms: number): string => {
  const [year = '', month, day, time] = new Date(ms).toISOString().split(/[-T.]/);
  return `${day}/${month}/${year.slice(2)} ${time}`;
};
