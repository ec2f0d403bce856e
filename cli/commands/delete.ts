import type { DeletionPlan } from '../../functions/creation/deletion-schemas.ts';
import { connect } from '../connection.ts';
import { type DeletionResult, deletionResultOf } from '../deletion-outcome.ts';
import type { ExitCode } from '../exit-codes.ts';
import { exitCodeOf } from '../outcome.ts';
import { newOperationId, onInterruption, printAnswers, progressMark, runWorkflow } from '../run-workflow.ts';
import { table } from '../table.ts';

export interface DeleteOptions {
  readonly plan: boolean;
  readonly local: boolean;
  readonly json: boolean;
  /** Keep waiting when a person has to approve; otherwise the command ends with exit code 4. */
  readonly wait: boolean;
  /** Left out: as the cache's specification said. */
  readonly policy?: string | undefined;
  /** The cache's id once more. */
  readonly notCreatedHere?: string | undefined;
}

const WORKFLOW = 'delete-cache';

/** `autopilot delete <cacheId>`: starts the workflow, shows its steps, tells how it ended. */
export const deleteCache = async (cacheId: string, options: DeleteOptions): Promise<ExitCode> => {
  const connection = await connect(options);
  const started = performance.now();
  const operationId = newOperationId(WORKFLOW, cacheId);
  if (!options.json)
    console.log(`Operation ${operationId}; it goes on in the account when this command is interrupted.`);
  const forget = onInterruption(operationId, options.local);
  const execution = await runWorkflow(connection, WORKFLOW, {
    operationId,
    input: {
      cacheId,
      requestedBy: connection.callerArn,
      ...(options.plan ? { mode: 'observe' } : {}),
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      ...(options.notCreatedHere === undefined ? {} : { evenIfNotOurs: options.notCreatedHere }),
    },
    wait: options.wait,
    onStep: ({ name }) => {
      if (!options.json) console.log(`  ${progressMark(started)}  ${name}`);
    },
  });
  forget();
  const result = deletionResultOf(execution, operationId, cacheId);
  if (options.json) console.log(JSON.stringify(result, null, 2));
  else printResult(result, options);
  return exitCodeOf(result, options.plan);
};

const printResult = (result: DeletionResult, { plan: planOnly, local }: DeleteOptions): void => {
  const { plan } = result;
  if (plan && planOnly && plan.calls.length > 0) printPlan(plan);
  console.log(`\n${result.outcome}: ${result.summary} (${result.reason})`);
  for (const { path, rule, remedy } of plan?.faults ?? []) console.log(`  ${path}\n    ${rule}\n    → ${remedy}`);
  for (const doubt of plan?.doubts ?? []) console.log(`  note: ${doubt}`);
  if (result.outcome === 'waiting') printAnswers(result.operationId, local);
};

const printPlan = ({ there, calls }: DeletionPlan): void => {
  console.log(`\nThere now:\n${there.map((line) => `  ${line}`).join('\n')}\n\nThe calls, in order:\n`);
  const rows = calls.flatMap(({ service, operation, parameters }) =>
    Object.entries(parameters).map(([name, value], index) => [
      index === 0 ? `${service}:${operation}` : '',
      name,
      JSON.stringify(value),
    ]),
  );
  console.log(table(['call', 'parameter', 'value'], rows));
};
