import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLookupRate } from '../../../local/services/cloudtrail/lookup-rate.ts';
import { ARRIVAL_MS, createTrail, KEPT_MS } from '../../../local/services/cloudtrail/trail.ts';
import type { TrailEvent } from '../../../local/services/cloudtrail/trail-event.ts';

const START = Date.parse('2026-11-21T12:00:00Z');

const anEvent = (at: number, more: Partial<TrailEvent> = {}): TrailEvent => ({
  id: `id-${at}`,
  name: 'GetSecretValue',
  source: 'secretsmanager.amazonaws.com',
  region: 'us-east-1',
  at,
  isRead: true,
  accessKeyId: 'AKIAEXAMPLE',
  username: 'operator',
  resources: [],
  record: '{}',
  ...more,
});

describe('the trail', () => {
  it('never shows an event before it has arrived, nor after 90 days, and always in between', () => {
    const age = fc.integer({ min: 0, max: KEPT_MS * 2 });
    const edges = fc.constantFrom(0, ARRIVAL_MS - 1, ARRIVAL_MS, KEPT_MS, KEPT_MS + 1);
    fc.assert(
      fc.property(fc.oneof(age, edges), (ageMs) => {
        let now = START;
        const trail = createTrail(() => now);
        trail.add(anEvent(START));
        now = START + ageMs;
        expect(trail.visible('us-east-1')).toHaveLength(ageMs >= ARRIVAL_MS && ageMs <= KEPT_MS ? 1 : 0);
        expect(trail.visible('eu-west-1')).toEqual([]);
      }),
    );
  });

  it('shows the newest first, of all services together', () => {
    const trail = createTrail(() => START + ARRIVAL_MS * 2);
    const source = 'elasticache.amazonaws.com';
    trail.add(anEvent(START));
    trail.add(anEvent(START + 2000));
    trail.add(anEvent(START + 1000, { source }));
    const ages = trail.visible('us-east-1').map(({ at }) => at - START);
    expect(ages).toEqual([2000, 1000, 0]);
  });

  it('keeps no more than so many of a service, and then those that are newest', () => {
    let now = START;
    const trail = createTrail(() => now);
    trail.add(anEvent(START, { source: 'cloudtrail.amazonaws.com' }));
    for (let number = 0; number < 20_100; number += 1) trail.add(anEvent(START + number));
    now = START + ARRIVAL_MS + 60_000;
    const seen = trail.visible('us-east-1');
    expect(seen).toHaveLength(20_001);
    expect(seen.filter(({ source }) => source.startsWith('secretsmanager')).at(-1)?.at).toBe(START + 100);
  });
});

describe('the rate of lookups', () => {
  it('never lets more than two pass in any second of a Region, and lets the others try again', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(pauses, (given) => {
        let now = START;
        const pass = createLookupRate(() => now);
        const passed: number[] = [];
        for (const pauseMs of given) {
          now += pauseMs;
          const recent = passed.filter((at) => at > now - 1000).length;
          const isThrottled = (() => {
            try {
              pass('us-east-1');
              return false;
            } catch (error) {
              expect(error).toMatchObject({ code: 'ThrottlingException' });
              return true;
            }
          })();
          expect(isThrottled).toBe(recent >= 2);
          if (!isThrottled) passed.push(now);
        }
      }),
    );
  });

  it('counts each Region by itself', () => {
    const pass = createLookupRate(() => START);
    for (const region of ['us-east-1', 'eu-west-1', 'us-east-1', 'eu-west-1']) pass(region);
    expect(() => pass('us-east-1')).toThrow('Rate exceeded');
  });
});
