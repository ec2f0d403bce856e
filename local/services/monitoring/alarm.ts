import { z } from 'zod';
import { isStatistic } from './metric-store.ts';

/** An alarm on one metric. */
export interface Alarm {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly settings: AlarmSettings;
  readonly updatedAtMs: number;
  readonly tags: Map<string, string>;
  actionsEnabled: boolean;
  state: AlarmState;
}

export interface AlarmState {
  readonly value: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly reason: string;
  /** JSON, as CloudWatch attaches it for machines. */
  readonly reasonData: string;
  readonly atMs: number;
}

const Dimensions = z
  .array(z.strictObject({ Name: z.string(), Value: z.string() }))
  .max(30)
  .default([]);
const Actions = z
  .array(
    z.string().regex(/^arn:aws:sns:[^:]+:\d{12}:[^:]+$/, 'the local account carries out topics, and no other actions'),
  )
  .max(5)
  .default([]);
const Tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);

/** What `AWS::CloudWatch::Alarm` and `PutMetricAlarm` have in common, which is all but the name's spelling. */
export const AlarmSettings = z
  .strictObject({
    AlarmDescription: z.string().default(''),
    ActionsEnabled: z.boolean().default(true),
    AlarmActions: Actions,
    OKActions: Actions,
    InsufficientDataActions: Actions,
    Namespace: z.string(),
    MetricName: z.string(),
    Dimensions,
    Statistic: z.enum(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']).optional(),
    ExtendedStatistic: z.string().refine(isStatistic, 'the local account knows percentiles: p0 to p100').optional(),
    Unit: z.string().optional(),
    Period: z.int().multipleOf(60, 'the local account keeps minutes: the period is a multiple of 60 s'),
    EvaluationPeriods: z.int().min(1),
    DatapointsToAlarm: z.int().min(1).optional(),
    Threshold: z.number(),
    ComparisonOperator: z.enum([
      'GreaterThanOrEqualToThreshold',
      'GreaterThanThreshold',
      'LessThanThreshold',
      'LessThanOrEqualToThreshold',
    ]),
    TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).default('missing'),
    Tags,
  })
  .refine(({ Statistic, ExtendedStatistic }) => (Statistic === undefined) !== (ExtendedStatistic === undefined), {
    message: 'exactly one of Statistic and ExtendedStatistic',
    path: ['Statistic'],
  })
  .refine(({ DatapointsToAlarm, EvaluationPeriods }) => (DatapointsToAlarm ?? 1) <= EvaluationPeriods, {
    message: 'at most EvaluationPeriods',
    path: ['DatapointsToAlarm'],
  })
  // PutMetricAlarm: the periods that are evaluated may not exceed a week.
  .refine(({ Period, EvaluationPeriods }) => Period * EvaluationPeriods <= 604_800, {
    message: 'EvaluationPeriods x Period is at most a week',
    path: ['EvaluationPeriods'],
  });
export type AlarmSettings = z.infer<typeof AlarmSettings>;

export const statisticOf = ({ Statistic, ExtendedStatistic }: AlarmSettings): string =>
  Statistic ?? ExtendedStatistic ?? 'Average';

export const dimensionsOf = ({ Dimensions: dimensions }: AlarmSettings): Record<string, string> =>
  Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
