import type {
  CreateSnapshotCommandInput,
  CreateSnapshotCommandOutput,
  DeleteSnapshotCommandInput,
  DeleteSnapshotCommandOutput,
  DescribeSnapshotsCommandInput,
  DescribeSnapshotsCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, type Permission, ServiceError } from '../../../service.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { notAvailable } from '../lifecycle/request-change.ts';
import { beginSnapshot, beginSnapshotDeletion, newSnapshot } from '../lifecycle/snapshot.ts';
import { findCluster, findGroup } from '../lookups.ts';
import { findMemcached } from '../memcached/state.ts';
import { pageOf } from '../paging.ts';
import { permissionOn, requestTags, tagOnCreate } from '../permissions.ts';
import type { Cache } from '../state/cache.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { invalidCombination, invalidValue } from '../validation/faults.ts';
import { checkIdentifier } from '../validation/identifiers.ts';
import { checkTags } from '../validation/tags.ts';
import { viewSnapshot } from '../views/snapshot.ts';

/** The model gives no limit; 40 is what is known to be taken (the least convenient reading). */
const LONGEST_NAME = 40;

/** Pages of 20 to 50 (API reference, DescribeSnapshots). */
const PAGE = { least: 20, most: 50 };

export const checkSnapshotName = (value: string | undefined): string =>
  checkIdentifier('SnapshotName', value, LONGEST_NAME);

/** The permissions to take a snapshot of a cache: on the snapshot, and on what it is taken of. */
export const snapshotPermissions = (
  plane: ControlPlane,
  name: string | undefined,
  tags: Parameters<typeof requestTags>[0],
): readonly Permission[] => [
  permissionOn(plane, { operation: 'CreateSnapshot' }, 'snapshot', name ?? '', requestTags(tags)),
  ...tagOnCreate(plane, 'snapshot', name, tags),
];

export const createSnapshot = (planeOf: PlaneOf) =>
  operation<CreateSnapshotCommandInput, CreateSnapshotCommandOutput>({
    permissions(input, call) {
      const plane = planeOf(call);
      const { ReplicationGroupId: group, CacheClusterId: cluster } = input;
      const context = requestTags(input.Tags);
      return [
        ...snapshotPermissions(plane, input.SnapshotName, input.Tags),
        ...(group === undefined ? [] : [permissionOn(plane, call, 'replicationgroup', group, context)]),
        ...(cluster === undefined ? [] : [permissionOn(plane, call, 'cluster', cluster, context)]),
      ];
    },
    async handle(input, call) {
      const plane = planeOf(call);
      const name = checkSnapshotName(input.SnapshotName);
      const tags = checkTags(input.Tags, plane.quotas.tagsPerResource);
      const { cache, nodeId } = sourceOf(plane, input);
      if (cache.status !== 'available') throw notAvailable(cache);
      const snapshot = await newSnapshot(plane, cache, {
        name,
        source: 'manual',
        nodeId,
        kmsKeyId: input.KmsKeyId,
        tags,
      });
      beginSnapshot(plane, cache, snapshot);
      return { Snapshot: viewSnapshot(snapshot, false) };
    },
  });

const sourceOf = (
  plane: ControlPlane,
  { ReplicationGroupId: groupId, CacheClusterId: clusterId }: CreateSnapshotCommandInput,
): { readonly cache: Cache; readonly nodeId?: string | undefined } => {
  if ((groupId === undefined) === (clusterId === undefined)) {
    throw invalidCombination('Exactly one of ReplicationGroupId and CacheClusterId must be given.');
  }
  if (groupId !== undefined) {
    const cache = findGroup(plane, groupId);
    // The guide says nothing of which node is used: the primary, which feels it most.
    return { cache };
  }
  if (findMemcached(plane, clusterId ?? '')) {
    throw new ServiceError('SnapshotFeatureNotSupportedFault', 'Snapshots are not supported for memcached clusters.');
  }
  const { cache, node } = findCluster(plane, clusterId);
  if (cache.clusterMode) {
    throw invalidCombination(`${node.id} has cluster mode enabled. Take the snapshot of ${cache.id} as a whole.`);
  }
  return { cache, nodeId: node.id };
};

/** The filter's words and the answer's differ (API reference). */
const SOURCES: Readonly<Record<string, Snapshot['source']>> = { system: 'automated', user: 'manual' };

export const describeSnapshots = (planeOf: PlaneOf) =>
  operation<DescribeSnapshotsCommandInput, DescribeSnapshotsCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'snapshot', input.SnapshotName)],
    handle(input, call) {
      const plane = planeOf(call);
      const { SnapshotName: name, ReplicationGroupId: group, CacheClusterId: cluster, SnapshotSource: source } = input;
      const size = input.MaxRecords ?? PAGE.most;
      if (!Number.isInteger(size) || size < PAGE.least || size > PAGE.most) {
        throw invalidValue(`Invalid value ${size} for MaxRecords. Must be between ${PAGE.least} and ${PAGE.most}`);
      }
      const wantedSource = source === undefined ? undefined : SOURCES[source];
      if (source !== undefined && !wantedSource) {
        throw invalidValue(`SnapshotSource must be system or user, not ${source}.`);
      }
      const found = (name === undefined ? plane.state.snapshots.all() : [findSnapshot(plane, name)])
        .filter(({ groupId }) => group === undefined || groupId === group.toLowerCase())
        .filter(({ clusterId }) => cluster === undefined || clusterId === cluster.toLowerCase())
        .filter((snapshot) => wantedSource === undefined || snapshot.source === wantedSource);
      const { items, Marker } = pageOf(found, (snapshot) => snapshot.name, { ...input, MaxRecords: size });
      return { Snapshots: items.map((snapshot) => viewSnapshot(snapshot, input.ShowNodeGroupConfig ?? false)), Marker };
    },
  });

export const deleteSnapshot = (planeOf: PlaneOf) =>
  operation<DeleteSnapshotCommandInput, DeleteSnapshotCommandOutput>({
    permissions: (input, call) => [permissionOn(planeOf(call), call, 'snapshot', input.SnapshotName ?? '')],
    handle(input, call) {
      const plane = planeOf(call);
      const snapshot = findSnapshot(plane, input.SnapshotName ?? '');
      if (snapshot.status !== 'available' && snapshot.status !== 'failed') {
        throw new ServiceError('InvalidSnapshotStateFault', `Snapshot ${snapshot.name} is ${snapshot.status}.`);
      }
      beginSnapshotDeletion(plane, snapshot);
      return { Snapshot: viewSnapshot(snapshot, false) };
    },
  });

/** @throws ServiceError SnapshotNotFoundFault */
export const findSnapshot = ({ state }: Pick<ControlPlane, 'state'>, name: string): Snapshot => {
  const snapshot = state.snapshots.get(name);
  if (snapshot) return snapshot;
  throw new ServiceError('SnapshotNotFoundFault', `Snapshot ${name} not found.`);
};
