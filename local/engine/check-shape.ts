import type { CacheShape } from './types.ts';

const SLOTS = 16_384;
/** Ids become names of folders and files. */
const ID = /^[A-Za-z0-9][\w.-]*$/;

/** @throws Error with a sentence for a shape that no engine could take */
export const checkShape = (shape: CacheShape): void => {
  const refuse = (reason: string): never => {
    throw new Error(`Cache ${shape.id} cannot be started: ${reason}.`);
  };
  const nodeIds = shape.shards.flatMap(({ nodes }) => nodes.map(({ id }) => id));
  for (const id of [shape.id, ...nodeIds]) if (!ID.test(id)) refuse(`'${id}' is not an id`);
  if (new Set(nodeIds).size < nodeIds.length) refuse('two of its nodes have the same id');
  if (nodeIds.length === 0 || shape.shards.some(({ nodes }) => nodes.length === 0)) refuse('a shard has no node');
  if (!shape.clusterMode) {
    if (shape.shards.length > 1) refuse('without cluster mode it has one shard');
    return;
  }
  const owners = new Uint8Array(SLOTS);
  for (const [first, last] of shape.shards.flatMap(({ slots }) => slots)) {
    if (first < 0 || last >= SLOTS || first > last) refuse(`${first}-${last} is not a range of slots`);
    for (let slot = first; slot <= last; slot += 1) owners[slot] = (owners[slot] ?? 0) + 1;
  }
  const wrong = owners.findIndex((count) => count !== 1);
  if (wrong >= 0) refuse(`slot ${wrong} belongs to ${owners[wrong]} shards instead of one`);
};
