import { invalidCombination, invalidValue } from './faults.ts';

/** A Redis Cluster has 16,384 slots. */
const SLOT_COUNT = 16_384;

export type SlotRange = readonly [first: number, last: number];

/** Even shares in order; the first shards take what is left over: 3 shards get 0-5461, 5462-10922, 10923-16383. */
export const evenSlots = (shards: number): readonly SlotRange[] => {
  const share = Math.floor(SLOT_COUNT / shards);
  const larger = SLOT_COUNT % shards;
  return Array.from({ length: shards }, (_, index) => {
    const first = index * share + Math.min(index, larger);
    return [first, first + share - 1 + (index < larger ? 1 : 0)];
  });
};

/** `0-5461`, or several ranges with commas. @throws ServiceError InvalidParameterValue */
export const parseSlots = (text: string): readonly SlotRange[] =>
  text.split(',').map((part) => {
    const [, first, last = first] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part) ?? [];
    const range: SlotRange = [Number(first), Number(last)];
    if (first === undefined || range[0] > range[1] || range[1] >= SLOT_COUNT) {
      throw invalidValue(`Invalid Slots "${text}": give ranges first-last from 0 to ${SLOT_COUNT - 1}.`);
    }
    return range;
  });

/** @throws ServiceError InvalidParameterCombination unless every slot belongs to exactly one shard */
export const checkSlotCoverage = (shards: readonly (readonly SlotRange[])[]): void => {
  const ranges = shards.flat().sort(([left], [right]) => left - right);
  let next = 0;
  for (const [first, last] of ranges) {
    if (first !== next) {
      const problem = first < next ? `slot ${first} is given twice` : `slot ${next} belongs to no shard`;
      throw invalidCombination(`The Slots of all node groups must cover 0-${SLOT_COUNT - 1} exactly once: ${problem}.`);
    }
    next = last + 1;
  }
  if (next !== SLOT_COUNT) {
    throw invalidCombination(
      `The Slots of all node groups must cover 0-${SLOT_COUNT - 1} exactly once: slot ${next} belongs to no shard.`,
    );
  }
};
