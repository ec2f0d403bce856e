/** A specification as `cli/demo/specs/orders.yaml` has it, small: cluster mode enabled. */
export const aClusterSpec = (more: object = {}) => ({
  cacheId: 'orders',
  description: 'Orders of the shop',
  engine: 'redis',
  engineVersion: '7.1',
  cacheNodeType: 'cache.t4g.small',
  numNodeGroups: 2,
  replicasPerNodeGroup: 1,
  automaticFailoverEnabled: true,
  multiAZEnabled: true,
  transitEncryptionEnabled: true,
  authToken: { generate: true },
  parameters: { 'maxmemory-policy': 'allkeys-lru' },
  tags: { Owner: 'shop' },
  deletionPolicy: 'Retain',
  ...more,
});

/** Cluster mode disabled, a primary and one replica. */
export const aPairSpec = (more: object = {}) => ({
  cacheId: 'sessions',
  description: 'Sessions',
  engine: 'valkey',
  engineVersion: '8.0',
  cacheNodeType: 'cache.t4g.small',
  numCacheClusters: 2,
  automaticFailoverEnabled: true,
  multiAZEnabled: true,
  transitEncryptionEnabled: true,
  authToken: { generate: true },
  deletionPolicy: 'Delete',
  ...more,
});
