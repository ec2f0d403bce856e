import { checkNodeIds } from './check-shape.ts';
import { createSlotTable } from './slot-table.ts';
import type { CacheShape, NodeShape, ShardNodes } from './types.ts';

/** What a running cache is made of, from its creation through every change. */
export interface PresentShape {
  shape(): CacheShape;
  set(settings: Partial<Pick<CacheShape, 'users' | 'parameters' | 'maxmemoryBytes' | 'tls'>>): void;
  /** @throws Error with a sentence for nodes that this cache cannot take */
  checkNew(shards: readonly ShardNodes[]): void;
  add(shards: readonly ShardNodes[]): void;
  /** @param primaries node id by shard id @throws Error with a sentence for nodes that have to stay */
  checkLeaving(nodeIds: readonly string[], primaries: ReadonlyMap<string, string>): void;
  remove(nodeIds: readonly string[]): void;
  giveSlot(slot: number, shardId: string): void;
}

export const createPresentShape = (start: CacheShape): PresentShape => {
  const slots = createSlotTable(start.shards);
  const { users, parameters, maxmemoryBytes, tls } = start;
  let settings = { users, parameters, maxmemoryBytes, tls };
  let shards: readonly { readonly id: string; readonly nodes: readonly NodeShape[] }[] = start.shards;

  const refuse = (reason: string): never => {
    throw new Error(`The nodes of cache ${start.id} cannot be changed so: ${reason}.`);
  };
  const has = (shardId: string) => shards.some(({ id }) => id === shardId);
  const shape = (): CacheShape => ({
    ...start,
    ...settings,
    shards: shards.map(({ id, nodes }) => ({ id, nodes, slots: slots.rangesOf(id) })),
  });

  return {
    shape,
    set(changed) {
      settings = { ...settings, ...changed };
    },
    checkNew(added) {
      if (!start.clusterMode && added.some(({ shardId }) => !has(shardId))) {
        refuse('without cluster mode it has one shard');
      }
      if (new Set(added.map(({ shardId }) => shardId)).size < added.length) refuse('a shard is named twice');
      checkNodeIds([...shards, ...added], refuse);
    },
    add(added) {
      const more = new Map(added.map(({ shardId, nodes }) => [shardId, nodes]));
      const grown = shards.map(({ id, nodes }) => ({ id, nodes: [...nodes, ...(more.get(id) ?? [])] }));
      const newShards = added
        .filter(({ shardId }) => !has(shardId))
        .map(({ shardId, nodes }) => ({ id: shardId, nodes }));
      shards = [...grown, ...newShards];
    },
    checkLeaving(nodeIds, primaries) {
      for (const { id, nodes } of shards) {
        const leaving = nodes.filter((node) => nodeIds.includes(node.id));
        const isWhole = leaving.length === nodes.length;
        const primary = primaries.get(id);
        if (leaving.length === 0) continue;
        if (isWhole && !start.clusterMode) refuse(`shard ${id} would have no node left`);
        if (isWhole && slots.rangesOf(id).length > 0) refuse(`shard ${id} still owns slots; move them away first`);
        if (!isWhole && primary === undefined) refuse(`it is not known who is primary of shard ${id} now`);
        if (!isWhole && leaving.some((node) => node.id === primary)) refuse(`${primary} is the primary of shard ${id}`);
      }
    },
    remove(nodeIds) {
      shards = shards
        .map(({ id, nodes }) => ({ id, nodes: nodes.filter((node) => !nodeIds.includes(node.id)) }))
        .filter(({ nodes }) => nodes.length > 0);
    },
    giveSlot: slots.give,
  };
};
