import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane } from '../control-plane.ts';
import { findSubnetGroup } from '../lookups.ts';
import { type Cache, nodesOf, type Shard } from '../state/cache.ts';
import type { Snapshot, SnapshotPart } from '../state/snapshot.ts';
import { moveTo } from '../transitions.ts';
import { notAvailable } from './request-change.ts';

const DAY_MS = 24 * 3600 * 1000;

export interface SnapshotOrder {
  readonly name: string;
  readonly source: Snapshot['source'];
  /** Without cluster mode: the node to take it from. Left out: the primary. */
  readonly nodeId?: string | undefined;
  /** With cluster mode, too, from the primaries: a final snapshot (API reference, DeleteReplicationGroup). */
  readonly fromPrimaries?: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Map<string, string>;
}

/**
 * Writes a new snapshot down as `creating`.
 *
 * @throws ServiceError when the name is taken, the quota of the last 24 hours is used up, or the node type has no snapshots
 */
export const newSnapshot = async (plane: ControlPlane, cache: Cache, order: SnapshotOrder): Promise<Snapshot> => {
  const { name, source, nodeId, kmsKeyId, tags, fromPrimaries = !cache.clusterMode } = order;
  if (plane.state.snapshots.has(name)) throw exists(name);
  if (cache.nodeType === 'cache.t1.micro' && !cache.clusterMode) {
    throw new ServiceError('SnapshotFeatureNotSupportedFault', `${cache.nodeType} does not support snapshots.`);
  }
  const parts = await partsOf(plane, cache, nodeId, fromPrimaries);
  // Looked at last, with no wait between here and the writing: another call may have come first.
  if (cache.status !== 'available') throw notAvailable(cache);
  if (plane.state.snapshots.has(name)) throw exists(name);
  if (source === 'manual') checkQuota(plane, parts);
  const [first] = parts;
  const zone = nodesOf(cache).find(({ id }) => id === first?.nodeId)?.availabilityZone ?? '';
  const snapshot: Snapshot = {
    name,
    arn: arnOf(plane.region, plane.accountId, 'snapshot', name),
    source,
    status: 'creating',
    startedAt: plane.world.clock.now(),
    kmsKeyId: kmsKeyId ?? cache.kmsKeyId,
    tags,
    parts,
    groupId: cache.kind === 'replication-group' ? cache.id : undefined,
    groupDescription: cache.kind === 'replication-group' ? cache.description : undefined,
    clusterId: cache.clusterMode ? undefined : nodeId,
    cacheCreatedAt: cache.createdAt,
    engine: cache.engine,
    engineVersion: cache.engineVersion,
    nodeType: cache.nodeType,
    port: cache.port,
    parameterGroupName: cache.parameterGroupName,
    subnetGroupName: cache.subnetGroupName,
    vpcId: findSubnetGroup(plane, cache.subnetGroupName).vpcId,
    availabilityZone: zone,
    automaticFailover: cache.automaticFailover,
    autoMinorVersionUpgrade: cache.autoMinorVersionUpgrade,
    maintenanceWindow: cache.maintenanceWindow,
    snapshotWindow: cache.snapshotWindow,
    snapshotRetentionLimit: cache.snapshotRetentionLimit,
    topicArn: cache.topicArn,
  };
  plane.state.snapshots.put(name, snapshot);
  if (source === 'manual') {
    for (const { nodeId: id } of parts) plane.state.manualSnapshots.push({ nodeId: id, at: snapshot.startedAt });
  }
  return snapshot;
};

const exists = (name: string) =>
  new ServiceError('SnapshotAlreadyExistsFault', `Snapshot with the name ${name} already exists.`);

/** With cluster mode the service takes each shard's from a replica where there is one; the API gives no choice. */
const partsOf = async (
  plane: ControlPlane,
  cache: Cache,
  nodeId: string | undefined,
  fromPrimaries: boolean,
): Promise<SnapshotPart[]> => {
  const primaries = await plane.engines.primaries(cache);
  const parts = cache.shards.map(async (shard) => {
    const primary = primaries.get(shard.id) ?? shard.nodes[0]?.id ?? '';
    return {
      shardId: shard.id,
      slots: shard.slots.map(([first, last]) => `${first}-${last}`).join(','),
      nodeId: nodeId ?? (fromPrimaries ? primary : ((await replicaInStep(plane, cache, shard, primary)) ?? primary)),
    };
  });
  return await Promise.all(parts);
};

