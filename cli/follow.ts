import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';

/** One state of an execution that has been entered, in the order of time. */
export interface Step {
  /** The event that entered it; unique in the execution. */
  readonly id: number;
  readonly name: string;
  readonly enteredAt: Date;
  readonly leftAt?: Date;
  /** The error it met, when it met one: kept also when a retry or a catch dealt with it. */
  readonly error?: string;
  readonly cause?: string;
  /** Further attempts after the first. */
  readonly retries: number;
}

export interface Followed {
  readonly executionArn: string;
  readonly name: string;
  readonly status: string;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly steps: readonly Step[];
  /** The output as JSON, when the execution succeeded. */
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

const ENTERED = /^(\w+)StateEntered$/;
const EXITED = /^(\w+)StateExited$/;
const FAILED = /^(Task|LambdaFunction|Activity|MapRun)?(Failed|TimedOut|StartFailed|SubmitFailed)$/;
const SCHEDULED = /^(Task|LambdaFunction|Activity)Scheduled$/;

/** Reads the states of an execution from its history, as the API returns it. Pure. */
export const stepsOf = (history: readonly HistoryEvent[]): Step[] => {
  const steps = new Map<number, Step & { attempts: number }>();
  /** To which state each event belongs: the nearest entered state up its chain of previous events. */
  const stateOf = new Map<number, number>();
  /** What was entered before a state: the state before it, or the Map or Parallel around it. */
  const before = new Map<number, number | undefined>();
  /** A Map or Parallel is left behind the last of the states inside it, so an exit is found by its name up the chain. */
  const leaving = (from: number | undefined, name: string | undefined): number | undefined => {
    let found = from;
    while (found !== undefined && name !== undefined && steps.get(found)?.name !== name) found = before.get(found);
    return found;
  };

  for (const event of history) {
    const { id = 0, previousEventId = 0, type = '', timestamp = new Date(0) } = event;
    if (ENTERED.test(type)) {
      const name = event.stateEnteredEventDetails?.name ?? '';
      steps.set(id, { id, name, enteredAt: timestamp, retries: 0, attempts: 0 });
      stateOf.set(id, id);
      before.set(id, stateOf.get(previousEventId));
      continue;
    }
    const owner = EXITED.test(type)
      ? leaving(stateOf.get(previousEventId), event.stateExitedEventDetails?.name)
      : stateOf.get(previousEventId);
    if (owner === undefined) continue;
    stateOf.set(id, owner);
    const step = steps.get(owner);
    if (!step) continue;
    if (EXITED.test(type)) steps.set(owner, { ...step, leftAt: timestamp });
    else if (SCHEDULED.test(type)) steps.set(owner, { ...step, attempts: step.attempts + 1, retries: step.attempts });
    else if (FAILED.test(type)) steps.set(owner, { ...step, ...problemOf(event) });
  }
  return [...steps.values()].map(({ attempts: _, ...step }) => step);
};

const problemOf = (event: HistoryEvent): { error?: string; cause?: string } => {
  const details =
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.taskStartFailedEventDetails ??
    event.taskSubmitFailedEventDetails ??
    event.lambdaFunctionFailedEventDetails ??
    event.lambdaFunctionTimedOutEventDetails;
  return {
    ...(details?.error ? { error: details.error } : {}),
    ...(details?.cause ? { cause: details.cause } : {}),
  };
};

/** The whole history so far, all pages. */
export const readHistory = async (client: SFNClient, executionArn: string): Promise<HistoryEvent[]> => {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new GetExecutionHistoryCommand({ executionArn, nextToken, maxResults: 1000 }));
    events.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return events;
};

/** The execution as it is now. */
export const lookAt = async (client: SFNClient, executionArn: string): Promise<Followed> => {
  const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
  const steps = stepsOf(await readHistory(client, executionArn));
  return {
    executionArn,
    name: execution.name ?? '',
    status: execution.status ?? 'UNKNOWN',
    startedAt: execution.startDate ?? new Date(0),
    steps,
    ...(execution.stopDate ? { endedAt: execution.stopDate } : {}),
    ...(execution.output ? { output: JSON.parse(execution.output) } : {}),
    ...(execution.error ? { error: execution.error } : {}),
    ...(execution.cause ? { cause: execution.cause } : {}),
  };
};

export interface FollowOptions {
  /** Real milliseconds between two looks. */
  readonly everyMs: number;
  /** Called for each state when it is entered, once. */
  readonly onEntered?: (step: Step) => void;
  /** Stop following, with what is known, when this says so (a person is being waited for). */
  readonly until?: (now: Followed) => boolean;
  readonly signal?: AbortSignal;
}

/** Follows an execution until it ends. */
export const follow = async (
  client: SFNClient,
  executionArn: string,
  { everyMs, onEntered, until, signal }: FollowOptions,
): Promise<Followed> => {
  let told = 0;
  for (;;) {
    const now = await lookAt(client, executionArn);
    for (const step of now.steps.slice(told)) onEntered?.(step);
    told = now.steps.length;
    if (now.status !== 'RUNNING' || until?.(now) || signal?.aborted) return now;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};
