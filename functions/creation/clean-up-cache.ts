import type { z } from 'zod';
import type { Caches } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import type { CacheKey, Ledger } from '../platform/ledger.ts';
import { tokenSecretName } from '../platform/names.ts';
import { NotReady } from '../platform/operator-actions.ts';
import type { ParameterGroups } from '../platform/parameter-groups.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { CleanUpInput, PutAway } from './deletion-schemas.ts';
import { ourParameterGroups } from './our-parameter-groups.ts';
import { SECRET_RECOVERY_DAYS } from './plan-deletion.ts';

interface Tools {
  readonly caches: Caches;
  readonly parameterGroups: ParameterGroups;
  readonly secrets: Secrets;
  readonly ledger: Pick<Ledger, 'specOf' | 'forget'>;
  readonly key: CacheKey;
  readonly fence: Fence;
}

/**
 * Removes what the autopilot made around a cache that is gone: its parameter groups, unless something else uses them, its
 * secret, and last what is remembered of it, so that an interrupted attempt is known until it is finished.
 *
 * @throws NotReady while the cache is there, WaitUntilAvailable while a group is busy, LockLost
 */
export const cleanUpCache = async (
  { cacheId }: z.output<typeof CleanUpInput>,
  { caches, parameterGroups, secrets, ledger, key, fence }: Tools,
): Promise<PutAway> => {
  const cache = await caches.find(cacheId);
  if (cache) throw new NotReady(`${cacheId} is ${cache.status}: what it uses stays as long as it is there.`);
  const gone: string[] = [];
  const kept: string[] = [];

  for (const { name } of await ourParameterGroups(cacheId, parameterGroups)) {
    const users = await parameterGroups.usersOf(name);
    if (users.length > 0) {
      kept.push(`parameter group ${name}, which ${users.join(', ')} ${users.length === 1 ? 'uses' : 'use'}`);
      continue;
    }
    await fence();
    await parameterGroups.delete(name);
    gone.push(`parameter group ${name}`);
  }

  const secretName = tokenSecretName(cacheId);
  const secret = await secrets.find(secretName);
  if (secret && secret.madeBy === undefined) kept.push(`secret ${secretName}, which the autopilot did not make`);
  else if (secret) {
    if (!secret.deletionScheduled) {
      await fence();
      await secrets.delete(secretName, SECRET_RECOVERY_DAYS);
    }
    gone.push(`secret ${secretName} (can be restored for ${SECRET_RECOVERY_DAYS} days)`);
  }

  await fence();
  if (await ledger.specOf(key)) gone.push('its specification in the ledger');
  await ledger.forget(key);
  return { gone, kept };
};
