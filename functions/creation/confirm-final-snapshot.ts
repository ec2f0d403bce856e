import type { z } from 'zod';
import { NotReady, VerificationFailed } from '../platform/operator-actions.ts';
import type { Snapshots } from '../platform/snapshots.ts';
import type { ConfirmSnapshotInput, ConfirmSnapshotOutput } from './deletion-schemas.ts';

/** What a snapshot can be that was asked for and may yet become available. */
const UNDER_WAY = ['creating', 'copying', 'restoring'];

/**
 * Looks whether the final snapshot is really there.
 *
 * @throws NotReady while it is being taken, VerificationFailed when it is not there or not usable
 */
export const confirmFinalSnapshot = async (
  { cacheId, finalSnapshot }: z.output<typeof ConfirmSnapshotInput>,
  snapshots: Pick<Snapshots, 'find'>,
): Promise<ConfirmSnapshotOutput> => {
  const found = await snapshots.find(finalSnapshot);
  if (!found) {
    throw new VerificationFailed(
      `${cacheId} is gone, and ElastiCache knows no snapshot ${finalSnapshot}: look for another one of it.`,
    );
  }
  if (found.status === 'available') return { name: found.name, status: found.status, sizes: [...found.sizes] };
  if (UNDER_WAY.includes(found.status)) {
    throw new NotReady(`The final snapshot ${finalSnapshot} is still ${found.status}.`);
  }
  throw new VerificationFailed(`The final snapshot ${finalSnapshot} of ${cacheId} is ${found.status}.`);
};
