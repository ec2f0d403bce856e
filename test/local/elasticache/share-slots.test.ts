import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotsIn } from '../../../local/engine/slot-table.ts';
import { areShared, type SlotOwner, shareSlots } from '../../../local/services/elasticache/validation/share-slots.ts';
import { evenSlots } from '../../../local/services/elasticache/validation/slots.ts';

const idOf = (index: number) => String(index + 1).padStart(4, '0');
const even = (count: number): SlotOwner[] =>
  evenSlots(count).map((range, index) => ({ id: idOf(index), slots: [range] }));
const countIn = (slots: SlotOwner['slots']) => slotsIn(slots).length;

/** Shards that own anything from nothing to everything, in one range each, and which of them stay. */
const aSituation = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.boolean()), { minLength: 1, maxLength: 12 })
  .map((shards) => {
    const weight = shards.reduce((sum, [share]) => sum + share, 0) || 1;
    let share = 0;
    const owners = shards.map(([part], index): SlotOwner => {
      const first = Math.floor((share / weight) * 16_384);
      share += part;
      const end = index === shards.length - 1 ? 16_384 : Math.floor((share / weight) * 16_384);
      return { id: idOf(index), slots: end > first ? [[first, end - 1]] : [] };
    });
    const chosen = owners.filter((_, index) => shards[index]?.[1]).map(({ id }) => id);
    return { owners, staying: chosen.length > 0 ? chosen : [idOf(0)] };
  });

describe('shareSlots', () => {
  it('never loses or doubles a slot, never leaves one shard two ahead of another, and moves no slot without need', () => {
    fc.assert(
      fc.property(aSituation, ({ owners, staying }) => {
        const shared = shareSlots(owners, staying);
        expect([...shared.keys()]).toEqual(owners.map(({ id }) => id).filter((id) => staying.includes(id)));
        const all = [...shared.values()].flatMap(slotsIn).sort((left, right) => left - right);
        expect(all).toEqual(Array.from({ length: 16_384 }, (_, slot) => slot));
        expect(areShared([...shared].map(([id, slots]) => ({ id, slots })))).toBe(true);

        const present = new Map(owners.map(({ id, slots }) => [id, new Set(slotsIn(slots))]));
        const moved = [...shared].reduce(
          (sum, [id, slots]) => sum + slotsIn(slots).filter((slot) => !present.get(id)?.has(slot)).length,
          0,
        );
        const gained = [...shared].map(([id, slots]) => Math.max(0, countIn(slots) - (present.get(id)?.size ?? 0)));
        expect(moved).toBe(gained.reduce((sum, each) => sum + each, 0));
      }),
      { numRuns: 60 },
    );
  });

  it('gives a fourth shard a part of each, and leaves the rest where it is', () => {
    const shared = shareSlots([...even(3), { id: '0004', slots: [] }], ['0001', '0002', '0003', '0004']);
    expect(shared.get('0001')).toEqual([[0, 4_095]]);
    expect(shared.get('0004')).toEqual([
      [4_096, 5_461],
      [9_558, 10_922],
      [15_019, 16_383],
    ]);
  });

  it.each([1, 2, 3, 5, 7, 90, 500])('finds nothing to do among %i shards that share evenly', (count) => {
    const shards = even(count);
    expect(areShared(shards)).toBe(true);
    const shared = shareSlots(
      shards,
      shards.map(({ id }) => id),
    );
    expect([...shared]).toEqual(shards.map(({ id, slots }) => [id, slots]));
  });
});
