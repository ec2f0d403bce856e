import { type Changer, counted, modification } from './change.ts';

/** Adding 40 nodes takes as long as making them. */
const NODES_SECONDS = 3600;

/**
 * Memcached grows and shrinks by whole nodes. Clients that follow auto discovery spread their keys anew; what was on a node that
 * goes is lost, and so is the way to part of the keys when nodes come.
 */
export const memcachedNodes: Changer = (context) => {
  const { spec, cache } = context;
  const there = cache.shards[0]?.nodeCount;
  const wanted = spec.numCacheNodes;
  if (spec.engine !== 'memcached' || wanted === undefined || there === undefined || wanted === there) return {};
  const nodeIds = cache.members?.[0]?.nodeIds ?? [];
  // The youngest go.
  const removed = nodeIds.toSorted().slice(wanted);
  return {
    steps: [
      modification(
        context,
        { NumCacheNodes: wanted, ...(wanted < there ? { CacheNodeIdsToRemove: removed } : {}) },
        {
          id: wanted > there ? 'more-nodes' : 'fewer-nodes',
          says: `have ${counted(wanted, 'node')} instead of ${there}`,
          fields: ['numCacheNodes'],
          interrupts: wanted > there ? 'for-a-moment' : 'loses-data',
          deadlineSeconds: NODES_SECONDS,
        },
      ),
    ],
  };
};
