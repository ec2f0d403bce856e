import { elastiCacheClient } from '../platform/clients.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { elastiCacheSnapshots } from '../platform/snapshots.ts';
import { confirmFinalSnapshot } from './confirm-final-snapshot.ts';
import { ConfirmSnapshotInput } from './deletion-schemas.ts';

/** Looks whether the final snapshot is really there. */
export const handler = makeHandler({
  name: 'creation/confirm-snapshot',
  input: ConfirmSnapshotInput,
  run: (input) => confirmFinalSnapshot(input, elastiCacheSnapshots(elastiCacheClient())),
  report: ({ name, sizes }) => ({
    says: 'The final snapshot is available',
    reason: 'SnapshotConfirmed',
    fields: { name, sizes },
  }),
});
