import type { TransitMode } from '../../../engine/types.ts';
import { unlessAborted } from '../abortable.ts';
import type { ControlPlane } from '../control-plane.ts';
import { maxmemoryBytes } from '../engine-shape.ts';
import { afterChange, whileChanging } from '../log-delivery/plan.ts';
import { type Cache, type NodeChange, nodesOf } from '../state/cache.ts';
import { NO_TOKEN_FAULTS } from '../token-faults.ts';
import { moveTo } from '../transitions.ts';
import { msUntilOpen, parseMaintenanceWindow } from '../validation/windows.ts';
import { bringInBootValues } from './reboot.ts';
import { tellNodes } from './tell-nodes.ts';

export const hasChanges = (change: NodeChange): boolean => Object.keys(change).length > 0;

/**
 * Applies `cache.pending` to the nodes in the background: `modifying` until the engine has taken it and the service's
 * time is over. What cannot be applied is taken back, said in the events, and the cache is available as before.
 *
 * @param shown what Describe goes on showing as pending for a moment
 */
export const applyPending = (plane: ControlPlane, cache: Cache, shown = cache.pending): void => {
  cache.cancelMaintenance?.();
  delete cache.cancelMaintenance;
  const { clock } = plane.world;
  const change = cache.pending;
  const before = settingsOf(cache);
  const faults = change.authToken ? plane.tokens.take([cache.id]) : NO_TOKEN_FAULTS;
  if (change.automaticFailover) {
    cache.automaticFailover = change.automaticFailover === 'enabled' ? 'enabling' : 'disabling';
  }
  if (change.logs) cache.logDeliveries = whileChanging(cache.logDeliveries, change.logs, clock.now());
  moveTo(cache, 'modifying', staleUntil(plane), shown);
  plane.jobs.run(`Changing ${cache.id}`, async (signal) => {
    await clock.sleep(plane.delays.changeSeconds * 1000, signal);
    await unlessAborted(faults.held, signal);
    try {
      if (faults.fails) throw new Error('This change of AUTH tokens was ordered to fail');
      await checkDataFits(plane, cache, change);
      Object.assign(cache, settingsAfter(plane, cache, change));
      await tellNodes(plane, cache, faults);
      // A new engine version comes with a restart of every node, which brings in what waits for one.
      if (change.engineVersion) {
        for (const node of nodesOf(cache)) await bringInBootValues(plane, cache, node, true);
      }
    } catch (error) {
      Object.assign(cache, before);
      if (signal.aborted) return;
      await plane.engines.reconcile(cache).catch(() => undefined);
      cache.pending = {};
      moveTo(cache, 'available');
      return reportFailure(plane, cache, change, error as Error);
    }
    cache.pending = {};
    if (change.authToken) cache.tokenChangedAt = new Date(clock.now());
    moveTo(cache, 'available');
    await reportSuccess(plane, cache, change);
  });
};

const staleUntil = ({ world, delays }: ControlPlane): number =>
  world.clock.now() + delays.readAfterWriteLagSeconds * 1000;

/**
 * Leaves `cache.pending` to the next maintenance window; a cache that is busy then is looked at again a minute later.
 *
 * @param shown what Describe goes on showing as pending for a moment
 */
export const awaitMaintenance = (plane: ControlPlane, cache: Cache, shown: NodeChange): void => {
  cache.cancelMaintenance?.();
  cache.stale = { status: cache.status, pending: shown, until: staleUntil(plane) };
  const { clock } = plane.world;
  const attempt = () => {
    if (cache.status === 'available') applyPending(plane, cache);
    else cache.cancelMaintenance = clock.after(60_000, attempt);
  };
  const wait = msUntilOpen(parseMaintenanceWindow(cache.maintenanceWindow), clock.now());
  cache.cancelMaintenance = clock.after(wait, attempt);
};

type Settings = Pick<
  Cache,
  | 'nodeType'
  | 'engineVersion'
  | 'parameterGroupName'
  | 'tokens'
  | 'automaticFailover'
  | 'multiAz'
  | 'userGroupIds'
  | 'logDeliveries'
  | 'tls'
  | 'transitMode'
>;

const settingsOf = (cache: Cache): Settings => {
  const { nodeType, engineVersion, parameterGroupName, tokens } = cache;
  const { automaticFailover, multiAz, userGroupIds, logDeliveries, tls, transitMode } = cache;
  const access = { tokens, userGroupIds, tls, transitMode };
  return { nodeType, engineVersion, parameterGroupName, automaticFailover, multiAz, ...access, logDeliveries };
};

const settingsAfter = (plane: ControlPlane, cache: Cache, change: NodeChange): Partial<Settings> => {
  const parameterGroupName = change.parameterGroupName ?? cache.parameterGroupName;
  return {
    nodeType: change.nodeType ?? cache.nodeType,
    engineVersion: change.engineVersion ?? cache.engineVersion,
    parameterGroupName,
    automaticFailover: change.automaticFailover ?? cache.automaticFailover,
    multiAz: change.multiAz ?? cache.multiAz,
    userGroupIds: change.userGroups?.ids ?? cache.userGroupIds,
    ...(change.transit ? transitSettings(change.transit) : {}),
    ...(change.logs ? { logDeliveries: afterChange(cache.logDeliveries, change.logs, plane.world.clock.now()) } : {}),
    ...(change.authToken ? { tokens: change.authToken.tokens } : {}),
  };
};

const transitSettings = (mode: TransitMode): Pick<Settings, 'tls' | 'transitMode'> =>
  mode === 'off' ? { tls: false, transitMode: undefined } : { tls: true, transitMode: mode };

const checkDataFits = async (plane: ControlPlane, cache: Cache, { nodeType }: NodeChange) => {
  if (!nodeType) return;
  const used = await plane.engines.usedBytes(cache);
  const room = maxmemoryBytes(plane.state, cache, nodeType);
  if (used > room) {
    throw new Error(`A node holds ${used} bytes, and ${nodeType} has room for ${room}`);
  }
};

const reportSuccess = async (plane: ControlPlane, cache: Cache, change: NodeChange) => {
  const { journal, notify } = plane;
  const isGroup = cache.kind === 'replication-group';
  if (change.nodeType) {
    for (const { id } of nodesOf(cache)) {
      journal.record('cache-cluster', id, `Finished modifying the cache node type to ${change.nodeType}`);
    }
    if (isGroup) await notify(cache, 'ReplicationGroupScalingComplete', cache.id);
    else await notify(cache, 'CacheClusterScalingComplete', cache.id);
  }
  for (const { id } of nodesOf(cache)) {
    if (change.engineVersion) journal.record('cache-cluster', id, `Cache engine upgraded to ${change.engineVersion}`);
    if (!change.parameterGroupName) continue;
    journal.record('cache-cluster', id, `Applied the cache parameter group ${change.parameterGroupName}`);
    await notify(cache, 'CacheClusterParametersChanged', id);
  }
};

const reportFailure = async (plane: ControlPlane, cache: Cache, change: NodeChange, error: Error) => {
  plane.world.log('elasticache', `${cache.arn} could not be changed: ${error.message}`);
  const isGroup = cache.kind === 'replication-group';
  const what = change.nodeType ? `modification to cache node type to ${change.nodeType}` : 'modification';
  plane.journal.record(isGroup ? 'replication-group' : 'cache-cluster', cache.id, `Failed applying ${what}.`);
  if (!change.nodeType) return;
  await plane.notify(cache, isGroup ? 'ReplicationGroupScalingFailed' : 'CacheClusterScalingFailed', cache.id);
};
