import * as z from 'zod';
import { CacheId, IsoTime, OperationId } from '../platform/names.ts';

/** How an operation can end. */
export const OUTCOMES = ['done', 'nothing-to-do', 'observed', 'refused', 'rejected', 'failed', 'undone'] as const;
export const Outcome = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof Outcome>;

/** One CamelCase word, the same in logs, metrics, events and the runbook. */
export const Reason = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]*$/, 'one CamelCase word')
  .max(100);

/** Anything the workflow wants to keep with its report: figures, evidence, what was undone. */
const Figures = z.record(z.string(), z.unknown());

/** What a workflow decided when it began, and why. It holds no secret: a token stands as a reference. */
export const Decision = z.strictObject({
  action: z.string().min(1).describe('e.g. create, change, keep, refuse'),
  // Loose: a decision that the workflow does not know is recorded too.
  mode: z.string(),
  reason: Reason,
  summary: z.string(),
  differences: z
    .array(z.strictObject({ field: z.string(), wanted: z.unknown().optional(), found: z.unknown().optional() }))
    .optional(),
  calls: z
    .array(z.strictObject({ service: z.string(), operation: z.string(), parameters: Figures.optional() }))
    .optional()
    .describe('the planned calls to AWS, in order'),
  doubts: z.array(z.string()).optional(),
});
export type Decision = z.infer<typeof Decision>;

export const OpenInput = z.strictObject({
  operationId: OperationId,
  workflow: z.string().min(1),
  cacheId: CacheId,
  requestedBy: z.string().default('unknown'),
  summary: z.string().describe('the plan, as one sentence'),
  figures: Figures.optional(),
  decision: Decision.optional(),
  startedAt: IsoTime.describe('when its execution began, with or without a lock'),
  now: IsoTime.describe('the lease begins'),
  leaseSeconds: z.int().positive().describe('after this the lock may be taken over'),
});
export const OpenOutput = z.strictObject({
  fencing: z.int().positive().describe('grows each time the lock changes hands'),
});
export type OpenOutput = z.infer<typeof OpenOutput>;

export const AskApprovalInput = z.strictObject({
  operationId: OperationId,
  taskToken: z.string().min(1).describe('answered with SendTaskSuccess({approved, answeredBy})'),
  cacheId: CacheId,
  workflow: z.string().min(1).default('create-cache'),
  question: z.string().min(1),
  figures: Figures.default({}),
  expiresAt: IsoTime.describe('silence until then is a no'),
  requestedBy: z.string().optional(),
  startedAt: IsoTime.optional().describe('when its execution began'),
});
export const RaiseIncidentInput = z.strictObject({
  operationId: OperationId,
  workflow: z.string().min(1),
  cacheId: CacheId,
  reason: Reason,
  summary: z.string().min(1).describe('what happened, and what to do, in sentences'),
  evidence: z.unknown().optional(),
  now: IsoTime,
});
export const RaiseIncidentOutput = z.strictObject({ raised: z.literal(true) });

export const AskApprovalOutput = z.strictObject({ asked: z.boolean() });

export const CloseInput = z.strictObject({
  operationId: OperationId,
  workflow: z.string().min(1),
  cacheId: CacheId,
  requestedBy: z.string().optional(),
  outcome: Outcome,
  reason: Reason,
  summary: z.string(),
  answeredBy: z.string().optional().describe('who said yes or no, when a person was asked and answered'),
  figures: Figures.optional(),
  evidence: z.unknown().optional(),
  undo: z.unknown().optional(),
  problem: z.unknown().optional(),
  decision: Decision.optional(),
  specification: z
    .strictObject({ spec: z.record(z.string(), z.unknown()), at: IsoTime.describe('when the cache was found so') })
    .optional()
    .describe('what the cache was found to be; kept until it is deleted'),
  startedAt: IsoTime.describe('when its execution began, with or without a lock'),
  now: IsoTime,
});
export type CloseInput = z.infer<typeof CloseInput>;
export const CloseOutput = z.strictObject({
  outcome: Outcome.describe('the outcome in the ledger, which is the first one written'),
  repeated: z.boolean().describe('true when the operation was closed before'),
});
export type CloseOutput = z.infer<typeof CloseOutput>;
