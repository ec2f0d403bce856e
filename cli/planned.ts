import type { HistoryEvent } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import type { DecisionRecord } from '../functions/platform/ledger.ts';

const Values = z.record(z.string(), z.unknown());

/** As much of a plan as a person is told of. */
const Planned = z.object({
  action: z.string(),
  mode: z.string(),
  reason: z.string(),
  summary: z.string(),
  differences: z
    .array(z.object({ field: z.string(), wanted: z.unknown().optional(), found: z.unknown().optional() }))
    .optional(),
  calls: z.array(z.object({ service: z.string(), operation: z.string(), parameters: Values.optional() })).optional(),
  doubts: z.array(z.string()).optional(),
});
const Answered = z.object({ Payload: Planned });

const read = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What an execution decided at first, by its history: the first function that answered with a plan. Pure. */
export const plannedIn = (history: readonly HistoryEvent[]): DecisionRecord | undefined => {
  for (const { taskSucceededEventDetails: details } of history) {
    const answered = Answered.safeParse(details?.output === undefined ? undefined : read(details.output));
    if (answered.success) return answered.data.Payload;
  }
  return undefined;
};
