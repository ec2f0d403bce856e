import type { ShardShape } from './types.ts';

/** A Redis Cluster has 16,384 slots (cluster specification). */
export const SLOT_COUNT = 16_384;

/** Inclusive. */
export type SlotRange = readonly [first: number, last: number];

/** Slots in rising order as ranges. */
export const rangesOf = (slots: Iterable<number>): readonly SlotRange[] => {
  const ranges: [number, number][] = [];
  for (const slot of slots) {
    const last = ranges.at(-1);
    if (last?.[1] === slot - 1) last[1] = slot;
    else ranges.push([slot, slot]);
  }
  return ranges;
};

export const slotsIn = (ranges: readonly SlotRange[]): readonly number[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));

/** Which shard owns each slot; without cluster mode nobody owns any. */
export interface SlotTable {
  ownerOf(slot: number): string | undefined;
  give(slot: number, shardId: string): void;
  rangesOf(shardId: string): readonly SlotRange[];
}

export const createSlotTable = (shards: readonly Pick<ShardShape, 'id' | 'slots'>[]): SlotTable => {
  const owners: (string | undefined)[] = Array(SLOT_COUNT).fill(undefined);
  for (const { id, slots } of shards) for (const slot of slotsIn(slots)) owners[slot] = id;
  return {
    ownerOf: (slot) => owners[slot],
    give(slot, shardId) {
      owners[slot] = shardId;
    },
    rangesOf: (shardId) => rangesOf(owners.flatMap((owner, slot) => (owner === shardId ? [slot] : []))),
  };
};
