import type { z } from 'zod';
import { type ApprovalRequested, approvalRequested } from '../../events/approval-requested.ts';
import type { Bus } from '../platform/bus.ts';
import type { Ledger } from '../platform/ledger.ts';
import type { AskApprovalInput } from './schemas.ts';

/** Writes the question with its task token into the ledger, then says on the bus that there is one, without the token. */
export const askPerson = async (
  input: z.output<typeof AskApprovalInput>,
  { ledger, bus, region }: { readonly ledger: Ledger; readonly bus: Bus; readonly region: string },
): Promise<void> => {
  const { operationId, workflow, cacheId, taskToken, question, figures, expiresAt, requestedBy, startedAt } = input;
  // First the ledger: whoever hears the event must be able to answer.
  await ledger.ask({
    operationId,
    workflow,
    cacheId,
    requestedBy,
    startedAt,
    taskToken,
    question,
    figures,
    answerBefore: expiresAt,
  });
  const detail: ApprovalRequested = {
    operationId,
    workflow,
    cacheId,
    region,
    summary: question,
    figures,
    answerBefore: expiresAt,
  };
  await bus.say({ detailType: approvalRequested.detailType, detail });
};
