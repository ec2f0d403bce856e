import { rangesOf, SLOT_COUNT, slotsIn } from '../../../engine/slot-table.ts';
import type { SlotRange } from './slots.ts';

export interface SlotOwner {
  readonly id: string;
  readonly slots: readonly SlotRange[];
}

const countOf = ({ slots }: SlotOwner): number => slots.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** Whether no shard has two slots more than another: then there is nothing to rebalance. */
export const areShared = (shards: readonly SlotOwner[]): boolean => {
  const counts = shards.map(countOf);
  return Math.max(...counts) - Math.min(...counts) <= 1;
};

/**
 * Shares all slots evenly among some shards and moves as few of them as that takes.
 *
 * @param shards every shard that owns slots now, and the new ones
 * @param staying ids of those that are to own slots
 * @returns the slots of each shard in `staying`
 */
export const shareSlots = (
  shards: readonly SlotOwner[],
  staying: readonly string[],
): ReadonlyMap<string, readonly SlotRange[]> => {
  const keepers = shards.filter(({ id }) => staying.includes(id));
  const share = Math.floor(SLOT_COUNT / keepers.length);
  // What is left over goes to those who have most, so that they need not give it away first.
  const richest = [...keepers].sort((left, right) => countOf(right) - countOf(left));
  const larger = new Set(richest.slice(0, SLOT_COUNT % keepers.length));
  const sizeOf = (shard: SlotOwner) => share + (larger.has(shard) ? 1 : 0);

  const kept = new Map(keepers.map((shard) => [shard, slotsIn(shard.slots).slice(0, sizeOf(shard))]));
  const keptSlots = new Set([...kept.values()].flat());
  const free = Array.from({ length: SLOT_COUNT }, (_, slot) => slot).filter((slot) => !keptSlots.has(slot));
  return new Map(
    keepers.map((shard) => {
      const own = kept.get(shard) ?? [];
      const gained = free.splice(0, sizeOf(shard) - own.length);
      return [shard.id, rangesOf([...own, ...gained].sort((left, right) => left - right))];
    }),
  );
};
