import type { AlarmSeen, Alarms } from '../../functions/platform/alarms.ts';

export interface InMemoryAlarms extends Alarms {
  /** By name; `of` is the cache whose metric it watches. */
  readonly there: Map<string, { state: string; readonly of?: string }>;
}

/** CloudWatch's alarms: those of the test, in the state that the test gives them. */
export const inMemoryAlarms = (states: Readonly<Record<string, string>> = {}): InMemoryAlarms => {
  const there = new Map<string, { state: string; of?: string }>(
    Object.entries(states).map(([name, state]) => [name, { state }]),
  );
  const seen = ([name, { state }]: [string, { state: string }]): AlarmSeen => ({ name, state });
  return {
    there,
    async firingOf(cacheId) {
      return [...there].filter(([, { state, of }]) => state === 'ALARM' && of === cacheId).map(seen);
    },
    async named(names) {
      return [...there].filter(([name]) => names.includes(name)).map(seen);
    },
  };
};
