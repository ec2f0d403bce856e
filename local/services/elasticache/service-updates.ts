import type { ServiceUpdateSeverity, UpdateActionStatus } from '@aws-sdk/client-elasticache';
import type { ControlPlane } from './control-plane.ts';
import { nodesOf } from './state/cache.ts';
import type { ServiceUpdate } from './state/service-update.ts';

/** What an announcement may say; whatever is left out is as it mostly is. */
export interface Announcement {
  /** Left out: an important one of today. */
  readonly name?: string;
  readonly severity?: ServiceUpdateSeverity;
  /** Left out: `not-applied`. */
  readonly status?: UpdateActionStatus;
}

/**
 * Announces an update for a replication group, or a cluster that stands alone. The answer takes it back.
 *
 * @throws Error for a cache that is not there
 */
export const announce = (plane: ControlPlane, cacheId: string, announcement: Announcement): (() => void) => {
  const { state, world } = plane;
  const releasedAt = Math.floor(world.clock.now());
  const day = new Date(releasedAt).toISOString().slice(0, 10).replaceAll('-', '');
  const { name = `elasticache-${day}-001`, severity = 'important', status = 'not-applied' } = announcement;
  const update: ServiceUpdate = { name, severity, status, releasedAt, ...targetOf(plane, cacheId) };
  state.serviceUpdates.push(update);
  return () => {
    const index = state.serviceUpdates.indexOf(update);
    if (index >= 0) state.serviceUpdates.splice(index, 1);
  };
};

const targetOf = ({ state }: ControlPlane, id: string) => {
  const cache = state.groups.get(id) ?? state.clusters.get(id);
  if (cache) {
    const { engine, engineVersion } = cache;
    const isGroup = cache.kind === 'replication-group';
    return { cacheId: cache.id, isGroup, engine, engineVersion, nodeCount: nodesOf(cache).length };
  }
  const memcached = state.memcached.get(id);
  if (!memcached) throw new Error(`There is no cache ${id} that an update could be for.`);
  const { engineVersion, nodes } = memcached;
  return { cacheId: memcached.id, isGroup: false, engine: 'memcached', engineVersion, nodeCount: nodes.length };
};
