import type { Usd } from './units.ts';
import { HOURS_PER_MONTH } from './units.ts';

/**
 * What one node costs an hour on demand with Redis OSS, in USD, us-east-1, by family and size. From AWS's public price
 * list of October 2026 (AmazonElastiCache, "Cache Instance"), copied by hand. Other Regions cost up to half as much again:
 * the figure is for comparing plans, not for an invoice.
 */
const USD_PER_HOUR: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  t2: { micro: 0.017, small: 0.034, medium: 0.068 },
  t3: { micro: 0.017, small: 0.034, medium: 0.068 },
  t4g: { micro: 0.016, small: 0.032, medium: 0.065 },
  m5: { large: 0.156, xlarge: 0.311, '2xlarge': 0.623, '4xlarge': 1.245, '12xlarge': 3.744, '24xlarge': 7.488 },
  m6g: {
    large: 0.149,
    xlarge: 0.297,
    '2xlarge': 0.593,
    '4xlarge': 1.186,
    '8xlarge': 2.372,
    '12xlarge': 3.557,
    '16xlarge': 4.743,
  },
  m7g: {
    large: 0.158,
    xlarge: 0.315,
    '2xlarge': 0.629,
    '4xlarge': 1.257,
    '8xlarge': 2.514,
    '12xlarge': 3.77,
    '16xlarge': 5.028,
  },
  r5: { large: 0.216, xlarge: 0.431, '2xlarge': 0.862, '4xlarge': 1.724, '12xlarge': 5.184, '24xlarge': 10.368 },
  r6g: {
    large: 0.206,
    xlarge: 0.411,
    '2xlarge': 0.821,
    '4xlarge': 1.642,
    '8xlarge': 3.284,
    '12xlarge': 4.925,
    '16xlarge': 6.567,
  },
  r7g: {
    large: 0.219,
    xlarge: 0.437,
    '2xlarge': 0.873,
    '4xlarge': 1.745,
    '8xlarge': 3.491,
    '12xlarge': 5.235,
    '16xlarge': 6.981,
  },
};

/** Node-based Valkey costs 20 % less than Redis OSS on the same node (ElastiCache pricing page). */
const VALKEY_FRACTION = 0.8;

/**
 * What a cache's nodes cost a month on demand; backups, traffic and reserved nodes are not in it.
 *
 * @returns undefined when the price of the node type is not known here; an unknown price is never taken as nothing
 */
export const monthlyCostUsd = (engine: string, nodeType: string, nodeCount: number): Usd | undefined => {
  const [, family = '', size = ''] = nodeType.split('.');
  const sizes = Object.hasOwn(USD_PER_HOUR, family) ? USD_PER_HOUR[family] : undefined;
  const perHour = sizes && Object.hasOwn(sizes, size) ? sizes[size] : undefined;
  if (perHour === undefined) return undefined;
  const fraction = engine === 'valkey' ? VALKEY_FRACTION : 1;
  return Math.round(perHour * fraction * nodeCount * HOURS_PER_MONTH * 100) / 100;
};
