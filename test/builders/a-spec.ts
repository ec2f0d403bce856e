import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { CacheSpec } from '../../functions/creation/spec.ts';

const SPECS = path.resolve(import.meta.dirname, '../creation/specs');

/** A specification without faults; name only what matters to the test. `undefined` takes a field away. */
export const aSpec = (overrides: { readonly [Field in keyof CacheSpec]?: unknown } & Record<string, unknown> = {}) => {
  const spec: Record<string, unknown> = {
    cacheId: 'orders',
    description: 'Orders of the shop',
    engine: 'redis',
    engineVersion: '7.1',
    cacheNodeType: 'cache.r7g.large',
    numNodeGroups: 3,
    replicasPerNodeGroup: 2,
    automaticFailoverEnabled: true,
    multiAZEnabled: true,
    transitEncryptionEnabled: true,
    atRestEncryptionEnabled: true,
    authToken: { generate: true },
    parameters: { 'maxmemory-policy': 'allkeys-lru' },
    snapshotRetentionLimit: 7,
    snapshotWindow: '03:00-04:00',
    preferredMaintenanceWindow: 'sun:05:00-sun:06:00',
    tags: { Environment: 'production' },
    deletionPolicy: 'Retain',
    ...overrides,
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
};

/** One of the specification files: `my-app-three-by-two` or `invalid/bad-id`. */
export const aSpecFile = (name: string): Record<string, unknown> =>
  parse(readFileSync(path.join(SPECS, `${name}.yaml`), 'utf8'));
