import type { CacheSeen, Caches } from '../platform/caches.ts';
import { NotReady } from '../platform/operator-actions.ts';
import type { UserSeen, Users } from '../platform/users.ts';
import type { Target } from './schemas.ts';

/**
 * The cache, and the user when one is meant, as long as nothing is being changed about it, its shards, or the user and its groups.
 *
 * @throws NotReady naming what is being changed
 */
export const cacheAtRest = async (
  { cacheId, userId }: Pick<Target, 'cacheId' | 'userId'>,
  { caches, users }: { readonly caches: Pick<Caches, 'find'>; readonly users: Pick<Users, 'find'> },
): Promise<{ readonly cache: CacheSeen; readonly user?: UserSeen | undefined }> => {
  const cache = await caches.find(cacheId);
  if (cache?.status !== 'available') throw new NotReady(`${cacheId} is ${cache?.status ?? 'gone'}.`);
  const busy = cache.shards.find(({ status }) => status !== 'available');
  if (busy) throw new NotReady(`Shard ${busy.id} of ${cacheId} is ${busy.status}.`);
  if (userId === undefined) return { cache };
  const user = await users.find(userId);
  if (user?.status !== 'active') throw new NotReady(`The user ${userId} is ${user?.status ?? 'gone'}.`);
  const group = user.groups.find(({ status }) => status !== 'active');
  if (group) throw new NotReady(`The user group ${group.groupId}, of the user ${userId}, is ${group.status}.`);
  return { cache, user };
};
