import { expect, test } from 'vitest';
import { type Alarm, AlarmSettings } from '../../../local/services/monitoring/alarm.ts';
import { eventDetail, snsMessage, snsSubject } from '../../../local/services/monitoring/state-change.ts';
import { ACCOUNT_ID } from '../../builders/a-world.ts';

const atMs = Date.parse('2026-11-20T05:00:40.989Z');
const unchecked = {
  value: 'INSUFFICIENT_DATA',
  reason: 'Unchecked: Initial alarm creation',
  reasonData: '',
  atMs,
} as const;
const goneOff = { value: 'ALARM', reason: 'Threshold Crossed', reasonData: '{"version":"1.0"}', atMs } as const;

const anAlarm = (name: string, more: object = {}): Alarm => ({
  name,
  arn: `arn:aws:cloudwatch:us-east-1:${ACCOUNT_ID}:alarm:${name}`,
  region: 'us-east-1',
  settings: AlarmSettings.parse({
    AlarmDescription: 'evictions on orders',
    Namespace: 'AWS/ElastiCache',
    MetricName: 'Evictions',
    Dimensions: [{ Name: 'CacheClusterId', Value: 'orders-0001-001' }],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 3,
    Threshold: 100,
    ComparisonOperator: 'GreaterThanThreshold',
    ...more,
  }),
  updatedAtMs: atMs,
  tags: new Map(),
  actionsEnabled: true,
  state: goneOff,
});

test('an event tells the alarm, its metric and both states', () => {
  expect(eventDetail(anAlarm('orders-evictions'), unchecked)).toEqual({
    alarmName: 'orders-evictions',
    configuration: {
      description: 'evictions on orders',
      metrics: [
        {
          id: expect.any(String),
          metricStat: {
            metric: {
              namespace: 'AWS/ElastiCache',
              name: 'Evictions',
              dimensions: { CacheClusterId: 'orders-0001-001' },
            },
            period: 60,
            stat: 'Sum',
          },
          returnData: true,
        },
      ],
    },
    // The first state of all has no reasons for machines.
    previousState: {
      value: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      timestamp: '2026-11-20T05:00:40.989+0000',
    },
    state: {
      value: 'ALARM',
      reason: 'Threshold Crossed',
      reasonData: '{"version":"1.0"}',
      timestamp: '2026-11-20T05:00:40.989+0000',
    },
  });
});

test('a notification spells the metric as CloudWatch does', () => {
  const { Trigger } = snsMessage(anAlarm('orders-evictions'), unchecked, ACCOUNT_ID);
  expect(Trigger).toMatchObject({
    StatisticType: 'Statistic',
    Statistic: 'SUM',
    Dimensions: [{ name: 'CacheClusterId', value: 'orders-0001-001' }],
    DatapointsToAlarm: 3,
  });
});

test('a notification about a percentile names it apart', () => {
  const alarm = anAlarm('latency', { Statistic: undefined, ExtendedStatistic: 'p99' });
  const { Trigger } = snsMessage(alarm, unchecked, ACCOUNT_ID);
  expect(Trigger).toMatchObject({ StatisticType: 'ExtendedStatistic', ExtendedStatistic: 'p99' });
  expect(Trigger).not.toHaveProperty('Statistic');
});

test('a subject has room for every name that an alarm may have', () => {
  for (let length = 1; length <= 255; length += 1) {
    expect(snsSubject(anAlarm('a'.repeat(length))).length).toBeLessThanOrEqual(100);
  }
  expect(snsSubject(anAlarm('a'.repeat(255)))).toMatch(/^ALARM: "a+\.\.\." in US East \(N\. Virginia\)$/);
});
