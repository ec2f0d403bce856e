import * as z from 'zod';
import { DeletionPlan } from '../functions/creation/deletion-schemas.ts';
import type { Followed } from './follow.ts';
import { type Result, resultOf } from './outcome.ts';

/** How a deletion ended, or that it still waits for a person. */
export interface DeletionResult extends Omit<Result, 'plan'> {
  readonly plan?: DeletionPlan | undefined;
}

const Output = z.looseObject({ plan: z.unknown() });

/** Reads the result of a followed deletion. Anything that is not a clear answer is `failed`. */
export const deletionResultOf = (execution: Followed, operationId: string, cacheId: string): DeletionResult => {
  const output = Output.safeParse(execution.output);
  const { plan: planned, ...rest } = output.success ? output.data : { plan: undefined };
  const plan = DeletionPlan.safeParse(planned);
  // What the plan of a creation says is nobody's business here.
  const { plan: _, ...result } = resultOf(
    output.success ? { ...execution, output: rest } : execution,
    operationId,
    cacheId,
  );
  return { ...result, ...(plan.success ? { plan: plan.data } : {}) };
};
