import { readdirSync } from 'node:fs';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { DecisionRecord } from '../../functions/platform/ledger.ts';
import { maskSecrets } from '../../functions/platform/mask.ts';
import { type Connection, connect } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type ExecutionSeen, explanation, type OperationSeen } from '../explanation.ts';
import { readHistory, stepsOf } from '../follow.ts';
import { ledgerOf } from '../ledger.ts';
import { plannedIn } from '../planned.ts';
import { runbookEntry } from '../runbook.ts';

export interface ExplainOptions {
  readonly local: boolean;
  readonly json: boolean;
}

/** The workflows of the autopilot, by their files. */
const workflows = (): string[] =>
  readdirSync(new URL('../../state-machines', import.meta.url)).map((file) => file.replace(/\.asl\.json$/, ''));

const UNKNOWN = ['ExecutionDoesNotExist', 'StateMachineDoesNotExist', 'InvalidArn', 'InvalidName'];

interface Execution extends ExecutionSeen {
  readonly decision?: DecisionRecord | undefined;
}

/** Who asked, by the input of an execution. */
const requesterOf = (input: string | undefined): string | undefined => {
  try {
    const { requestedBy } = JSON.parse(input ?? '{}') as { requestedBy?: unknown };
    return typeof requestedBy === 'string' ? requestedBy : undefined;
  } catch {
    return undefined;
  }
};

/** Looks at one execution; Step Functions forgets it 90 days after its end. */
const executionSeen = async (client: SFNClient, executionArn: string): Promise<Execution | undefined> => {
  try {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    const history = await readHistory(client, executionArn);
    return {
      status: execution.status ?? 'UNKNOWN',
      startedAt: (execution.startDate ?? new Date(0)).toISOString(),
      step: stepsOf(history).at(-1)?.name,
      error: execution.error,
      cause: execution.cause,
      requestedBy: requesterOf(execution.input),
      decision: plannedIn(history),
    };
  } catch (error) {
    if (error instanceof Error && UNKNOWN.includes(error.name)) return undefined;
    throw error;
  }
};

/** All that the ledger, and then the execution, know of an operation; undefined when neither does. */
export const operationSeen = async (
  operationId: string,
  { region, executionArn }: Pick<Connection, 'region' | 'executionArn'>,
): Promise<OperationSeen | undefined> => {
  const ledger = ledgerOf(region);
  const [record, question] = await Promise.all([ledger.record(operationId), ledger.question(operationId)]);
  const client = new SFNClient({ region });
  const workflow = record?.workflow ?? question?.workflow;
  let execution: Execution | undefined;
  for (const name of workflow === undefined ? workflows() : [workflow]) {
    execution ??= await executionSeen(client, executionArn(name, operationId));
  }
  if (!record && !question && !execution) return undefined;
  return { operationId, record, question, execution, decision: record?.decision ?? execution?.decision };
};

/** `autopilot explain <operation>`: what was asked, seen, decided and done, and what comes next. */
export const explain = async (operationId: string, { local, json }: ExplainOptions): Promise<ExitCode> => {
  const connection = await connect({ local });
  const seen = await operationSeen(operationId, connection);
  if (!seen) {
    console.error(
      `Neither the ledger nor Step Functions knows an operation ${operationId} in ${connection.region}: see \`autopilot runs\`.`,
    );
    return EXIT.toolFailed;
  }
  const now = connection.now();
  const sections = explanation(seen, { now, runbook: runbookEntry, flags: local ? ' --local' : '' });
  if (json) console.log(JSON.stringify({ ...seen, explanation: sections }, maskSecrets, 2));
  else
    console.log(
      sections.map(({ title, lines }) => [title, ...lines.map((line) => `  ${line}`)].join('\n')).join('\n\n'),
    );
  return EXIT.done;
};
