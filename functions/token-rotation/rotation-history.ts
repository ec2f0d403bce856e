import * as z from 'zod';
import type { OperationRecord } from '../platform/ledger.ts';

/** The workflow's name, and so that of its records in the ledger. */
export const ROTATION_WORKFLOW = 'rotate-token';

const Figures = z.looseObject({ userId: z.string().optional() });

/** Whether a record is of a rotation of the same user's password, or of the cache's token. */
export const isOf = ({ workflow, figures }: OperationRecord, userId: string | undefined): boolean =>
  workflow === ROTATION_WORKFLOW && Figures.safeParse(figures ?? {}).data?.userId === userId;

/** A rotation that was refused, rejected or only observed says nothing of the tokens. */
const ENDED_WITH_WORK: readonly string[] = ['done', 'failed', 'undone'];

/** The newest of some rotations, newest first, that has changed something and ended. */
export const lastWorkAmong = (
  rotations: readonly OperationRecord[],
): { readonly operationId: string; readonly outcome: string } | undefined => {
  for (const { operationId, outcome } of rotations) {
    if (outcome !== undefined && ENDED_WITH_WORK.includes(outcome)) return { operationId, outcome };
  }
  return undefined;
};
