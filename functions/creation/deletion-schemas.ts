import * as z from 'zod';
import { CacheId, IsoTime, Mode, OperationId } from '../platform/names.ts';
import { Fault, PlannedCall } from './schemas.ts';

/** What becomes of a cache: deleted with a final snapshot, left as it is, or left and no longer ours. */
export const DeletionPolicy = z.enum(['Delete', 'Retain', 'Orphan']);
export type DeletionPolicy = z.infer<typeof DeletionPolicy>;

/** Why a plan for a deletion says what it says. Each word is a heading of docs/runbook.md. */
export const DELETION_REASONS = [
  'CacheToDelete',
  'LeftOvers',
  'CacheToLetGo',
  'Retained',
  'NothingLeft',
  'InvalidRequest',
  'PolicyUnknown',
  'NotOurs',
  'CacheBusy',
  'InGlobalDatastore',
] as const;
export const DeletionReason = z.enum(DELETION_REASONS);
export type DeletionReason = z.infer<typeof DeletionReason>;

/** What somebody asked for. The parts are judged by the plan, which refuses with all faults instead of throwing. */
export const DeletionRequest = z.looseObject({
  cacheId: z.unknown().optional(),
  requestedBy: z.unknown().optional(),
  mode: z.unknown().optional().describe('can only make the account’s policy more careful'),
  policy: z.unknown().optional().describe('Delete, Retain or Orphan; left out: as the cache’s specification said'),
  evenIfNotOurs: z.unknown().optional().describe('the cache’s id once more, to delete what was not created here'),
});
export type DeletionRequest = z.infer<typeof DeletionRequest>;

/** The decision about one cache, with everything that the next steps need. */
export const DeletionPlan = z.strictObject({
  action: z.enum(['delete', 'clean-up', 'let-go', 'keep', 'refuse']),
  reason: DeletionReason,
  cacheId: CacheId,
  mode: Mode,
  policy: DeletionPolicy.nullable(),
  summary: z.string().describe('one sentence'),
  faults: z.array(Fault),
  doubts: z.array(z.string()).describe('sentences about what could not be read and was taken the careful way'),
  there: z.array(z.string()).describe('what there is of the cache now'),
  calls: z.array(PlannedCall).describe('the calls to AWS, in order'),
  kind: z.enum(['replication-group', 'cluster']),
  madeBy: z
    .string()
    .describe(
      'the operation that made the cache, or `nobody`: who agrees to delete a cache has not agreed about its successor',
    ),
  settle: z.strictObject({ deadlineSeconds: z.int().positive() }),
  finalSnapshot: z.string().optional().describe('its name; absent where there is nothing to take'),
  adopt: z.literal(true).optional().describe('whether the cache has to be opted in first, because it is not ours'),
});
export type DeletionPlan = z.infer<typeof DeletionPlan>;

export const DecideDeletionInput = z.strictObject({
  operationId: OperationId,
  request: DeletionRequest,
  startedAt: IsoTime.describe('when the execution began: it names the final snapshot'),
  now: IsoTime,
});
export type DecideDeletionInput = z.output<typeof DecideDeletionInput>;

const Fenced = {
  operationId: OperationId,
  cacheId: CacheId,
  fencing: z.int().positive().describe('of the lock that must still be held when something is changed'),
};

export const DeleteInput = z.strictObject({
  ...Fenced,
  finalSnapshot: z.string().min(1).max(255).optional(),
  adopt: z.boolean().default(false),
});
export const DeleteOutput = z.strictObject({
  ordered: z.boolean().describe('false when an earlier attempt had ordered it, or the cache is gone'),
});
export type DeleteOutput = z.infer<typeof DeleteOutput>;

export const ConfirmSnapshotInput = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  finalSnapshot: z.string().min(1),
});
export const ConfirmSnapshotOutput = z.strictObject({
  name: z.string(),
  status: z.literal('available'),
  sizes: z.array(z.string()).describe('as ElastiCache writes them, one for each shard that tells it'),
});
export type ConfirmSnapshotOutput = z.infer<typeof ConfirmSnapshotOutput>;

export const CleanUpInput = z.strictObject(Fenced);
export const LetGoInput = z.strictObject(Fenced);
/** What became of the things around a cache. */
export const PutAway = z.strictObject({
  gone: z.array(z.string()),
  kept: z.array(z.string()).describe('what is there still, each with why'),
});
export type PutAway = z.infer<typeof PutAway>;
