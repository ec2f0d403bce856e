import type { TrailEvent } from './trail-event.ts';

/** The events of the last 90 days. */
export interface Trail {
  add(event: TrailEvent): void;
  /** The events of a Region that can be seen by now, newest first. */
  visible(region: string): readonly TrailEvent[];
}

/** LookupEvents goes back 90 days (API reference). */
export const KEPT_MS = 90 * 86_400_000;

/**
 * Events arrive within about five minutes on average, which nobody guarantees (CloudTrail guide, "How CloudTrail works"), and in
 * the event history within 15 (guide, "Working with CloudTrail event history"). Here it is always the longest.
 */
export const ARRIVAL_MS = 15 * 60_000;

/** So that an account that runs for long stays small; of AWS's trail nothing is lost. For each Region and service. */
const MOST_KEPT = 20_000;

/** @param now account time, milliseconds since the epoch */
export const createTrail = (now: () => number): Trail => {
  /** By Region and source, oldest first. */
  const kept = new Map<string, TrailEvent[]>();

  return {
    add(event) {
      const key = `${event.region} ${event.source}`;
      const events = kept.get(key) ?? [];
      kept.set(key, events);
      events.push(event);
      const since = now() - KEPT_MS;
      const old = events.findIndex(({ at }) => at >= since);
      events.splice(0, Math.max(old, events.length - MOST_KEPT));
    },
    visible(region) {
      const [since, until] = [now() - KEPT_MS, now() - ARRIVAL_MS];
      return [...kept.values()]
        .flat()
        .filter((event) => event.region === region && event.at >= since && event.at <= until)
        .toSorted((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1));
    },
  };
};
