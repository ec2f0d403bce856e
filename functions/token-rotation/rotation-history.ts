import * as z from 'zod';
import type { OperationRecord } from '../platform/ledger.ts';

/** The workflow's name, and so that of its records in the ledger. */
export const ROTATION_WORKFLOW = 'rotate-token';

const Figures = z.looseObject({
  userId: z.string().optional(),
  graceSince: z.string().optional().catch(undefined).describe('since when its new token was the current one'),
});

/** Whether a record is of a rotation of the same user's password, or of the cache's token. */
export const isOf = ({ workflow, figures }: OperationRecord, userId: string | undefined): boolean =>
  workflow === ROTATION_WORKFLOW && Figures.safeParse(figures ?? {}).data?.userId === userId;

/** What a rotation has done to the tokens, which is not always what it ended as. */
export const workOf = ({ outcome, reason, figures }: OperationRecord): string | undefined => {
  // It was watched that connections were lost; the old token is retired all the same.
  if (outcome === 'failed' && reason === 'ConnectionsLost') return 'done';
  // A person said no, or nothing, to retiring the old token: both are valid still.
  if (outcome === 'rejected' && Figures.safeParse(figures ?? {}).data?.graceSince !== undefined) return 'failed';
  return outcome;
};

/** A rotation that was refused, rejected or only observed says nothing of the tokens. */
const ENDED_WITH_WORK: readonly string[] = ['done', 'failed', 'undone'];

/** The newest of some rotations, newest first, that has changed something and ended; as what, by what it has done. */
export const lastWorkAmong = (
  rotations: readonly OperationRecord[],
): { readonly operationId: string; readonly outcome: string } | undefined => {
  for (const record of rotations) {
    const outcome = workOf(record);
    if (outcome !== undefined && ENDED_WITH_WORK.includes(outcome)) return { operationId: record.operationId, outcome };
  }
  return undefined;
};
