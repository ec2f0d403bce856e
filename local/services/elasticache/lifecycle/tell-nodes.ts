import type { UserFaults } from '../../../engine/types.ts';
import type { ControlPlane } from '../control-plane.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import type { TakenTokenFaults } from '../token-faults.ts';

/**
 * Takes to a cache's nodes what the state says now, with the faults that this change has got. A node that was to be
 * forgotten learns it when the fault is ended; the next change of the cache reaches it, too.
 *
 * @throws Error when a node does not take it, and for a fault on a node that the cache does not have
 */
export const tellNodes = async (
  { engines, jobs }: Pick<ControlPlane, 'engines' | 'jobs'>,
  cache: Cache,
  { forgotten, dropsConnections }: Pick<TakenTokenFaults, 'forgotten' | 'dropsConnections'>,
): Promise<void> => {
  const faults: UserFaults = {
    ...(dropsConnections ? { dropsConnections } : {}),
    ...(forgotten ? { forgets: nodeAt(cache, forgotten.nodeIndex) } : {}),
  };
  await engines.reconcile(cache, faults);
  forgotten?.whenEnded(() => jobs.run(`Telling a forgotten node of ${cache.id}`, () => engines.tellUsers(cache)));
};

const nodeAt = (cache: Cache, index: number): string => {
  const node = nodesOf(cache)[index];
  if (node) return node.id;
  throw new Error(`The fault was ordered for node ${index} of ${cache.id}, which has ${nodesOf(cache).length} nodes.`);
};
