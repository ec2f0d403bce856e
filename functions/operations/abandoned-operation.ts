import * as z from 'zod';
import type { executionStatusChange } from '../../events/execution-status-change.ts';
import type { OperationRecord } from '../platform/ledger.ts';
import { CacheId } from '../platform/names.ts';
import type { CloseInput } from './schemas.ts';

/** What the input of any of our workflows may say about its cache. */
const StartInput = z.looseObject({
  cacheId: CacheId.optional(),
  spec: z.looseObject({ cacheId: CacheId.optional() }).optional().catch(undefined),
  requestedBy: z.string().optional().catch(undefined),
  userId: z.string().optional().catch(undefined),
});

const ENDED = { FAILED: 'failed', TIMED_OUT: 'ran out of time', ABORTED: 'was stopped' } as const;

/**
 * How to close the operation of an execution that ended without closing it. The ledger knows best which cache it was; an
 * execution that never opened its operation tells it by its input.
 */
export const abandonedOperation = (
  { detail, time }: z.output<typeof executionStatusChange.schema>,
  record: OperationRecord | undefined,
): CloseInput => {
  const input = startInput(detail.input);
  const cacheId = record?.cacheId ?? input.cacheId ?? input.spec?.cacheId ?? 'unknown';
  const workflow = detail.stateMachineArn.split(':').at(-1) ?? 'unknown';
  const because = [detail.error, detail.cause].filter(Boolean).join(': ').slice(0, 1000);
  return {
    operationId: detail.name,
    workflow,
    cacheId,
    requestedBy: record?.requestedBy ?? input.requestedBy,
    // A rotation of a user's password is told by it from one of the cache's token.
    ...(input.userId === undefined ? {} : { figures: { ...record?.figures, userId: input.userId } }),
    outcome: 'failed',
    reason: 'Abandoned',
    summary: `The execution of ${workflow} for ${cacheId} ${ENDED[detail.status]} without a report${because ? ` (${because})` : ''}. Look at what it left.`,
    problem: {
      executionArn: detail.executionArn,
      error: detail.error ?? undefined,
      cause: detail.cause?.slice(0, 1000),
    },
    startedAt: record?.startedAt ?? new Date(detail.startDate).toISOString(),
    now: new Date(detail.stopDate ?? Date.parse(time)).toISOString(),
  };
};

const startInput = (text: string | null | undefined): z.output<typeof StartInput> => {
  try {
    return StartInput.parse(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
};
