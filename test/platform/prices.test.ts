import { expect, it } from 'vitest';
import { monthlyCostUsd } from '../../functions/platform/prices.ts';

it('multiplies nodes, hours and price', () => {
  expect(monthlyCostUsd('redis', 'cache.t3.micro', 1)).toBe(12.41);
  expect(monthlyCostUsd('redis', 'cache.r7g.large', 9)).toBe(1438.83);
});

it('takes a fifth off for Valkey', () => {
  expect(monthlyCostUsd('valkey', 'cache.r7g.large', 9)).toBe(1151.06);
});

it.each(['cache.r99.large', 'cache.r7g.nano', 'r7g.large', '', 'cache.constructor.name'])(
  'never takes the unknown price of %j for nothing',
  (nodeType) => expect(monthlyCostUsd('redis', nodeType, 3)).toBeUndefined(),
);
