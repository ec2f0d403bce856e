import type { Endpoint } from '../../platform/caches.ts';

/** Slots from the first to the last, both included. */
export type SlotRange = readonly [first: number, last: number];

/** Slots in ElastiCache's own writing, e.g. `0-5460,6000-7000`. @throws RangeError for anything else */
export const parseSlots = (text: string): readonly SlotRange[] =>
  text.split(',').map((part) => {
    const [, first, last = first] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part) ?? [];
    if (first === undefined || Number(last) > 16_383 || Number(first) > Number(last)) {
      throw new RangeError(`${JSON.stringify(part)} is no range of slots.`);
    }
    return [Number(first), Number(last)];
  });

/** Where the cache is, and how it is divided. */
export type Target =
  | {
      readonly clusterMode: false;
      /** The primary endpoint. */
      readonly endpoint: Endpoint;
      readonly tls: boolean;
    }
  | {
      readonly clusterMode: true;
      /** The configuration endpoint. */
      readonly endpoint: Endpoint;
      readonly tls: boolean;
      /** All shards with their slots as ElastiCache describes them: the engine does not know the shards' ids. */
      readonly shards: readonly { readonly id: string; readonly slots: readonly SlotRange[] }[];
    };
