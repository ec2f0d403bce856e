import {
  type ElastiCacheClient,
  paginateDescribeUpdateActions,
  type UpdateActionStatus,
} from '@aws-sdk/client-elasticache';

/** States of a service update in which ElastiCache works on the cache, or soon will (API reference, UpdateAction). */
const UNDER_WAY: UpdateActionStatus[] = ['waiting-to-start', 'in-progress', 'stopping', 'scheduling', 'scheduled'];

/** Service updates of caches, as far as they are in the way of other work. */
export interface ServiceUpdates {
  /** Those that are under way or scheduled, by name, each with its state. */
  underWay(cacheId: string): Promise<readonly string[]>;
}

export const elastiCacheServiceUpdates = (client: ElastiCacheClient): ServiceUpdates => ({
  async underWay(cacheId) {
    const found: string[] = [];
    const input = { ReplicationGroupIds: [cacheId], UpdateActionStatus: UNDER_WAY };
    for await (const { UpdateActions = [] } of paginateDescribeUpdateActions({ client }, input)) {
      found.push(
        ...UpdateActions.map(
          ({ ServiceUpdateName = 'unnamed', UpdateActionStatus: status = 'unknown' }) =>
            `${ServiceUpdateName} (${status})`,
        ),
      );
    }
    return found;
  },
});
