import { describe, expect, test } from 'vitest';
import { AlarmSettings } from '../../../local/services/monitoring/alarm.ts';
import { evaluate } from '../../../local/services/monitoring/evaluate-alarm.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-20T05:00:40Z');

const settings = (more: object = {}) =>
  AlarmSettings.parse({
    Namespace: 'AWS/ElastiCache',
    MetricName: 'Evictions',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 3,
    Threshold: 10,
    ComparisonOperator: 'GreaterThanThreshold',
    ...more,
  });

/** `- - X 0 -`: oldest first, the last one is the minute that has just ended; X breaches, 0 does not, - is missing. */
const points = (drawing: string) => {
  const marks = drawing.split(' ');
  const lastMinute = Math.floor(NOW / MINUTE) * MINUTE - MINUTE;
  return marks.flatMap((mark, index) => {
    const atMs = lastMinute - (marks.length - 1 - index) * MINUTE;
    return mark === '-' ? [] : [{ atMs, value: mark === 'X' ? 99 : 1 }];
  });
};
const stateAfter = (drawing: string, more: object = {}) => evaluate(settings(more), points(drawing), NOW)?.value;

describe('an alarm', () => {
  // CloudWatch user guide, "How alarm state is evaluated when data is missing": three of three.
  test.each([
    ['0 - X - X', { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
    ['- - - - 0', { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
    ['- - - - -', { missing: 'INSUFFICIENT_DATA', ignore: undefined, breaching: 'ALARM', notBreaching: 'OK' }],
    ['0 X X - X', { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' }],
    ['- - X - -', { missing: 'ALARM', ignore: undefined, breaching: 'ALARM', notBreaching: 'OK' }],
  ])('after %s is in the state that the guide tells', (drawing, states) => {
    for (const [TreatMissingData, state] of Object.entries(states)) {
      expect([TreatMissingData, stateAfter(drawing, { TreatMissingData })]).toEqual([TreatMissingData, state]);
    }
  });

  test('goes off when M of N datapoints breach, and not before', () => {
    const twoOfThree = { DatapointsToAlarm: 2 };
    expect(stateAfter('0 X X', twoOfThree)).toBe('ALARM');
    expect(stateAfter('0 X 0', twoOfThree)).toBe('OK');
  });

  test.each([
    ['GreaterThanThreshold', 10, 'OK'],
    ['GreaterThanOrEqualToThreshold', 10, 'ALARM'],
    ['LessThanThreshold', 10, 'OK'],
    ['LessThanOrEqualToThreshold', 10, 'ALARM'],
  ])('%s at the threshold itself is %s %s', (ComparisonOperator, value, state) => {
    const [{ atMs } = { atMs: 0 }] = points('X');
    const outcome = evaluate(settings({ ComparisonOperator, EvaluationPeriods: 1 }), [{ atMs, value }], NOW);
    expect(outcome?.value).toBe(state);
  });

  test('says why, for people and for machines', () => {
    const outcome = evaluate(settings({ EvaluationPeriods: 1 }), points('X'), NOW);
    expect(outcome?.reason).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoint [99.0 (20/11/26 04:59:00)] was greater than the threshold (10.0) (minimum 1 datapoint for OK -> ALARM transition).',
    );
    expect(JSON.parse(outcome?.reasonData ?? '{}')).toMatchObject({
      recentDatapoints: [99],
      threshold: 10,
      period: 60,
    });
  });
});

test.each([
  ['two statistics', { ExtendedStatistic: 'p99' }],
  ['metric math', { Metrics: [] }],
  ['seconds', { Period: 10 }],
  ['more datapoints than periods', { DatapointsToAlarm: 4 }],
  ['more than a week', { Period: 86_400, EvaluationPeriods: 8 }],
  ['a statistic that it does not know', { Statistic: undefined, ExtendedStatistic: 'tm99' }],
])('an alarm is refused with %s', (_what, more) => {
  expect(() => settings(more)).toThrow();
});
