import type { CacheSeen } from '../../functions/platform/caches.ts';
import { termsToAct } from './terms.ts';

/** A specification of Memcached without faults; `undefined` takes a field away. */
export const aMemcachedSpec = (overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => {
  const spec: Record<string, unknown> = {
    cacheId: 'sessions',
    engine: 'memcached',
    engineVersion: '1.6.22',
    cacheNodeType: 'cache.t4g.small',
    numCacheNodes: 2,
    ...overrides,
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
};

/** A healthy cache that is as `aMemcachedSpec()` describes it and belongs to the autopilot, as ElastiCache tells of clusters. */
export const aMemcachedCache = (overrides: Partial<CacheSeen> = {}): CacheSeen => ({
  kind: 'cluster',
  cacheId: 'sessions',
  arn: 'arn:aws:elasticache:us-east-1:111122223333:cluster:sessions',
  status: 'available',
  description: '',
  engine: 'memcached',
  engineVersion: '1.6.22',
  nodeType: 'cache.t4g.small',
  clusterMode: false,
  shards: [{ id: '0001', status: 'available', nodeCount: 2 }],
  automaticFailover: false,
  multiAZ: false,
  tls: false,
  atRestEncryption: false,
  authToken: false,
  maintenanceWindow: 'sun:05:00-sun:06:00',
  parameterGroup: 'default.memcached1.6',
  subnetGroup: 'default',
  securityGroupIds: [],
  port: 11211,
  autoMinorVersionUpgrade: true,
  notificationTopicArn: termsToAct().notificationTopicArn,
  pending: [],
  members: [{ id: 'sessions', parameterStatus: 'in-sync', nodeIds: ['0001', '0002'] }],
  endpoints: { configuration: { host: 'sessions.example.com', port: 11211 } },
  tags: { 'autopilot:managed': 'true', 'autopilot:operation': 'operation-1', 'autopilot:mode': 'act' },
  ...overrides,
});