/** The last replica that has what its primary has: one that is just being replaced would give an empty snapshot. */
const replicaInStep = async (plane: ControlPlane, cache: Cache, shard: Shard, primaryId: string) => {
  const running = plane.engines.get(cache);
  const replicas = shard.nodes.filter(({ id }) => id !== primaryId);
  const links = await Promise.all(
    replicas.map(async ({ id }) => (await running?.info(id).catch(() => undefined))?.master_link_status),
  );
  return replicas.findLast((_, index) => links[index] === 'up')?.id;
};

/** 20 manual snapshots of a node in any 24 hours (ElastiCache guide, "Constraints"). */
const checkQuota = ({ state, quotas, world }: ControlPlane, parts: readonly SnapshotPart[]) => {
  const since = world.clock.now() - DAY_MS;
  for (const { nodeId } of parts) {
    const count = state.manualSnapshots.filter((taken) => taken.nodeId === nodeId && taken.at > since).length;
    if (count < quotas.manualSnapshotsPerNodeAndDay) continue;
    throw new ServiceError(
      'SnapshotQuotaExceededFault',
      'The maximum number of manual snapshots for this cluster taken within 24 hours has been reached.',
    );
  }
};

/**
 * Takes the snapshot with the real engine. Resolves when it is over, well or not; the status tells which, and so do the events.
 */
export const takeSnapshot = async (
  plane: ControlPlane,
  cache: Cache,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<void> => {
  const { clock, folder, log } = plane.world;
  const failure = plane.switches.takeSnapshotFailure();
  try {
    await clock.sleep(plane.delays.snapshotSeconds * 1000, signal);
    if (failure) throw new Error(failure);
    const running = plane.engines.get(cache);
    if (!running) throw new Error(`${cache.id} is not running.`);
    for (const part of snapshot.parts) {
      const file = path.join(folder, 'snapshots', plane.region, `${snapshot.name}-${part.shardId}.rdb`);
      part.bytes = await running.saveTo(part.nodeId, file);
      part.file = file;
      part.takenAt = new Date(clock.now());
    }
    snapshot.status = 'available';
  } catch (error) {
    if (signal.aborted) return;
    snapshot.status = 'failed';
    log('elasticache', `The snapshot ${snapshot.name} failed: ${(error as Error).message}`);
  }
  const done = snapshot.status === 'available';
  const of = cache.kind === 'replication-group' ? ` of replication group with ID '${cache.id}'` : '';
  for (const { nodeId } of snapshot.parts) {
    const message = done
      ? `Snapshot succeeded for snapshot with ID '${snapshot.name}'${of}`
      : `Snapshot failed for snapshot with ID '${snapshot.name}'${of}`;
    plane.journal.record('cache-cluster', nodeId, message);
    await plane.notify(cache, done ? 'SnapshotComplete' : 'SnapshotFailed', nodeId);
  }
};

/** Takes a snapshot of a cache that stays: it is `snapshotting` meanwhile. */
export const beginSnapshot = (plane: ControlPlane, cache: Cache, snapshot: Snapshot): void => {
  moveTo(cache, 'snapshotting', plane.world.clock.now() + plane.delays.readAfterWriteLagSeconds * 1000);
  plane.jobs.run(`Taking the snapshot ${snapshot.name}`, async (signal) => {
    await takeSnapshot(plane, cache, snapshot, signal);
    if (!signal.aborted) moveTo(cache, 'available');
  });
};

export const beginSnapshotDeletion = (plane: ControlPlane, snapshot: Snapshot): void => {
  snapshot.status = 'deleting';
  plane.jobs.run(`Deleting the snapshot ${snapshot.name}`, async (signal) => {
    await plane.world.clock.sleep(plane.delays.accessSeconds * 1000, signal);
    for (const { file } of snapshot.parts) if (file) await rm(file, { force: true });
    plane.state.snapshots.delete(snapshot.name);
  });
};
