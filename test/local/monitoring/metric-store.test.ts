import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMetricStore, isStatistic } from '../../../local/services/monitoring/metric-store.ts';

const NOW = Date.parse('2026-11-20T05:00:00Z');
const metric = { region: 'us-east-1', namespace: 'Mine', name: 'Depth', dimensions: { Queue: 'a' } };
const lastHour = { fromMs: NOW - 3_600_000, toMs: NOW + 60_000 };

const storeWith = (values: readonly number[], atMs = NOW) => {
  const store = createMetricStore(() => NOW);
  for (const value of values) store.record({ ...metric, value, atMs });
  return store;
};
const one = (values: readonly number[], statistic: string) =>
  storeWith(values).statistics(metric, { ...lastHour, periodSeconds: 60 }, statistic)[0]?.value;

test('statistics are what their names say, whatever was measured', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 }), (values) => {
      const sum = values.reduce((total, value) => total + value, 0);
      expect(one(values, 'Sum')).toBe(sum);
      expect(one(values, 'SampleCount')).toBe(values.length);
      expect(one(values, 'Average')).toBeCloseTo(sum / values.length);
      expect(one(values, 'Minimum')).toBe(Math.min(...values));
      expect(one(values, 'Maximum')).toBe(Math.max(...values));
      expect(one(values, 'p100')).toBe(Math.max(...values));
    }),
  );
});

test('a percentile is the value that this share of the measurements does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([one(hundred, 'p50'), one(hundred, 'p99'), one(hundred, 'p99.9')]).toEqual([50, 99, 100]);
});

test.each(['p101', 'p-1', 'tm99', 'toString', ''])('%j is no statistic', (name) => {
  expect(isStatistic(name)).toBe(false);
});

test('a value counts as often as it says', () => {
  const store = createMetricStore(() => NOW);
  store.record({ ...metric, value: 2, count: 5 });
  expect(store.statistics(metric, { ...lastHour, periodSeconds: 60 }, 'Sum')).toMatchObject([{ value: 10 }]);
});

test('what was measured in another unit does not count when one is asked for', () => {
  const store = createMetricStore(() => NOW);
  store.record({ ...metric, value: 2, unit: 'Seconds' });
  store.record({ ...metric, value: 2000, unit: 'Milliseconds' });
  const range = { ...lastHour, periodSeconds: 60 };
  expect(store.statistics(metric, range, 'Sum', 'Seconds')).toMatchObject([{ value: 2 }]);
  expect(store.statistics(metric, range, 'Sum')).toMatchObject([{ value: 2002 }]);
  expect(store.statistics(metric, range, 'Sum', 'Bytes')).toEqual([]);
});

test('minutes come together in longer periods', () => {
  const store = storeWith([1], NOW - 60_000);
  store.record({ ...metric, value: 2, atMs: NOW - 120_000 });
  expect(store.statistics(metric, { ...lastHour, periodSeconds: 300 }, 'Sum')).toEqual([
    { atMs: NOW - 300_000, value: 3 },
  ]);
});

test('another set of dimensions is another metric, whatever their order', () => {
  const store = createMetricStore(() => NOW);
  store.record({ ...metric, dimensions: { A: '1', B: '2' }, value: 1 });
  const range = { ...lastHour, periodSeconds: 60 };
  expect(store.statistics({ ...metric, dimensions: { B: '2', A: '1' } }, range, 'Sum')).toHaveLength(1);
  expect(store.statistics({ ...metric, dimensions: { A: '1' } }, range, 'Sum')).toEqual([]);
});

test('what is older than 15 days is forgotten, and not listed after 14', () => {
  let now = NOW;
  const store = createMetricStore(() => now);
  store.record({ ...metric, value: 1 });
  expect(store.list('us-east-1')).toEqual([metric]);
  now += 14 * 86_400_000 + 60_000;
  expect(store.list('us-east-1')).toEqual([]);
  now += 2 * 86_400_000;
  store.record({ ...metric, value: 2 });
  expect(store.statistics(metric, { fromMs: 0, toMs: now + 60_000, periodSeconds: 60 }, 'Sum')).toMatchObject([
    { value: 2 },
  ]);
});
