import type { z } from 'zod';
import { isNamed } from '../platform/aws-errors.ts';
import { type CacheSeen, type Caches, makerOf, wasMadeBy } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import { CacheExists, FixInput, WaitUntilAvailable } from '../platform/operator-actions.ts';
import { tokenIn } from '../platform/secret-format.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { CreateInput, CreateOutput } from './schemas.ts';

/**
 * Orders the cache. Looks first: a cache with this operation's signature is ours from an attempt that was interrupted, and
 * any other of that name is somebody else's.
 *
 * @throws CacheExists, FixInput, FixSecret, LockLost, WaitUntilAvailable while nobody knows whose it is, and what ElastiCache refuses
 */
export const createCache = async (
  { operationId, cacheId, request, secretArn }: z.output<typeof CreateInput>,
  { caches, secrets, fence }: { readonly caches: Caches; readonly secrets: Secrets; readonly fence: Fence },
): Promise<CreateOutput> => {
  const ordered = request.ReplicationGroupId ?? request.CacheClusterId;
  if (ordered !== cacheId) {
    throw new FixInput(`The request is for ${ordered}, but the operation is about ${cacheId}.`);
  }
  const found = await caches.find(cacheId);
  if (found) return ours(found, operationId);

  const authToken = secretArn === undefined ? undefined : tokenIn(await secrets.read(secretArn), secretArn);
  await fence();
  try {
    return await caches.create(request, authToken);
  } catch (error) {
    if (!isNamed(error, 'ReplicationGroupAlreadyExistsFault', 'CacheClusterAlreadyExistsFault')) throw error;
    // The SDK repeats a call whose answer was lost, so this may be the cache that we just ordered.
    const after = await caches.find(cacheId);
    if (!after) throw error;
    return ours(after, operationId);
  }
};

const ours = (cache: CacheSeen, operationId: string): CreateOutput => {
  if (!makerOf(cache).known) {
    throw new WaitUntilAvailable(`${cache.cacheId} is ${cache.status}, and ElastiCache does not tell yet who made it.`);
  }
  if (wasMadeBy(cache, operationId)) return { arn: cache.arn, status: cache.status };
  throw new CacheExists(`${cache.cacheId} exists (${cache.status}) and was not made by the operation ${operationId}.`);
};
