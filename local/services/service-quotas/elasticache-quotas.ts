import type { Quotas } from '../elasticache/settings.ts';

/** How Service Quotas names a limit of ElastiCache. */
export interface QuotaName {
  readonly code: string;
  readonly name: string;
}

/**
 * The limits that ElastiCache keeps here and that Service Quotas knows, by its codes and names for the service code
 * `elasticache` (`aws service-quotas list-service-quotas`). Shards of a cluster and tags of a resource have none.
 */
export const ELASTICACHE_QUOTAS = {
  nodesPerRegion: { code: 'L-DFE45DF3', name: 'Nodes per Region' },
  nodesPerCluster: { code: 'L-AF354865', name: 'Nodes per cluster (cluster mode enabled)' },
  nodesPerMemcachedCluster: { code: 'L-8C334AD1', name: 'Nodes per cluster (Memcached)' },
  parameterGroups: { code: 'L-3F15A733', name: 'Parameter groups per Region' },
  subnetGroups: { code: 'L-3E7F7726', name: 'Subnet groups per Region' },
  subnetsPerGroup: { code: 'L-A87EE522', name: 'Subnets per subnet group' },
  users: { code: 'L-80E085C7', name: 'Users per Region' },
  userGroups: { code: 'L-AD484FC5', name: 'User Groups per Region' },
  usersPerGroup: { code: 'L-943F0F1C', name: 'Users per user group' },
} as const satisfies Partial<Record<keyof Quotas, QuotaName>>;
