import type { ControlPlane } from '../control-plane.ts';
import { type Cache, nodesOf } from '../state/cache.ts';
import { moveTo } from '../transitions.ts';
import { registryOf } from './registry-of.ts';

/** Writes a new cache down as `creating` and makes it real in the background. */
export const beginCreation = (plane: ControlPlane, cache: Cache): void => {
  registryOf(plane.state, cache).put(cache.id, cache);
  const failure = plane.switches.takeFailure();
  plane.jobs.run(`Creating ${cache.id}`, async (signal) => {
    const { clock } = plane.world;
    const waited = clock.sleep(plane.delays.creationSeconds * 1000, signal);
    try {
      // Both have to be over: the engine's confirmation, and the time that the service takes.
      await Promise.all([waited, plane.switches.pass(signal), failure ? undefined : plane.engines.start(cache)]);
      if (failure) throw new Error(failure);
      // Users or parameters may have changed meanwhile.
      await plane.engines.reconcile(cache);
    } catch (error) {
      await waited.catch(() => undefined);
      await plane.engines.stop(cache).catch(() => undefined);
      if (signal.aborted) return;
      return fail(plane, cache, (error as Error).message);
    }
    if (signal.aborted) return;
    await succeed(plane, cache);
  });
};

const succeed = async (plane: ControlPlane, cache: Cache) => {
  moveTo(cache, 'available');
  for (const log of cache.logDeliveries) log.status = 'active';
  if (cache.automaticFailover === 'enabling') cache.automaticFailover = 'enabled';
  const { record } = plane.journal;
  for (const { id, availabilityZone } of nodesOf(cache)) {
    record('cache-cluster', id, `Added cache node 0001 in availability zone ${availabilityZone}`);
    record('cache-cluster', id, 'Cache cluster created');
  }
  if (cache.kind === 'replication-group')
    record('replication-group', cache.id, `Replication group ${cache.id} created`);
  for (const { id } of nodesOf(cache)) await plane.notify(cache, 'CacheClusterProvisioningComplete', id);
  if (cache.kind === 'replication-group') await plane.notify(cache, 'CreateReplicationGroupComplete', cache.id);
};

const fail = async (plane: ControlPlane, cache: Cache, reason: string) => {
  cache.failure = reason;
  moveTo(cache, 'create-failed');
  plane.world.log('elasticache', `${cache.arn} could not be created: ${reason}`);
  for (const { id } of nodesOf(cache)) {
    plane.journal.record('cache-cluster', id, `Failed to create the cache cluster: ${reason}`);
  }
  if (cache.kind === 'replication-group') {
    plane.journal.record('replication-group', cache.id, `Failed to create the replication group: ${reason}`);
  }
  for (const { id } of nodesOf(cache)) await plane.notify(cache, 'CacheClusterProvisioningFailed', id);
};
