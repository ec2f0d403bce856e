import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Flag, type Placement, placeFlags } from '../../../functions/failover-drill/timeline/place-flags.ts';
import { textPx } from '../../../functions/failover-drill/timeline/text-width.ts';

const room = { leftPx: 170, rightPx: 1176, fontPx: 12, linePx: 15 };
const anyFlag = fc.record({
  xPx: fc.double({ min: 170, max: 1176, noNaN: true }),
  says: fc.lorem({ maxCount: 25 }),
});
const rightOf = ({ leftPx, lines }: Placement) => leftPx + Math.max(...lines.map((line) => textPx(line, room.fontPx)));

describe('placeFlags', () => {
  it('never lets two texts overlap, and keeps each in the picture and at its line', () => {
    fc.assert(
      fc.property(fc.array(anyFlag, { maxLength: 15 }), (flags) => {
        const placed = placeFlags(flags, room);
        expect(placed).toHaveLength(flags.length);
        for (const [index, one] of placed.entries()) {
          expect(one.leftPx).toBeGreaterThanOrEqual(room.leftPx);
          expect(rightOf(one)).toBeLessThanOrEqual(room.rightPx + 0.001);
          expect(one.leftPx).toBeLessThanOrEqual(one.xPx);
          expect(rightOf(one)).toBeGreaterThanOrEqual(Math.min(one.xPx, room.rightPx) - 0.001);
          for (const other of placed.slice(index + 1)) {
            const besides = rightOf(one) < other.leftPx || rightOf(other) < one.leftPx;
            const above = one.bottomPx >= other.topPx || other.bottomPx >= one.topPx;
            expect(besides || above).toBe(true);
          }
        }
      }),
    );
  });

  it('puts the text of an earlier event higher, so that its line passes no later text', () => {
    const [first, second] = placeFlags(
      [
        { xPx: 200, says: 'failover ordered' },
        { xPx: 220, says: 'failover completed' },
      ],
      room,
    );
    expect(first?.bottomPx).toBeGreaterThanOrEqual(second?.topPx ?? Number.POSITIVE_INFINITY);
  });

  it('puts texts that are far from each other in one line', () => {
    const flags: Flag[] = [
      { xPx: 200, says: 'failover ordered' },
      { xPx: 700, says: 'failover completed' },
    ];
    expect(placeFlags(flags, room).map(({ bottomPx }) => bottomPx)).toEqual([0, 0]);
  });

  it('breaks a long text between words, and loses none of them', () => {
    const says =
      'Failover from primary node a-very-long-cache-id-in-production-0001-001 to replica node a-very-long-cache-id-in-production-0001-002 completed';
    const [placed] = placeFlags([{ xPx: 1100, says }], room);
    expect(placed?.lines.join(' ')).toBe(says);
    expect(placed?.lines.length).toBeGreaterThan(1);
  });
});
