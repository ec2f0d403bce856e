import type { RunningCache } from '../../../engine/types.ts';
import { unlessAborted } from '../abortable.ts';
import type { ControlPlane } from '../control-plane.ts';
import { rebootValues, startParameters } from '../engine-shape.ts';
import type { FailoverEvent, TakenFaults } from '../failover-faults.ts';
import type { NotificationName } from '../notifications.ts';
import { type Cache, nodesOf, type Shard } from '../state/cache.ts';
import type { SourceType } from '../state/region-state.ts';

/**
 * Lets the primary of a shard die, promotes a replica, and replaces the dead node: empty, and as a replica. The cache and
 * its nodes show `available` all along; what happens is told in the events, in their documented order (ElastiCache guide,
 * "Testing automatic failover"), and on the topic.
 */
export const beginFailover = (plane: ControlPlane, cache: Cache, shard: Shard, faults: TakenFaults): void => {
  const tale = createTale(plane, cache, faults);
  cache.replacing = true;
  plane.state.failoverTests.push(plane.world.clock.now());
  tale.record('called', 'replication-group', cache.id, `Test Failover API called for node group ${shard.id}`);
  plane.jobs.run(`The failover of ${cache.id} ${shard.id}`, async (signal) => {
    const running = plane.engines.get(cache);
    if (!running) throw new Error(`The processes of ${cache.id} are not running.`);
    const failing: Failing = { plane, cache, running, faults, signal };
    const outcome = await promote(failing, shard.id);
    if (!outcome) return;
    const { from, to } = outcome;
    const completed = `Failover from primary node ${from} to replica node ${to} completed`;
    // The guide does not say whose entry and whose message this is: the entry is taken for the dead node's, the message for
    // the new primary's, so that nobody can go by the id of the group alone.
    tale.record('nodeFailedOver', 'cache-cluster', from, completed);
    tale.record('groupFailedOver', 'replication-group', cache.id, completed);
    await tale.notify('FailoverComplete', to);

    // The host is ordered at once; `recoverySeconds` is how long it is on its way.
    tale.record('recovering', 'cache-cluster', from, 'Recovering cache nodes 0001');
    await tale.notify('CacheNodeReplaceStarted', from);
    const isBack = await replace(failing, from);
    delete cache.replacing;
    if (!isBack) return;
    tale.record('recovered', 'cache-cluster', from, 'Finished recovery for cache nodes 0001');
    await tale.notify('CacheNodeReplaceComplete', from);
  });
};

interface Failing {
  readonly plane: ControlPlane;
  readonly cache: Cache;
  readonly running: RunningCache;
  readonly faults: TakenFaults;
  /** Aborted when the account stops. */
  readonly signal: AbortSignal;
}

/** Tells of a failover, except what is to be lost. */
const createTale = (plane: ControlPlane, cache: Cache, { lostEvents = [], lostNotifications = [] }: TakenFaults) => ({
  record(event: FailoverEvent, sourceType: SourceType, sourceId: string, message: string) {
    if (!lostEvents.includes(event)) plane.journal.record(sourceType, sourceId, message);
  },
  async notify(name: NotificationName, nodeId: string) {
    if (!lostNotifications.includes(name)) await plane.notify(cache, name, nodeId);
  },
});

/** A cache that is being deleted, or is gone, needs no failover any more. */
const isGone = ({ plane, cache, running }: Failing) =>
  cache.status === 'deleting' || plane.engines.get(cache) !== running;

/** Who was primary and who is. Undefined: the cache was deleted meanwhile. */
const promote = async (failing: Failing, shardId: string) => {
  const { plane, cache, running, faults, signal } = failing;
  const seconds = faults.promotionSeconds ?? plane.delays.promotionSeconds;
  let hasDied = false;
  try {
    return await running.failOver(shardId, async (engineSignal) => {
      hasDied = true;
      const either = AbortSignal.any([signal, engineSignal]);
      await plane.world.clock.sleep(seconds * 1000, either);
      if (faults.promotesNobody) await unlessAborted(faults.ended, either);
    });
  } catch (error) {
    // With its primary dead and nobody in its place the shard has a node to replace that never comes back.
    if (!hasDied) delete cache.replacing;
    if (isGone(failing)) return undefined;
    throw error;
  }
};

/**
 * Replaces a node, as often as it takes; whoever orders it sees nothing of the attempts.
 *
 * @returns false when the cache, or the node, has been taken away meanwhile
 */
const replace = async (failing: Failing, nodeId: string): Promise<boolean> => {
  const { plane, cache, running, faults, signal } = failing;
  let cannotFollow = faults.neverFollows ?? false;
  for (;;) {
    await plane.world.clock.sleep(plane.delays.recoverySeconds * 1000, signal);
    const node = nodesOf(cache).find(({ id }) => id === nodeId);
    if (!node || isGone(failing)) return false;
    try {
      const bootParameters = rebootValues(plane.state, cache);
      await running.recover(nodeId, { parameters: startParameters(plane.state, cache), cannotFollow });
      node.bootParameters = bootParameters;
      if (!cannotFollow) return true;
      await unlessAborted(faults.ended, signal);
      cannotFollow = false;
    } catch (error) {
      signal.throwIfAborted();
      if (!isGone(failing)) plane.world.log('elasticache', `${nodeId} is not back yet: ${(error as Error).message}`);
    }
  }
};
