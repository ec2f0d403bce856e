import { ServiceError } from '../../../service.ts';
import { invalidValue } from './faults.ts';

/**
 * The ids of shards that a request names, as they are kept.
 *
 * @throws ServiceError InvalidParameterValue for ids that are malformed, unknown or given twice
 */
export const checkShardIds = (given: readonly (string | undefined)[], known: readonly string[]): readonly string[] => {
  const ids = given.map((id = '') => id.padStart(4, '0'));
  const invalid = ids.filter((id, index) => !/^\d{1,4}$/.test(given[index] ?? '') || !known.includes(id));
  if (invalid.length > 0) throw invalidValue(`The following node group ids are invalid: [${invalid.join(', ')}]`);
  if (new Set(ids).size < ids.length) throw invalidValue('Each node group id can be given only once.');
  return ids;
};

/**
 * Operations that change a cache's size have no error of their own for its nodes; that of its shards stands for it (API
 * reference).
 *
 * @throws ServiceError NodeGroupsPerReplicationGroupQuotaExceeded
 */
export const checkClusterSize = (nodes: number, quotas: { readonly nodesPerCluster: number }): void => {
  if (nodes <= quotas.nodesPerCluster) return;
  throw new ServiceError(
    'NodeGroupsPerReplicationGroupQuotaExceededFault',
    `${nodes} nodes exceed the quota of ${quotas.nodesPerCluster} nodes per cluster.`,
  );
};
