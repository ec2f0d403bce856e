import { type OperationClosed, operationClosed } from '../../events/operation-closed.ts';
import type { Bus } from '../platform/bus.ts';
import type { DecisionRecord, Ledger } from '../platform/ledger.ts';
import { type CloseInput, type CloseOutput, Outcome } from './schemas.ts';

interface Tools {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly region: string;
}

/**
 * Ends an operation: keeps what its cache is to be from now on, writes the outcome, gives the lock back, says so on the
 * bus. The first outcome counts. Interrupted
 * anywhere and repeated, it finishes what is missing; the event may then come twice, never not at all.
 */
export const closeOperation = async (input: CloseInput, { ledger, bus, region }: Tools): Promise<CloseOutput> => {
  const { operationId, workflow, cacheId, requestedBy, startedAt, now, outcome, reason, summary, figures } = input;
  const { answeredBy, evidence, undo, problem, decision, specification } = input;
  if (specification) await ledger.remember({ region, cacheId }, { ...specification, operationId });
  const first = await ledger.close(
    { operationId, workflow, cacheId, region, requestedBy, startedAt, summary },
    { outcome, reason, summary, closedAt: now, answeredBy, figures, evidence, undo, problem, decision },
  );

  const record = await ledger.record(operationId);
  // The record, not the input, says what was locked and how it ended: somebody may have closed it before.
  if (!record) throw new Error(`The record of ${operationId} vanished from the ledger while it was being closed.`);
  const key = { region: record.region, cacheId: record.cacheId };
  const lock = await ledger.holder(key);
  if (lock?.operationId === operationId) await ledger.unlock(key, operationId, lock.fencing);

  const ended = Outcome.parse(record.outcome);
  if (record.publishedAt === undefined) {
    const detail: OperationClosed = {
      operationId,
      workflow: record.workflow,
      cacheId: record.cacheId,
      region: record.region,
      requestedBy: record.requestedBy ?? 'unknown',
      outcome: ended,
      reason: record.reason ?? reason,
      summary: record.summary,
      startedAt: record.startedAt,
      closedAt: record.closedAt ?? now,
      ...(record.answeredBy === undefined ? {} : { answeredBy: record.answeredBy }),
      ...(record.figures === undefined ? {} : { figures: record.figures }),
      ...(record.evidence === undefined ? {} : { evidence: record.evidence }),
      ...(record.undo === undefined ? {} : { undo: record.undo }),
      ...(record.problem === undefined ? {} : { problem: record.problem }),
      ...(record.decision === undefined ? {} : { decision: withoutCalls(record.decision) }),
    };
    await bus.say({ detailType: operationClosed.detailType, detail });
    await ledger.published(operationId, now);
  }
  return { outcome: ended, repeated: !first };
};

/** The calls can be long, and an event is limited to 256 KB (PutEvents); the ledger has them. */
const withoutCalls = ({ action, mode, reason, summary }: DecisionRecord): OperationClosed['decision'] => ({
  action,
  mode,
  reason,
  summary,
});
