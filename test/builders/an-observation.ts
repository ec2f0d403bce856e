import type { Observation, SecurityGroupSeen } from '../../functions/creation/observation.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';

/** A security group that lets in one private network on the cache's port. */
export const aSecurityGroup = (overrides: Partial<SecurityGroupSeen> = {}): SecurityGroupSeen => ({
  id: 'sg-0123456789abcdef0',
  vpcId: 'vpc-0a1b2c3d',
  inbound: [{ fromPort: 6379, toPort: 6379, cidr: '10.0.0.0/16' }],
  ...overrides,
});

/** An account in which everything is in order for a new cache: three zones, the usual engines and their parameters. */
export const anObservation = (overrides: Partial<Observation> = {}): Observation => ({
  observedAt: '2026-11-21T07:00:00Z',
  subnetGroup: {
    name: 'default',
    vpcId: 'vpc-0a1b2c3d',
    zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
    freeAddresses: 700,
  },
  securityGroups: [],
  engineVersions: [
    { version: '6.2', family: 'redis6.x' },
    { version: '7.0', family: 'redis7' },
    { version: '7.1', family: 'redis7' },
    { version: '7.2', family: 'valkey7' },
    { version: '8.0', family: 'valkey8' },
    { version: '1.6.17', family: 'memcached1.6' },
    { version: '1.6.22', family: 'memcached1.6' },
  ],
  parameters: {
    'maxmemory-policy': {
      modifiable: true,
      dataType: 'string',
      allowedValues:
        'volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction',
    },
    activerehashing: { modifiable: true, dataType: 'string', allowedValues: 'yes,no' },
    'lazyfree-lazy-eviction': { modifiable: true, dataType: 'string', allowedValues: 'yes,no' },
    'maxmemory-samples': { modifiable: true, dataType: 'integer', allowedValues: '1-' },
    'reserved-memory-percent': { modifiable: true, dataType: 'integer', allowedValues: '0-100' },
    timeout: { modifiable: true, dataType: 'integer', allowedValues: '0,20-2147483647' },
    databases: { modifiable: false, dataType: 'integer', allowedValues: '1-1200000' },
  },
  ...overrides,
});

/** A healthy cache that is as `aSpec()` describes it and belongs to the autopilot. */
export const aCache = (overrides: Partial<CacheSeen> = {}): CacheSeen => ({
  cacheId: 'orders',
  arn: 'arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders',
  status: 'available',
  description: 'Orders of the shop (autopilot:operation=operation-1)',
  engine: 'redis',
  engineVersion: '7.1.0',
  nodeType: 'cache.r7g.large',
  clusterMode: true,
  shards: ['0001', '0002', '0003'].map((id) => ({ id, status: 'available', nodeCount: 3 })),
  automaticFailover: true,
  multiAZ: true,
  tls: true,
  atRestEncryption: true,
  authToken: true,
  snapshotRetentionDays: 7,
  snapshotWindow: '03:00-04:00',
  maintenanceWindow: 'sun:05:00-sun:06:00',
  parameterGroup: 'autopilot-orders-redis7',
  subnetGroup: 'default',
  securityGroupIds: [],
  endpoints: { configuration: { host: 'orders.example.com', port: 6379 } },
  tags: {
    'autopilot:managed': 'true',
    'autopilot:operation': 'operation-1',
    'autopilot:mode': 'observe',
    Environment: 'production',
  },
  ...overrides,
});
