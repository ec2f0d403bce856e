import {
  type Cache,
  type CacheStatus,
  type NodeChange,
  type NodeStatus,
  nodesOf,
  type ShardStatus,
} from './state/cache.ts';

/** Which status may follow which (API reference, ReplicationGroup.Status). */
const NEXT: Readonly<Record<CacheStatus, readonly CacheStatus[]>> = {
  creating: ['available', 'create-failed'],
  available: ['modifying', 'snapshotting', 'deleting'],
  modifying: ['available'],
  snapshotting: ['available', 'deleting'],
  'create-failed': ['deleting'],
  deleting: [],
};

/** What shards and nodes show while their cache has a status. */
const BELOW: Readonly<Record<CacheStatus, { readonly shard: ShardStatus; readonly node: NodeStatus }>> = {
  creating: { shard: 'creating', node: 'creating' },
  available: { shard: 'available', node: 'available' },
  modifying: { shard: 'modifying', node: 'modifying' },
  snapshotting: { shard: 'available', node: 'available' },
  // Member clusters have no `create-failed`; this is what they show when their network or host cannot be had.
  'create-failed': { shard: 'creating', node: 'incompatible-network' },
  deleting: { shard: 'deleting', node: 'deleting' },
};

export const mayFollow = (from: CacheStatus, to: CacheStatus): boolean => NEXT[from].includes(to);

/**
 * Moves a cache with its shards and nodes to its next status.
 *
 * @param staleUntil   account time (ms) until which Describe still shows the status before
 * @param stalePending what it shows as pending until then; left out: what is pending now
 * @throws Error for a step that the life of a cache does not have: a mistake in this service, not of its caller
 */
export const moveTo = (
  cache: Cache,
  status: CacheStatus,
  staleUntil?: number,
  stalePending: NodeChange = cache.pending,
): void => {
  if (!mayFollow(cache.status, status)) throw new Error(`${cache.id} cannot go from ${cache.status} to ${status}`);
  if (staleUntil === undefined) delete cache.stale;
  else cache.stale = { status: cache.status, pending: stalePending, until: staleUntil };
  cache.status = status;
  for (const shard of cache.shards) shard.status = BELOW[status].shard;
  for (const node of nodesOf(cache)) node.status = BELOW[status].node;
};

/** The statuses that Describe shows at the account time `now` (ms). */
export const visibleStatus = (cache: Cache, now: number): CacheStatus =>
  cache.stale && now < cache.stale.until ? cache.stale.status : cache.status;

/** The changes that Describe shows as pending at the account time `now` (ms). */
export const visiblePending = (cache: Cache, now: number): NodeChange =>
  cache.stale && now < cache.stale.until ? cache.stale.pending : cache.pending;

export const visibleBelow = (cache: Cache, now: number): { shard: ShardStatus; node: NodeStatus } | undefined =>
  cache.stale && now < cache.stale.until ? BELOW[cache.stale.status] : undefined;
