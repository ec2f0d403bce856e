import type { ControlPlane } from '../control-plane.ts';
import { rebootValues, valuesToBoot } from '../engine-shape.ts';
import { type Cache, type Node, nodesOf } from '../state/cache.ts';
import type { FoundNode } from '../state/region-state.ts';
import { moveTo } from '../transitions.ts';

/** Parameters that the engine takes while it runs although ElastiCache asks for a reboot. */
const SETTABLE: ReadonlySet<string> = new Set(['activerehashing']);

/** The first waiting parameter that only a new process could take; the local nodes keep theirs, and so their ports. */
export const unbootable = (plane: ControlPlane, cache: Cache, node: Node, parameterGroupName?: string) =>
  Object.keys(
    valuesToBoot(plane.state, { parameterGroupName: parameterGroupName ?? cache.parameterGroupName }, node),
  ).find((name) => !SETTABLE.has(name));

/** Gives a node what has waited for its start. */
export const bringInBootValues = async (plane: ControlPlane, cache: Cache, node: Node): Promise<void> => {
  const values = Object.entries(valuesToBoot(plane.state, cache, node)).flat();
  if (values.length > 0) await plane.engines.get(cache)?.command(node.id, 'CONFIG', 'SET', ...values);
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
      await bringInBootValues(plane, cache, node);
      await plane.world.clock.sleep(plane.delays.changeSeconds * 1000, signal);
    } finally {
      if (!signal.aborted) moveTo(cache, 'available');
    }
    plane.journal.record('cache-cluster', node.id, 'Cache node 0001 restarted');
    await plane.notify(cache, 'CacheNodesRebooted', node.id);
  });
};
