import { z } from 'zod';
import { CreationPlan } from '../functions/creation/schemas.ts';
import { Outcome } from '../functions/operations/schemas.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Followed } from './follow.ts';

const Endpoint = z.looseObject({ Address: z.string(), Port: z.number() });

/** What a workflow answers when it ended by itself; a plan is there unless the workflow failed before it. */
const WorkflowOutput = z.looseObject({
  outcome: Outcome,
  reason: z.string(),
  cacheId: z.string(),
  operationId: z.string(),
  summary: z.string(),
  plan: z.union([CreationPlan, z.strictObject({})]).optional(),
  endpoints: z
    .looseObject({ configuration: Endpoint.optional(), primary: Endpoint.optional(), reader: Endpoint.optional() })
    .optional(),
  evidence: z.unknown().optional(),
});

/** How an operation ended, or that it still waits for a person. */
export interface Result {
  readonly operationId: string;
  readonly cacheId: string;
  readonly outcome: Outcome | 'waiting';
  readonly reason: string;
  readonly summary: string;
  readonly plan?: CreationPlan;
  readonly endpoints?: z.infer<typeof WorkflowOutput>['endpoints'];
  readonly evidence?: unknown;
}

const isPlan = (plan: unknown): plan is CreationPlan => CreationPlan.safeParse(plan).success;

/** Reads the result of a followed execution. Anything that is not a clear answer is `failed`. */
export const resultOf = (execution: Followed, operationId: string, cacheId: string): Result => {
  if (execution.status === 'RUNNING') {
    const waitingIn = execution.steps.at(-1)?.name ?? 'the first state';
    const summary = `${cacheId} waits in "${waitingIn}" for a person.`;
    return { operationId, cacheId, outcome: 'waiting', reason: 'WaitingForApproval', summary };
  }
  const output = WorkflowOutput.safeParse(execution.output);
  if (execution.status === 'SUCCEEDED' && output.success) {
    const { plan, endpoints, evidence, outcome, reason, summary } = output.data;
    return {
      operationId,
      cacheId: output.data.cacheId,
      outcome,
      reason,
      summary,
      ...(isPlan(plan) ? { plan } : {}),
      ...(endpoints ? { endpoints } : {}),
      ...(evidence === undefined ? {} : { evidence }),
    };
  }
  const reason = execution.error ?? execution.status;
  const summary = execution.cause ?? `The execution ended ${execution.status} without saying why.`;
  return { operationId, cacheId, outcome: 'failed', reason, summary };
};

/** Reasons of a refusal that the input itself can cure; every other refusal is the policy's or the account's. */
const CURED_BY_INPUT: readonly string[] = [
  'InvalidSpec',
  'NeedsReplacement',
  'InvalidRequest',
  'PolicyUnknown',
  'NoSuchCache',
  'NoSuchShard',
  'NoSuchUser',
];

/** @param planOnly the command only asked what would be done, so that `observed` is all that was wanted */
export const exitCodeOf = ({ outcome, reason }: Omit<Result, 'plan'>, planOnly: boolean): ExitCode => {
  switch (outcome) {
    case 'done':
    case 'nothing-to-do':
      return EXIT.done;
    case 'observed':
      return planOnly ? EXIT.done : EXIT.notAllowed;
    case 'refused':
      return CURED_BY_INPUT.includes(reason) ? EXIT.inputRefused : EXIT.notAllowed;
    case 'rejected':
    case 'waiting':
      return EXIT.notAllowed;
    case 'failed':
    case 'undone':
      return EXIT.operationFailed;
  }
};
