import type { z } from 'zod';
import { isNamed } from '../platform/aws-errors.ts';
import type { CacheChanges } from '../platform/cache-changes.ts';
import type { Caches } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import { VerificationFailed, WaitUntilAvailable } from '../platform/operator-actions.ts';
import type { Snapshots } from '../platform/snapshots.ts';
import type { DeleteInput, DeleteOutput } from './deletion-schemas.ts';

interface Tools {
  readonly caches: Caches;
  readonly changes: CacheChanges;
  readonly snapshots: Pick<Snapshots, 'find'>;
  readonly fence: Fence;
  readonly optInTag: string;
}

/**
 * Orders the deletion of a cache, with its final snapshot. Looks first: one that is gone, or on its way, is not ordered again.
 *
 * @throws WaitUntilAvailable, LockLost, VerificationFailed when the final snapshot has failed and the cache is still there
 */
export const deleteCache = async (
  { cacheId, finalSnapshot, adopt }: z.output<typeof DeleteInput>,
  { caches, changes, snapshots, fence, optInTag }: Tools,
): Promise<DeleteOutput> => {
  const cache = await caches.find(cacheId);
  if (!cache || cache.status === 'deleting') return { ordered: false };
  // The name is the operation's own: whose snapshot is there has ordered the deletion before.
  const taken = finalSnapshot === undefined ? undefined : await snapshots.find(finalSnapshot);
  if (taken?.status === 'failed') {
    throw new VerificationFailed(`The final snapshot ${taken.name} has failed: ${cacheId} is there still.`);
  }
  if (taken) return { ordered: false };
  if (cache.status !== 'available' && cache.status !== 'create-failed') {
    throw new WaitUntilAvailable(`${cacheId} is ${cache.status} and takes no order now.`);
  }
  await fence();
  if (adopt) {
    const Tags = [{ Key: optInTag, Value: 'true' }];
    await changes.make('AddTagsToResource', { ResourceName: cache.arn, Tags });
  }
  try {
    await caches.delete(cache, finalSnapshot);
    return { ordered: true };
  } catch (error) {
    if (!isNamed(error, 'SnapshotAlreadyExistsFault')) throw error;
    // An earlier attempt, whose answer was lost; or else somebody's snapshot has the name.
    const after = await caches.find(cacheId);
    if (after?.status === 'available') throw error;
    return { ordered: false };
  }
};
