import type { Alarms } from '../platform/alarms.ts';
import type { CacheEvents } from '../platform/cache-events.ts';
import type { Caches } from '../platform/caches.ts';
import type { IncidentEvidence } from './schemas.ts';

interface Witnesses {
  readonly caches: Pick<Caches, 'find'>;
  readonly events: Pick<CacheEvents, 'of'>;
  readonly alarms: Pick<Alarms, 'firingOf'>;
}

/** What of a long story still fits into an event. */
const MOST_EVENTS = 50;

/** Gathers what a person wants to see first. Never throws: a part that cannot be read is named, and does not hide the others. */
export const gatherDrillEvidence = async (
  cacheId: string,
  since: string,
  { caches, events, alarms }: Witnesses,
): Promise<Omit<IncidentEvidence, 'quarantined'>> => {
  const notRead: string[] = [];
  const read = async <T>(what: string, work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      notRead.push(`${what} (${error instanceof Error ? error.name : 'unknown'})`);
      return undefined;
    }
  };
  const [cache, told, firing] = await Promise.all([
    read('the cache', caches.find(cacheId)),
    read('its events', events.of(cacheId, since)),
    read('its alarms', alarms.firingOf(cacheId)),
  ]);
  return {
    status: cache?.status ?? 'gone, or not read',
    shards: (cache?.shards ?? []).map(({ id, status }) => ({ id, status })),
    events: (told ?? []).slice(0, MOST_EVENTS),
    alarms: (firing ?? []).map(({ name }) => name),
    notRead,
  };
};
