import type { CacheSeen, Caches } from '../../functions/platform/caches.ts';
import { aCache } from './an-observation.ts';

export interface InMemoryCaches extends Caches {
  readonly there: Map<string, CacheSeen>;
  /** The token with which each cache was ordered. */
  readonly tokens: Map<string, string | undefined>;
  /** With which final snapshot each deletion was ordered. */
  readonly finalSnapshots: readonly (string | undefined)[];
}

/** ElastiCache's twin: what is ordered is `creating`, what is deleted is `deleting`, until the test says otherwise. */
export const inMemoryCaches = (...caches: readonly CacheSeen[]): InMemoryCaches => {
  const there = new Map(caches.map((cache) => [cache.cacheId, cache]));
  const tokens = new Map<string, string | undefined>();
  const finalSnapshots: (string | undefined)[] = [];
  return {
    finalSnapshots,
    there,
    tokens,
    async find(cacheId, details) {
      const cache = there.get(cacheId);
      // Like the service: tags only with details, and only of a cache that is available.
      return cache && { ...cache, tags: details && cache.status === 'available' ? cache.tags : undefined };
    },
    async *all() {
      yield* there.values();
    },
    async tagsOf(arn) {
      const cache = [...there.values()].find((found) => found.arn === arn);
      return cache?.status === 'available' ? cache.tags : undefined;
    },
    async create(request, authToken) {
      const cacheId = String(request.ReplicationGroupId);
      if (there.has(cacheId)) throw Object.assign(new Error('taken'), { name: 'ReplicationGroupAlreadyExistsFault' });
      const cache = aCache({ cacheId, status: 'creating', description: String(request.ReplicationGroupDescription) });
      there.set(cacheId, cache);
      tokens.set(cacheId, authToken);
      return { arn: cache.arn, status: cache.status };
    },
    async delete({ cacheId }, finalSnapshot) {
      const cache = there.get(cacheId);
      if (!cache) return;
      if (cache.status !== 'available' && cache.status !== 'create-failed') {
        throw Object.assign(new Error('busy'), { name: 'InvalidReplicationGroupStateFault' });
      }
      there.set(cacheId, { ...cache, status: 'deleting' });
      finalSnapshots.push(finalSnapshot);
    },
  };
};
