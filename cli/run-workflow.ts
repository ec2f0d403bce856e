import { randomBytes } from 'node:crypto';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Connection } from './connection.ts';
import { type Followed, follow, type Step } from './follow.ts';

/** A command is a trigger of its own: its id says what and when, and is unique. */
export const newOperationId = (workflow: string, cacheId: string, now = new Date()): string => {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const safeId = cacheId.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 30);
  return `${workflow}-${safeId}-${stamp}-${randomBytes(3).toString('hex')}`;
};

/** The states in which a workflow waits for a person. */
export const ASKING: readonly string[] = ['Ask a person', 'Ask whether to retire'];

export interface RunOptions {
  readonly operationId: string;
  readonly input: object;
  /** Keep waiting when a person has to approve, and in the states of `alsoUntil`. */
  readonly wait: boolean;
  /** Further states in which the workflow waits for long, and goes on by itself. */
  readonly alsoUntil?: readonly string[];
  readonly onStep?: ((step: Step) => void) | undefined;
}

/** Starts a workflow and follows it until it ends, or until it waits for a person. */
export const runWorkflow = async (
  { region, pollMs, stateMachineArn }: Pick<Connection, 'region' | 'pollMs' | 'stateMachineArn'>,
  workflow: string,
  { operationId, input, wait, alsoUntil = [], onStep }: RunOptions,
): Promise<Followed> => {
  const client = new SFNClient({ region });
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({
      stateMachineArn: stateMachineArn(workflow),
      name: operationId,
      input: JSON.stringify(input),
    }),
  );
  return follow(client, executionArn, {
    everyMs: pollMs,
    ...(onStep ? { onEntered: onStep } : {}),
    until: ({ steps }) => !wait && [...ASKING, ...alsoUntil].includes(steps.at(-1)?.name ?? ''),
  });
};

/** `  12.3 s`, since the command began. */
export const progressMark = (started: number): string =>
  `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;

/** What a shell expects of a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/** What a person is told who stops watching: the operation does not stop. */
export const goesOn = (operationId: string, local: boolean): string =>
  `\nOperation ${operationId} goes on in the account. To look at it: npx autopilot explain ${operationId}${local ? ' --local' : ''}`;

/** Says so when the person at the keyboard stops watching. The answer takes the listener away. */
export const onInterruption = (operationId: string, local: boolean): (() => void) => {
  const say = () => {
    console.error(goesOn(operationId, local));
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', say);
  return () => process.off('SIGINT', say);
};

/** The two commands that answer an operation's question. */
export const printAnswers = (operationId: string, local: boolean): void => {
  for (const answer of ['approve', 'reject'])
    console.log(`  npx autopilot ${answer} ${operationId}${local ? ' --local' : ''}`);
};
