import type { Evidence, FailedOrder, Read } from '../../functions/creation/evidence.ts';

export const CACHE_ARN = 'arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders';

/** An order of three shards with two nodes each, which failed without saying why. */
export const aFailedOrder = (overrides: Partial<FailedOrder> = {}): FailedOrder => ({
  cacheId: 'orders',
  region: 'us-east-1',
  nodeType: 'cache.r7g.large',
  nodes: 6,
  clusterMode: true,
  subnetGroup: 'private',
  securityGroupIds: ['sg-1'],
  problem: { step: 'Wait until it is available', error: 'States.TaskFailed', cause: '{"Error":"CreateFailed"}' },
  orderedAt: '2026-11-21T07:00:00.000Z',
  now: '2026-11-21T07:12:00.000Z',
  ...overrides,
});

/** An account that shows a failed cache and nothing that explains it. */
export const anEvidence = (overrides: Partial<Evidence> = {}): Evidence => ({
  cache: { value: { arn: CACHE_ARN, status: 'create-failed', shards: 3, shardsAvailable: 0 } },
  events: { value: [] },
  subnets: {
    value: [
      { id: 'subnet-a', zone: 'us-east-1a', freeAddresses: 200 },
      { id: 'subnet-b', zone: 'us-east-1b', freeAddresses: 100 },
    ],
  },
  securityGroupIds: { value: ['sg-1'] },
  quotas: { value: { perRegion: 300, perCluster: 90 } },
  nodesInRegion: { value: { all: 26, own: 6 } },
  ...overrides,
});

export const unread = (why = 'AccessDenied: no'): Read<never> => ({ unread: why });
