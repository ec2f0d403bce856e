import type { z } from 'zod';
import type { CacheChanges } from '../platform/cache-changes.ts';
import type { Caches } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import type { CacheKey, Ledger } from '../platform/ledger.ts';
import { tokenSecretName } from '../platform/names.ts';
import { WaitUntilAvailable } from '../platform/operator-actions.ts';
import type { ParameterGroups } from '../platform/parameter-groups.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { LetGoInput, PutAway } from './deletion-schemas.ts';
import { ourParameterGroups } from './our-parameter-groups.ts';
import { ourTags } from './plan-deletion.ts';

interface Tools {
  readonly caches: Caches;
  readonly changes: CacheChanges;
  readonly parameterGroups: ParameterGroups;
  readonly secrets: Secrets;
  readonly ledger: Pick<Ledger, 'specOf' | 'forget'>;
  readonly key: CacheKey;
  readonly fence: Fence;
  readonly optInTag: string;
}

/**
 * Takes our tags off a cache and forgets its specification, so that the autopilot never touches it again. What the cache uses
 * stays. The tags go first: a cache that is ours and forgotten would never be let go of.
 *
 * @throws WaitUntilAvailable while ElastiCache does not tell the cache's tags, LockLost
 */
export const letCacheGo = async (
  { cacheId }: z.output<typeof LetGoInput>,
  { caches, changes, parameterGroups, secrets, ledger, key, fence, optInTag }: Tools,
): Promise<PutAway> => {
  const gone: string[] = [];
  const kept: string[] = [];
  const cache = await caches.find(cacheId, 'with details');
  if (cache) {
    const { tags } = cache;
    if (!tags) throw new WaitUntilAvailable(`${cacheId} is ${cache.status}: ElastiCache does not tell its tags now.`);
    const TagKeys = ourTags(optInTag).filter((tag) => tags[tag] !== undefined);
    if (TagKeys.length > 0) {
      await fence();
      await changes.make('RemoveTagsFromResource', { ResourceName: cache.arn, TagKeys });
    }
    gone.push(...TagKeys.map((tag) => `tag ${tag}`));
    kept.push(`cache ${cacheId}, which the autopilot leaves alone`);
    for (const { name } of await ourParameterGroups(cacheId, parameterGroups)) {
      kept.push(`parameter group ${name}, which the cache may use`);
    }
    const secretName = tokenSecretName(cacheId);
    if (await secrets.find(secretName)) kept.push(`secret ${secretName}, which the cache’s clients may use`);
  }
  await fence();
  if (await ledger.specOf(key)) gone.push('its specification in the ledger');
  await ledger.forget(key);
  return { gone, kept };
};
