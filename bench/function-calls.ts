import { type FunctionConfiguration, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { type HistoryEvent, SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { follow, readHistory } from '../cli/follow.ts';
import { cacheRequested } from '../events/cache-requested.ts';
import { elastiCacheSns } from '../events/elasticache-sns.ts';
import { executionStatusChange } from '../events/execution-status-change.ts';
import type { Account } from '../local/account.ts';

/** A function of the account, with an event that it really got. */
export interface FunctionCall {
  readonly environment: Readonly<Record<string, string>>;
  /** JSON. */
  readonly payload: string;
}

/** Functions that events call, with the published sample of the event. */
const EVENT_FUNCTIONS: Readonly<Record<string, object>> = {
  'autopilot-creation-request': cacheRequested.sample,
  'autopilot-elasticache-events-normalise': elastiCacheSns.sample,
  'autopilot-operations-close-abandoned': executionStatusChange.sample,
};

const SPEC = {
  cacheId: 'measured',
  description: 'For the cold paths',
  engine: 'redis',
  engineVersion: '7.1',
  cacheNodeType: 'cache.t4g.small',
  numCacheClusters: 2,
  automaticFailoverEnabled: true,
  multiAZEnabled: true,
  transitEncryptionEnabled: true,
  authToken: { generate: true },
  deletionPolicy: 'Delete',
};

interface Invoked {
  readonly FunctionName: string;
  readonly Payload: object;
}

const invokedIn = (history: readonly HistoryEvent[]): Invoked[] =>
  history
    .map(({ taskScheduledEventDetails: task }) => task)
    .filter((task) => task?.resourceType === 'lambda')
    .map((task) => JSON.parse(task?.parameters ?? '{}'));

/** Creates one cache after an approval and fails at another, so that every step of a creation has run once. */
const runEveryStep = async (account: Account): Promise<Invoked[]> => {
  const [region] = account.regions;
  const states = account.world.client(SFNClient, account.operator, region);
  const start = async (name: string, input: object): Promise<string> => {
    const stateMachineArn = `arn:aws:states:${region}:${account.world.accountId}:stateMachine:create-cache`;
    const started = await states.send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
    );
    return started.executionArn ?? '';
  };
  const approve = async (executionArn: string) => {
    for (;;) {
      const asked = invokedIn(await readHistory(states, executionArn)).find(({ Payload }) => 'taskToken' in Payload);
      const answer = { approved: true, answeredBy: 'the bench' };
      const { taskToken = '' } = (asked?.Payload ?? {}) as { taskToken?: string };
      if (asked) {
        await states.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer) }));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const good = await start('measured', { spec: SPEC, requestedBy: 'the bench', mode: 'approve' });
  await approve(good);
  await follow(states, good, { everyMs: 100 });
  const error = { code: 'InsufficientCacheClusterCapacityFault', message: 'no capacity' };
  const endFault = account.world.faults.add({ service: 'elasticache', operation: 'CreateReplicationGroup', error });
  const spec = { ...SPEC, cacheId: 'undone' };
  const bad = await start('undone', { spec, requestedBy: 'the bench', mode: 'act' });
  await follow(states, bad, { everyMs: 100 });
  endFault();
  return [...invokedIn(await readHistory(states, good)), ...invokedIn(await readHistory(states, bad))];
};

/** Every function of the account's home Region by its name; with a real call, where the story calls it or an event does. */
export const realCalls = async (account: Account): Promise<ReadonlyMap<string, FunctionCall | undefined>> => {
  const [region] = account.regions;
  const { Functions = [] } = await account.world
    .client(LambdaClient, account.operator, region)
    .send(new ListFunctionsCommand({}));
  const invoked = await runEveryStep(account);
  const callOf = ({ FunctionName = '', FunctionArn = '', Role = '', Environment }: FunctionConfiguration) => {
    const call = invoked.find((each) => [FunctionName, FunctionArn].includes(each.FunctionName));
    const event = call?.Payload ?? EVENT_FUNCTIONS[FunctionName];
    if (!event) return undefined;
    const role = { kind: 'role', arn: Role, session: FunctionName } as const;
    return {
      environment: {
        ...account.world.environmentFor(role, region),
        AWS_LAMBDA_FUNCTION_NAME: FunctionName,
        ...Environment?.Variables,
      },
      payload: JSON.stringify(event),
    };
  };
  return new Map(Functions.map((each) => [each.FunctionName ?? '', callOf(each)]));
};
