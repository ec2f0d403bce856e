import type { SlotRange } from './slot-table.ts';

/** A node of the cluster as another one, or it itself, sees it. */
export interface SeenNode {
  /** Forty hex digits. */
  readonly name: string;
  readonly flags: ReadonlySet<string>;
  readonly slots: readonly SlotRange[];
  /** Slots on their way to another node, told only by the node that still owns them: slot and the other's name. */
  readonly leaving: ReadonlyMap<number, string>;
}

/** `0-5460`, `5461`, `[93->-3c3a…]` (leaves for), `[77-<-e7d1…]` (comes from; its owner tells of it as well). */
const parseSlotWords = (words: readonly string[]) => {
  const slots: SlotRange[] = [];
  const leaving = new Map<number, string>();
  for (const word of words) {
    const [, open, target = ''] = /^\[(\d+)->-([0-9a-f]{40})\]$/.exec(word) ?? [];
    if (open !== undefined) leaving.set(Number(open), target);
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? [];
    if (first !== undefined) slots.push([Number(first), Number(last)]);
  }
  return { slots, leaving };
};

/** The lines of CLUSTER NODES. @param reply the engine's text; anything else shows no node */
export const parseClusterNodes = (reply: unknown): readonly SeenNode[] => {
  const lines = typeof reply === 'string' ? reply.split('\n').filter(Boolean) : [];
  return lines.map((line) => {
    const [name = '', , flags = '', , , , , , ...slotWords] = line.split(' ');
    return { name, flags: new Set(flags.split(',')), ...parseSlotWords(slotWords) };
  });
};

/** Names and values that follow each other in a list, as the engine writes a map. */
const pairsOf = (list: unknown): ReadonlyMap<unknown, unknown> => {
  const words: readonly unknown[] = Array.isArray(list) ? list : [];
  return new Map(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]] as const] : [])));
};

/** Every node that a CLUSTER SHARDS reply shows as fit to serve, as `<name> master` or `<name> replica`. */
export const rolesOnline = (reply: unknown): ReadonlySet<string> => {
  const shards: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const nodes = shards.flatMap((shard): readonly unknown[] => {
    const members = pairsOf(shard).get('nodes');
    return Array.isArray(members) ? members : [];
  });
  const online = nodes.map(pairsOf).filter((node) => node.get('health') === 'online');
  return new Set(online.map((node) => `${node.get('id')} ${node.get('role')}`));
};
