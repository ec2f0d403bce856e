import type { Permission } from '../../../service.ts';
import type { ControlPlane } from '../control-plane.ts';
import { notAvailable } from '../lifecycle/request-change.ts';
import { newSnapshot } from '../lifecycle/snapshot.ts';
import { permissionOn } from '../permissions.ts';
import type { Cache } from '../state/cache.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { checkSnapshotName, snapshotPermissions } from './snapshots.ts';

/** Whoever deletes with a final snapshot needs the permission to take it (DeleteReplicationGroup). */
export const finalSnapshotPermissions = (
  plane: ControlPlane,
  type: 'replicationgroup' | 'cluster',
  id: string | undefined,
  { FinalSnapshotIdentifier: name }: { readonly FinalSnapshotIdentifier?: string | undefined },
): readonly Permission[] =>
  name === undefined
    ? []
    : [
        permissionOn(plane, { operation: 'CreateSnapshot' }, type, id ?? ''),
        ...snapshotPermissions(plane, name, undefined),
      ];

/** The snapshot that a deletion begins with, from the primary; undefined when none is asked for. */
export const finalSnapshot = async (
  plane: ControlPlane,
  cache: Cache,
  identifier: string | undefined,
): Promise<Snapshot | undefined> => {
  if (identifier === undefined) return undefined;
  const name = checkSnapshotName(identifier);
  if (cache.status !== 'available') throw notAvailable(cache);
  return newSnapshot(plane, cache, { name, source: 'manual', fromPrimaries: true, tags: new Map() });
};
