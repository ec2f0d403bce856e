import type { OperationRecord, Question } from '../functions/platform/ledger.ts';

/** One operation in the list. */
export interface Run {
  readonly operationId: string;
  readonly workflow?: string | undefined;
  readonly cacheId: string;
  /** Unknown for an operation that asked before it was told to note its beginning. */
  readonly startedAt?: string | undefined;
  readonly closedAt?: string | undefined;
  /** Its outcome; `running` while it has none, `waiting for a person` while its question is open. */
  readonly outcome: string;
  readonly reason?: string | undefined;
}

export const WAITING = 'waiting for a person';
export const RUNNING = 'running';

/**
 * The newest operations. One that waits for a person has no record yet, only its question: it stands before the others,
 * since it is the one that needs somebody. Pure.
 */
export const runsOf = (
  records: readonly OperationRecord[],
  questions: readonly Question[],
  { cacheId, limit }: { readonly cacheId?: string | undefined; readonly limit: number },
): Run[] => {
  const recorded = new Set(records.map(({ operationId }) => operationId));
  const waiting = questions
    .filter((question) => !recorded.has(question.operationId))
    .filter((question) => cacheId === undefined || question.cacheId === cacheId)
    .map(({ operationId, workflow, cacheId: cache, startedAt }) => ({
      operationId,
      workflow,
      cacheId: cache,
      startedAt,
      outcome: WAITING,
    }));
  const others = records.map((record) => ({
    operationId: record.operationId,
    workflow: record.workflow,
    cacheId: record.cacheId,
    startedAt: record.startedAt,
    closedAt: record.closedAt,
    outcome: record.outcome ?? RUNNING,
    reason: record.reason,
  }));
  return [...waiting, ...others].slice(0, limit);
};
