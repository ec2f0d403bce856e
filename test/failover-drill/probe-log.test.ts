import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeInLog } from '../../functions/failover-drill/probe-log.ts';

const BEGAN = Date.parse('2026-11-21T07:00:00.000Z');
const at = (ms: number) => new Date(BEGAN + ms).toISOString();
/** Readings of the log’s clock and of the account’s, both in milliseconds since the beginning. */
const clock = (...readings: readonly (readonly [number, number])[]) => ({
  clock: readings.map(([ms, account]): [number, number] => [ms, BEGAN + account]),
});

describe('placeInLog', () => {
  it('places by the nearest two readings, in proportion', () => {
    const log = clock([0, 0], [1000, 1000], [2000, 62_000]);
    expect(placeInLog(log, at(0))).toBe(0);
    expect(placeInLog(log, at(500))).toBe(500);
    expect(placeInLog(log, at(1000))).toBe(1000);
    expect(placeInLog(log, at(31_500))).toBe(1500);
    expect(placeInLog(log, at(62_000))).toBe(2000);
  });

  it('goes on at the same pace before the first and behind the last reading', () => {
    const log = clock([0, 0], [1000, 60_000], [2000, 61_000]);
    expect(placeInLog(log, at(-30_000))).toBe(-500);
    expect(placeInLog(log, at(62_500))).toBe(3500);
  });

  it('takes both clocks for equally fast where one reading is all there is', () => {
    const log = clock([200, 0]);
    expect([-100, 0, 100].map((ms) => placeInLog(log, at(ms)))).toEqual([100, 200, 300]);
  });

  it('is not led astray by a clock that stood still, or was set back', () => {
    expect(placeInLog(clock([0, 0], [1000, 0]), at(500))).toBe(1500);
    expect(placeInLog(clock([0, 5000], [1000, 1000]), at(6000))).toBe(6000);
  });

  it('finds every moment again, whatever the pace, and keeps the order of events', () => {
    const paces = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 100 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(paces, fc.array(fc.integer({ min: -10_000, max: 1_000_000 }), { minLength: 2 }), (steps, times) => {
        const readings: [number, number][] = [[0, 0]];
        for (const [ms, pace] of steps) {
          const [fromMs, from] = readings.at(-1) ?? [0, 0];
          readings.push([fromMs + ms, from + ms * pace]);
        }
        const log = clock(...readings);
        for (const [ms, account] of readings) expect(placeInLog(log, at(account))).toBeCloseTo(ms, 6);
        const inOrder = times.toSorted((one, other) => one - other).map((time) => placeInLog(log, at(time)));
        expect(inOrder).toEqual(inOrder.toSorted((one, other) => one - other));
      }),
    );
  });
});
