import { SLOT_COUNT } from './slot-table.ts';
import type { CacheShape, NodeShape } from './types.ts';

/** Ids become names of folders and files. */
const ID = /^[A-Za-z0-9][\w.-]*$/;

/** Refuses shards without nodes, and nodes whose ids are wrong or given twice. */
export const checkNodeIds = (
  shards: readonly { readonly nodes: readonly NodeShape[] }[],
  refuse: (reason: string) => never,
): void => {
  const nodeIds = shards.flatMap(({ nodes }) => nodes.map(({ id }) => id));
  for (const id of nodeIds) if (!ID.test(id)) refuse(`'${id}' is not an id`);
  if (new Set(nodeIds).size < nodeIds.length) refuse('two of its nodes have the same id');
  if (nodeIds.length === 0 || shards.some(({ nodes }) => nodes.length === 0)) refuse('a shard has no node');
};

/** @throws Error with a sentence for a shape that no engine could take */
export const checkShape = (shape: CacheShape): void => {
  const refuse = (reason: string): never => {
    throw new Error(`Cache ${shape.id} cannot be started: ${reason}.`);
  };
  if (!ID.test(shape.id)) refuse(`'${shape.id}' is not an id`);
  checkNodeIds(shape.shards, refuse);
  if (!shape.clusterMode) {
    if (shape.shards.length > 1) refuse('without cluster mode it has one shard');
    return;
  }
  const owners = new Uint8Array(SLOT_COUNT);
  for (const [first, last] of shape.shards.flatMap(({ slots }) => slots)) {
    if (first < 0 || last >= SLOT_COUNT || first > last) refuse(`${first}-${last} is not a range of slots`);
    for (let slot = first; slot <= last; slot += 1) owners[slot] = (owners[slot] ?? 0) + 1;
  }
  const wrong = owners.findIndex((count) => count !== 1);
  if (wrong >= 0) refuse(`slot ${wrong} belongs to ${owners[wrong]} shards instead of one`);
};
