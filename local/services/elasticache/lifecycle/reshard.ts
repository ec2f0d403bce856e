import type { RunningCache } from '../../../engine/types.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Cache } from '../state/cache.ts';
import { shareSlots } from '../validation/share-slots.ts';
import type { PlannedShardNodes } from './new-nodes.ts';
import { adoptShape, beginResize, bringIn, ResizeRefused } from './resize.ts';

/** How a cache with cluster mode is to be made of shards. */
export interface ReshardPlan {
  readonly coming: readonly PlannedShardNodes[];
  /** Ids of the shards that go. */
  readonly leaving: readonly string[];
}

/** AWS asks for 1.5 times the data of the removed shards free on the rest (ElastiCache guide, online resizing). */
const FREE_TIMES_MOVED = 1.5;

/** Adds shards, moves slots with their keys while clients go on, and removes shards that own none any more. */
export const beginReshard = (plane: ControlPlane, cache: Cache, { coming, leaving }: ReshardPlan): void => {
  cache.resharding = { progressPercentage: 0 };
  for (const id of [...cache.shards.map((shard) => shard.id), ...coming.map(({ shardId }) => shardId)]) {
    cache.highestShardNumber = Math.max(cache.highestShardNumber ?? 0, Number(id));
  }
  beginResize(plane, cache, {
    name: `Resharding ${cache.id}`,
    coming,
    async work(running, signal) {
      if (leaving.length > 0) await checkDataFits(running, leaving);
      if (coming.length > 0) await bringIn(plane, cache, running, coming);
      const staying = cache.shards.map(({ id }) => id).filter((id) => !leaving.includes(id));
      const layout = shareSlots(running.shape.shards, staying);
      const onProgress = (movedFraction: number) => {
        cache.resharding = { progressPercentage: movedFraction * 100 };
      };
      await running.moveSlots(layout, onProgress, signal);
      adoptShape(cache, running);
      if (leaving.length > 0) await takeAway(cache, running, leaving);
    },
  });
};

/**
 * What the leaving shards hold has to find room on the others, with something to spare.
 *
 * @throws ResizeRefused when it does not; the cache is as it was
 */
const checkDataFits = async (running: RunningCache, leaving: readonly string[]) => {
  const primaries = await running.primaries();
  const figures = await Promise.all(
    [...primaries].map(async ([shardId, nodeId]) => {
      const info = await running.info(nodeId);
      // What an empty node needs is no data that moves.
      const used = Math.max(0, Number(info.used_memory) - Number(info.used_memory_startup ?? 0));
      return { goes: leaving.includes(shardId), used, free: Math.max(0, Number(info.maxmemory) - used) };
    }),
  );
  const total = (pick: (figure: (typeof figures)[number]) => number) =>
    figures.reduce((sum, figure) => sum + pick(figure), 0);
  const moved = total(({ goes, used }) => (goes ? used : 0));
  const free = total((figure) => (figure.goes ? 0 : figure.free));
  if (free >= FREE_TIMES_MOVED * moved) return;
  throw new ResizeRefused(
    `The node groups that stay have ${free} bytes free; ${FREE_TIMES_MOVED} times the ${moved} bytes of those that go are needed.`,
  );
};

const takeAway = async (cache: Cache, running: RunningCache, leaving: readonly string[]) => {
  const shards = cache.shards.filter(({ id }) => leaving.includes(id));
  for (const shard of shards) {
    shard.status = 'deleting';
    for (const node of shard.nodes) node.status = 'deleting';
  }
  await running.removeNodes(shards.flatMap(({ nodes }) => nodes.map(({ id }) => id)));
};
