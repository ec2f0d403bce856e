import type { ControlPlane } from '../control-plane.ts';
import { rebootValues, startParameters, valuesToBoot } from '../engine-shape.ts';
import { type Cache, type Node, nodesOf } from '../state/cache.ts';
import type { FoundNode } from '../state/region-state.ts';
import { moveTo } from '../transitions.ts';

/** Parameters that the engine takes while it runs although ElastiCache asks for a reboot. */
const SETTABLE: ReadonlySet<string> = new Set(['activerehashing']);

/**
 * Gives a node what has waited for its start; where only a new process can take it, the node starts anew.
 *
 * @param keepsData whether a node that starts anew comes back with its data, or empty
 */
export const bringInBootValues = async (
  plane: ControlPlane,
  cache: Cache,
  node: Node,
  keepsData: boolean,
): Promise<void> => {
  const values = valuesToBoot(plane.state, cache, node);
  const running = plane.engines.get(cache);
  // The engine has one database with cluster mode, whatever `databases` says.
  const needsStart = !cache.clusterMode && Object.keys(values).some((name) => !SETTABLE.has(name));
  const settable = Object.entries(values).filter(([name]) => SETTABLE.has(name));
  if (needsStart) await running?.restart(node.id, startParameters(plane.state, cache), keepsData);
  else if (settable.length > 0) await running?.command(node.id, 'CONFIG', 'SET', ...settable.flat());
  node.bootParameters = rebootValues(plane.state, cache);
};

/**
 * A node goes down and comes back empty, as after a restart: its clients are cut off, its data is gone (a primary's
 * replicas follow), and parameters that waited for it hold. Nobody is promoted meanwhile (ElastiCache guide).
 */
export const beginReboot = (plane: ControlPlane, { cache, node }: FoundNode): void => {
  moveTo(cache, 'modifying');
  for (const other of nodesOf(cache)) other.status = other === node ? 'rebooting cluster nodes' : 'available';
  plane.jobs.run(`Rebooting ${node.id}`, async (signal) => {
    const running = plane.engines.get(cache);
    try {
      const primaries = await plane.engines.primaries(cache);
      if ([...primaries.values()].includes(node.id)) await running?.command(node.id, 'FLUSHALL');
      await running?.command(node.id, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await running?.command(node.id, 'CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
      await bringInBootValues(plane, cache, node, false);
      await plane.world.clock.sleep(plane.delays.changeSeconds * 1000, signal);
    } finally {
      if (!signal.aborted) moveTo(cache, 'available');
    }
    plane.journal.record('cache-cluster', node.id, 'Cache node 0001 restarted');
    await plane.notify(cache, 'CacheNodesRebooted', node.id);
  });
};
