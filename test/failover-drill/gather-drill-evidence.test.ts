import { describe, expect, it } from 'vitest';
import { gatherDrillEvidence } from '../../functions/failover-drill/gather-drill-evidence.ts';
import { IncidentEvidence } from '../../functions/failover-drill/schemas.ts';
import { aDrillableCache, aShard, NOW } from '../builders/a-drill.ts';
import { anEvent, wholeFailover } from '../builders/a-failover.ts';
import { named } from '../builders/an-sdk-client.ts';
import { inMemoryAlarms } from '../builders/in-memory-alarms.ts';
import { inMemoryCaches } from '../builders/in-memory-caches.ts';
import { inMemoryEvents } from '../builders/in-memory-events.ts';

const witnesses = () => {
  const alarms = inMemoryAlarms();
  alarms.there.set('orders-memory', { state: 'ALARM', of: 'orders' });
  const cache = aDrillableCache({ shards: [aShard('0001', { status: 'modifying' })] });
  return { caches: inMemoryCaches(cache), events: inMemoryEvents(...wholeFailover()), alarms };
};
type Witnesses = Parameters<typeof gatherDrillEvidence>[2];
const gather = async (changes: Partial<Witnesses> = {}) => {
  const evidence = await gatherDrillEvidence('orders', NOW, { ...witnesses(), ...changes });
  return IncidentEvidence.parse({ ...evidence, quarantined: true });
};

describe('gatherDrillEvidence', () => {
  it('tells what a person wants to see first', async () => {
    const evidence = await gather();
    expect(evidence).toMatchObject({
      status: 'available',
      shards: [{ id: '0001', status: 'modifying' }],
      alarms: ['orders-memory'],
      notRead: [],
    });
    expect(evidence.events).toHaveLength(5);
    expect(evidence.events[0]?.message).toBe('Finished recovery for cache nodes 0001');
  });

  it('names what could not be read, and hides nothing else behind it', async () => {
    const denied = () => Promise.reject(named('AccessDenied', 'with a long story'));
    const whole = await gather();
    expect(await gather({ caches: { find: denied } })).toEqual({
      ...whole,
      status: 'gone, or not read',
      shards: [],
      notRead: ['the cache (AccessDenied)'],
    });
    expect(await gather({ events: { of: denied } })).toEqual({
      ...whole,
      events: [],
      notRead: ['its events (AccessDenied)'],
    });
    expect(await gather({ alarms: { firingOf: denied } })).toEqual({
      ...whole,
      alarms: [],
      notRead: ['its alarms (AccessDenied)'],
    });
  });

  it('never fails, whatever is thrown', async () => {
    const strange = () => Promise.reject('just text');
    const evidence = await gather({
      caches: { find: strange },
      events: { of: strange },
      alarms: { firingOf: strange },
    });
    expect(evidence.notRead).toEqual(['the cache (unknown)', 'its events (unknown)', 'its alarms (unknown)']);
  });

  it('tells the newest of a long story, so that it fits into an event', async () => {
    const long = inMemoryEvents(...Array.from({ length: 200 }, (_, index) => anEvent(index, 'orders', `at ${index}`)));
    const { events } = await gather({ events: long });
    expect(events).toHaveLength(50);
    expect(events[0]?.message).toBe('at 199');
  });

  it('says that a cache is gone', async () => {
    expect(await gather({ caches: inMemoryCaches() })).toMatchObject({ status: 'gone, or not read', notRead: [] });
  });
});
