import { type CacheEvents, isNodeOf } from '../../functions/platform/cache-events.ts';
import type { CacheEvent } from '../../functions/platform/conditions.ts';

export interface InMemoryEvents extends CacheEvents {
  readonly told: CacheEvent[];
}

/** ElastiCache's events: those of the test, newest first, as the service gives them. A group is what has no node’s name. */
export const inMemoryEvents = (...events: readonly CacheEvent[]): InMemoryEvents => {
  const told = [...events];
  const since = (time: string) =>
    told
      .filter(({ at }) => Date.parse(at) >= Date.parse(time))
      .sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  return {
    told,
    async of(cacheId, time) {
      return since(time).filter(({ source }) => isNodeOf(cacheId, source));
    },
    async ofGroups(time) {
      return since(time).filter(({ source }) => !/-\d{3}$/.test(source));
    },
  };
};
