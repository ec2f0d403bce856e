import fc from 'fast-check';
import { expect, test } from 'vitest';
import { embeddedMetrics } from '../../../local/services/monitoring/embedded-metrics.ts';

const line = (values: object) =>
  JSON.stringify({
    _aws: {
      Timestamp: 1000,
      CloudWatchMetrics: [
        { Namespace: 'Mine', Dimensions: [['service']], Metrics: [{ Name: 'Waited', Unit: 'Seconds' }] },
      ],
    },
    service: 'creation',
    ...values,
  });
const waited = {
  region: 'us-east-1',
  namespace: 'Mine',
  name: 'Waited',
  dimensions: { service: 'creation' },
  unit: 'Seconds',
  atMs: 1000,
};

test('a line of a function’s log holds metrics, each value of a list one', () => {
  expect(embeddedMetrics(line({ Waited: 3 }), 'us-east-1')).toEqual([{ ...waited, value: 3 }]);
  expect(embeddedMetrics(line({ Waited: [3, 4] }), 'us-east-1')).toMatchObject([{ value: 3 }, { value: 4 }]);
});

test('a metric without its value, or with text for it, is none', () => {
  expect(embeddedMetrics(line({}), 'us-east-1')).toEqual([]);
  expect(embeddedMetrics(line({ Waited: 'long' }), 'us-east-1')).toEqual([]);
});

test('a dimension without its value makes no metric', () => {
  expect(embeddedMetrics(line({ Waited: 3, service: undefined }), 'us-east-1')).toEqual([]);
});

test('any other line is no error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(embeddedMetrics(`${text}"CloudWatchMetrics"`, 'us-east-1')).toEqual([]);
    }),
  );
});
