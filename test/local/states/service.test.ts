import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Permission, type Principal, type Service, ServiceError, type World } from '../../../local/service.ts';
import { createStates, type StatesRuntime } from '../../../local/services/states/states.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { functionsAndCaches, makeMachine, type Playing, ROLE_ARN, trustedRole } from './account.ts';
import { machine, single } from './harness.ts';

const MACHINE_ARN = `arn:aws:states:us-east-1:${ACCOUNT_ID}:stateMachine:tested`;

let world: AWorld;
let sfn: SFNClient;
let states: Service & StatesRuntime;
let playing: Playing;
/** Actions that IAM denies to roles. */
let denied: Set<string>;

beforeEach(async () => {
  playing = functionsAndCaches();
  denied = new Set();
  const authorize = async ({ kind }: Principal, { action, resource }: Permission) => {
    if (kind === 'role' && denied.has(action))
      throw new ServiceError('AccessDenied', `not authorized: ${action} on ${resource}`, 403);
  };
  const create = (inside: World) => {
    states = createStates(inside);
    return states;
  };
  world = await aWorld({ services: [create, ...playing.services], speed: 60, authorize });
  world.roles.put(trustedRole());
  sfn = world.operatorClient(SFNClient);
});
afterEach(() => world.close());

const make = (definition: object, properties: object = {}) => makeMachine(states, definition, properties);

const start = async (fields: { name?: string; input?: unknown; arn?: string } = {}) => {
  const { name, input = {}, arn: stateMachineArn = MACHINE_ARN } = fields;
  const started = await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  return started.executionArn ?? '';
};

const ended = async (executionArn: string) => {
  await states.executions.find(executionArn)?.execution.ended;
  return sfn.send(new DescribeExecutionCommand({ executionArn }));
};

const waiting = single({ Type: 'Wait', Seconds: 3600 });
const echo = single({ Type: 'Pass', Assign: { seen: '{% $states.input %}' } });

describe('AWS::StepFunctions::StateMachine', () => {
  it('makes a machine that the API describes', async () => {
    const made = await make(echo, { Tags: [{ Key: 'team', Value: 'caches' }] });
    expect(made).toMatchObject({ ref: MACHINE_ARN, attributes: { Arn: MACHINE_ARN, Name: 'tested' } });
    expect(await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: MACHINE_ARN }))).toMatchObject({
      name: 'tested',
      status: 'ACTIVE',
      type: 'STANDARD',
      roleArn: ROLE_ARN,
      definition: JSON.stringify(echo),
    });
    const { tags } = await sfn.send(new ListTagsForResourceCommand({ resourceArn: MACHINE_ARN }));
    expect(tags).toEqual([{ key: 'team', value: 'caches' }]);
    const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
    expect(stateMachines?.map(({ name }) => name)).toEqual(['tested']);
  });

  it('replaces what the substitutions name, and nothing else', async () => {
    const definition = single({ Type: 'Pass', Output: '${Greeting} ${Other}' });
    await make(definition, { DefinitionSubstitutions: { Greeting: 'Hello' } });
    expect(await ended(await start())).toMatchObject({ output: '"Hello ${Other}"' });
  });

  it.each([
    ['a property that is not emulated', echo, { EncryptionConfiguration: {} }, 'EncryptionConfiguration'],
    ['Express', echo, { StateMachineType: 'EXPRESS' }, 'only STANDARD'],
    ['a role that does not exist', echo, { RoleArn: `${ROLE_ARN}-not` }, 'assume the provided role'],
    ['a definition that leads nowhere', { ...echo, StartAt: 'Nobody' }, {}, 'There is no state "Nobody" to start at'],
    ['an action that does not exist', sdkTask('elasticache:describeEverything'), {}, 'is not recognized'],
    ['a service that does not exist', sdkTask('memcache:describe'), {}, 'is not recognized'],
    [
      'an argument that the action does not have',
      sdkTask('elasticache:describeReplicationGroups', { GroupId: 'x' }),
      {},
      'The field "GroupId" is not supported by Step Functions',
    ],
  ])('refuses %s', async (_, definition, properties, message) => {
    await expect(make(definition, properties)).rejects.toThrow(message);
  });
});

function sdkTask(resource: string, Arguments: object = {}) {
  return single({ Type: 'Task', Resource: `arn:aws:states:::aws-sdk:${resource}`, Arguments, TimeoutSeconds: 60 });
}

describe('the role', () => {
  const trusting = (Principal: object, Effect = 'Allow') => {
    world.roles.put({ ...trustedRole(), trust: { Statement: [{ Effect, Principal, Action: 'sts:AssumeRole' }] } });
    return make(echo);
  };

  it.each(['states.amazonaws.com', 'states.us-east-1.amazonaws.com'])('may trust %s', async (Service) => {
    await expect(trusting({ Service })).resolves.toMatchObject({ ref: MACHINE_ARN });
  });

  it.each([
    ['another service', { Service: 'lambda.amazonaws.com' }, 'Allow'],
    ['another Region', { Service: 'states.eu-west-1.amazonaws.com' }, 'Allow'],
    ['the account only', { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` }, 'Allow'],
    ['nobody', { Service: 'states.amazonaws.com' }, 'Deny'],
  ])('is refused when it trusts %s', async (_, principal, effect) => {
    await expect(trusting(principal, effect)).rejects.toThrow('authorized to assume the provided role');
  });
});

describe('executions over the API', () => {
  it('runs to the end and tells input, output and times', async () => {
    await make(echo);
    const executionArn = await start({ name: 'op-1', input: { a: 1 } });
    expect(executionArn).toBe(`arn:aws:states:us-east-1:${ACCOUNT_ID}:execution:tested:op-1`);
    const seen = await ended(executionArn);
    expect(seen).toMatchObject({
      status: 'SUCCEEDED',
      input: '{"a":1}',
      output: '{"a":1}',
      stateMachineArn: MACHINE_ARN,
    });
    expect(seen.stopDate?.getTime()).toBeGreaterThanOrEqual(seen.startDate?.getTime() ?? Number.NaN);
    const definition = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(definition.stateMachineArn).toBe(MACHINE_ARN);
  });

  it('is the same execution when name and input are the same and it still runs', async () => {
    await make(waiting);
    const first = await start({ name: 'op-1', input: { a: 1 } });
    expect(await start({ name: 'op-1', input: { a: 1 } })).toBe(first);
    await expect(start({ name: 'op-1', input: { a: 2 } })).rejects.toThrow(
      expect.objectContaining({ name: 'ExecutionAlreadyExists' }),
    );
    await sfn.send(new StopExecutionCommand({ executionArn: first }));
    await expect(start({ name: 'op-1', input: { a: 1 } })).rejects.toThrow(
      expect.objectContaining({ name: 'ExecutionAlreadyExists' }),
    );
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN }));
    expect(executions).toHaveLength(1);
  });

  it.each([
    ['StateMachineDoesNotExist', { arn: `${MACHINE_ARN}-not` }],
    ['InvalidArn', { arn: 'tested' }],
    ['InvalidName', { name: 'op 1' }],
    ['InvalidName', { name: 'op/1' }],
    ['InvalidName', { name: 'o'.repeat(81) }],
  ])('answers %s', async (name, fields) => {
    await make(echo);
    await expect(start(fields)).rejects.toThrow(expect.objectContaining({ name }));
  });

  it('refuses input that is no JSON or too large', async () => {
    await make(echo);
    const send = (input: string) => sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, input }));
    await expect(send('{')).rejects.toThrow(expect.objectContaining({ name: 'InvalidExecutionInput' }));
    await expect(send(`"${'x'.repeat(262_143)}"`)).rejects.toThrow(
      expect.objectContaining({ name: 'ValidationException' }),
    );
  });

  it('lives in its own Region', async () => {
    await make(echo);
    const elsewhere = world.operatorClient(SFNClient, 'eu-west-1');
    await expect(elsewhere.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN }))).rejects.toThrow(
      expect.objectContaining({ name: 'StateMachineDoesNotExist' }),
    );
    const executionArn = await start();
    await expect(elsewhere.send(new DescribeExecutionCommand({ executionArn }))).rejects.toThrow(
      expect.objectContaining({ name: 'ExecutionDoesNotExist' }),
    );
  });

  it('does not start synchronously', async () => {
    await make(echo);
    const command = new StartSyncExecutionCommand({ stateMachineArn: MACHINE_ARN });
    const client = new SFNClient({
      region: 'us-east-1',
      endpoint: world.endpoint,
      disableHostPrefix: true,
      credentials: await sfn.config.credentials(),
    });
    await expect(client.send(command)).rejects.toThrow(
      expect.objectContaining({ name: 'StateMachineTypeNotSupported' }),
    );
    client.destroy();
  });

  it('stops with the error and cause it was given', async () => {
    await make(waiting);
    const executionArn = await start();
    await sfn.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'said a person' }));
    expect(await ended(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'said a person' });
  });

  it('pages the history both ways, and leaves data out when asked', async () => {
    await make(echo);
    const executionArn = await start({ input: { a: 1 } });
    await ended(executionArn);
    const read = async (reverseOrder: boolean) => {
      const types: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await sfn.send(
          new GetExecutionHistoryCommand({ executionArn, maxResults: 3, reverseOrder, nextToken }),
        );
        types.push(...(page.events ?? []).map(({ type }) => type ?? ''));
        nextToken = page.nextToken;
      } while (nextToken);
      return types;
    };
    const forwards = ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'];
    expect(await read(false)).toEqual(forwards);
    expect(await read(true)).toEqual([...forwards].reverse());

    const bare = await sfn.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
    expect(JSON.stringify(bare.events)).not.toContain('{\\"a\\":1}');
    const full = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(full.events?.[2]?.stateExitedEventDetails).toMatchObject({
      name: 'Only',
      output: '{"a":1}',
      assignedVariables: { seen: '{"a":1}' },
    });
    const wrong = new GetExecutionHistoryCommand({ executionArn, nextToken: 'nonsense' });
    await expect(sfn.send(wrong)).rejects.toThrow(expect.objectContaining({ name: 'InvalidToken' }));
  });

  it('asks IAM about the machine or the execution', async () => {
    await make(waiting);
    const executionArn = await start({ name: 'op-1' });
    await sfn.send(new DescribeExecutionCommand({ executionArn }));
    await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    await sfn.send(new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN }));
    await sfn.send(new StopExecutionCommand({ executionArn }));
    expect(
      world.asked
        .filter(({ permission }) => permission.action.startsWith('states:'))
        .map(({ permission }) => [permission.action, permission.resource]),
    ).toEqual([
      ['states:StartExecution', MACHINE_ARN],
      ['states:DescribeExecution', executionArn],
      ['states:GetExecutionHistory', executionArn],
      ['states:ListExecutions', MACHINE_ARN],
      ['states:StopExecution', executionArn],
    ]);
  });
});

describe('lambda:invoke', () => {
  const invoke = (fields: object = {}) => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: 'plan', Payload: { cacheId: '{% $states.input.cacheId %}' } },
    TimeoutSeconds: 5,
    ...fields,
  });

  it('gives the function its payload as the role, and answers as Lambda does', async () => {
    playing.answer = ({ cacheId }) => ({ payload: { planned: cacheId } });
    await make(single(invoke()));
    const { output } = await ended(await start({ input: { cacheId: 'orders' } }));
    expect(JSON.parse(output ?? '')).toMatchObject({
      ExecutedVersion: '$LATEST',
      Payload: { planned: 'orders' },
      StatusCode: 200,
      SdkHttpMetadata: { HttpStatusCode: 200 },
    });
    expect(playing.principals).toContainEqual({ kind: 'role', arn: ROLE_ARN, session: 'tested' });
  });

  it.each([
    [
      'the name of what it threw',
      { payload: { errorType: 'CacheLocked', errorMessage: 'by op-2', trace: [] }, functionError: 'Unhandled' },
      'CacheLocked',
    ],
    [
      'Lambda.Unknown when it was killed',
      { payload: { errorMessage: 'exited' }, functionError: 'Unhandled' },
      'Lambda.Unknown',
    ],
    [
      'Lambda.TooManyRequestsException when Lambda throttles',
      { error: 'TooManyRequestsException' },
      'Lambda.TooManyRequestsException',
    ],
    [
      'Lambda.AWSLambdaException for what Lambda does not model',
      { error: 'AccessDeniedException' },
      'Lambda.AWSLambdaException',
    ],
  ])('fails with %s', async (_, answer, error) => {
    playing.answer = () => answer;
    await make(single(invoke()));
    const seen = await ended(await start({ input: { cacheId: 'orders' } }));
    expect(seen).toMatchObject({ status: 'FAILED', error });
    if (error === 'CacheLocked') {
      expect(JSON.parse(seen.cause ?? '')).toEqual({ errorType: 'CacheLocked', errorMessage: 'by op-2', trace: [] });
    }
  });

  it('does not know what happened when the answer was lost', async () => {
    world.faults.add({ service: 'lambda', loseAnswer: true, times: 1 });
    await make(single(invoke()));
    expect(await ended(await start({ input: { cacheId: 'orders' } }))).toMatchObject({
      error: 'Lambda.SdkClientException',
    });
  });

  it('lets real work take its real time, however fast the account runs', async () => {
    // 400 ms are 24 account seconds at this speed: more than the task's five.
    playing.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return { payload: 'done' };
    };
    await make(single(invoke()));
    expect(await ended(await start({ input: { cacheId: 'orders' } }))).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('waits for the token that it hands over', async () => {
    playing.answer = ({ token }) => {
      playing.tokens.push(String(token));
      return { payload: null };
    };
    const Arguments = { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } };
    const Resource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
    await make(single(invoke({ Resource, Arguments, TimeoutSeconds: 3600 })));
    const executionArn = await start();
    await expect.poll(() => playing.tokens.length).toBe(1);
    const [taskToken] = playing.tokens;
    await sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await expect(sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{' }))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidOutput' }),
    );
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"approved":true}' }));
    expect(await ended(executionArn)).toMatchObject({ output: '{"approved":true}' });
    await expect(sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))).rejects.toThrow(
      expect.objectContaining({ name: 'TaskTimedOut' }),
    );
    await expect(sfn.send(new SendTaskSuccessCommand({ taskToken: 'nonsense', output: '{}' }))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidToken' }),
    );
    const asked = world.asked.filter(({ permission }) => permission.action === 'states:SendTaskHeartbeat');
    expect(new Set(asked.map(({ permission }) => permission.resource))).toEqual(new Set(['*']));
  });
});

describe('aws-sdk', () => {
  const describeGroups = sdkTask('elasticache:describeReplicationGroups', {
    ReplicationGroupId: '{% $states.input.id %}',
  });

  it('answers in PascalCase with times as ISO 8601 and without metadata', async () => {
    await make(describeGroups);
    const { output } = await ended(await start({ input: { id: 'orders' } }));
    expect(JSON.parse(output ?? '')).toEqual({
      ReplicationGroups: [
        {
          ReplicationGroupId: 'orders',
          Status: 'available',
          Arn: 'arn:orders',
          MultiAZ: 'enabled',
          ReplicationGroupCreateTime: '2026-01-31T09:00:00.000Z',
        },
      ],
    });
    expect(playing.principals).toContainEqual({ kind: 'role', arn: ROLE_ARN, session: 'tested' });
  });

  it.each([
    ['ReplicationGroupNotFoundFault', 'ElastiCache.ReplicationGroupNotFoundException'],
    ['Throttling', 'ElastiCache.ElastiCacheException'],
    ['InvalidARNFault', 'ElastiCache.InvalidArnException'],
  ])('names %s %s', async (code, error) => {
    world.faults.add({ service: 'elasticache', error: { code } });
    await make(describeGroups);
    expect(await ended(await start({ input: { id: 'orders' } }))).toMatchObject({ status: 'FAILED', error });
  });

  it('refuses a value of the wrong kind, and nothing catches that', async () => {
    const group = {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:elasticache:describeReplicationGroups',
      Arguments: { ReplicationGroupId: '{% $states.input.id %}' },
      TimeoutSeconds: 60,
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
      End: true,
    };
    const caught = { Group: group, Caught: { Type: 'Succeed' } };
    await make(machine(caught));
    expect(await ended(await start({ input: { id: 7 } }))).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });
});

describe('states:startExecution', () => {
  const child = `arn:aws:states:us-east-1:${ACCOUNT_ID}:stateMachine:child`;
  const nested = (pattern: string) =>
    single({
      Type: 'Task',
      Resource: `arn:aws:states:::states:startExecution${pattern}`,
      Arguments: { StateMachineArn: child, Name: 'nested', Input: { n: '{% $states.input.n %}' } },
      TimeoutSeconds: 60,
    });

  it('goes on as soon as the execution has started', async () => {
    await make(waiting, { StateMachineName: 'child' });
    await make(nested(''));
    const { output } = await ended(await start({ input: { n: 1 } }));
    expect(JSON.parse(output ?? '')).toMatchObject({
      ExecutionArn: `${child.replace('stateMachine', 'execution')}:nested`,
    });
  });

  it.each([
    ['.sync:2', { n: 1 }],
    ['.sync', '{"n":1}'],
  ])('%s waits for the output', async (pattern, expected) => {
    await make(echo, { StateMachineName: 'child' });
    await make(nested(pattern));
    const { output } = await ended(await start({ input: { n: 1 } }));
    expect(JSON.parse(output ?? '')).toMatchObject({ Status: 'SUCCEEDED', Output: expected, Name: 'nested' });
  });

  it('fails when the execution fails, with everything about it in the cause', async () => {
    await make(machine({ Bad: { Type: 'Fail', Error: 'CreateFailed', Cause: 'no capacity' } }), {
      StateMachineName: 'child',
    });
    await make(nested('.sync:2'));
    const { error, cause } = await ended(await start({ input: { n: 1 } }));
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause ?? '')).toMatchObject({ Status: 'FAILED', Error: 'CreateFailed', Cause: 'no capacity' });
  });

  it('takes the execution with it when it is stopped itself', async () => {
    await make(waiting, { StateMachineName: 'child' });
    await make(nested('.sync:2'));
    const parentArn = await start({ input: { n: 1 } });
    const childArn = `${child.replace('stateMachine', 'execution')}:nested`;
    await expect
      .poll(async () => {
        const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: parentArn }));
        return events?.at(-1)?.type;
      })
      .toBe('TaskSubmitted');
    await sfn.send(new StopExecutionCommand({ executionArn: parentArn }));
    expect(await ended(childArn)).toMatchObject({ status: 'ABORTED' });
  });

  it.each(['events:PutTargets', 'events:PutRule', 'events:DescribeRule'])(
    'is refused to a role without %s',
    async (action) => {
      denied.add(action);
      await make(nested(''));
      await expect(make(nested('.sync:2'), { StateMachineName: 'waits' })).rejects.toThrow(`it lacks ${action} on`);
    },
  );

  it.each([
    ['StartExecution', 0],
    ['DescribeExecution', 1],
  ])('fails at once when the role lacks states:%s', async (operationName, started) => {
    await make(waiting, { StateMachineName: 'child' });
    await make(nested('.sync:2'));
    denied.add(`states:${operationName}`);
    const parent = await start({ input: { n: 1 } });
    await states.executions.find(parent)?.execution.ended;
    const outcome = states.executions.find(parent)?.execution.outcome()?.outcome;
    expect(outcome).toMatchObject({ error: 'StepFunctions.AWSStepFunctionsException' });
    expect(states.executions.list(child)).toHaveLength(started);
  });

  it('asks IAM as Step Functions does: for the managed rule when it is made, as the role when it runs', async () => {
    await make(echo, { StateMachineName: 'child' });
    await make(nested('.sync:2'));
    await ended(await start({ input: { n: 1 } }));
    const asked = world.asked
      .filter(({ principal }) => principal.kind === 'role')
      .map(({ permission }) => `${permission.action} ${permission.resource}`);
    const rule = `arn:aws:events:us-east-1:${ACCOUNT_ID}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;
    const childArn = `${child.replace('stateMachine', 'execution')}:nested`;
    expect(asked).toEqual([
      `events:PutTargets ${rule}`,
      `events:PutRule ${rule}`,
      `events:DescribeRule ${rule}`,
      `states:StartExecution ${child}`,
      `states:DescribeExecution ${childArn}`,
      `states:DescribeExecution ${childArn}`,
    ]);
  });
});

describe('events:putEvents', () => {
  const put = single({
    Type: 'Task',
    Resource: 'arn:aws:states:::events:putEvents',
    Arguments: { Entries: [{ Source: 'tested', DetailType: 'Said', Detail: { n: '{% $states.input.n %}' } }] },
    TimeoutSeconds: 60,
  });

  it('takes the detail as JSON', async () => {
    await make(put);
    await ended(await start({ input: { n: 1 } }));
    expect(playing.events.filter(({ Source }) => Source === 'tested')).toMatchObject([{ Detail: '{"n":1}' }]);
  });

  it('fails when an entry was not taken', async () => {
    playing.refusesEntries = true;
    await make(put);
    expect(await ended(await start({ input: { n: 1 } }))).toMatchObject({ error: 'EventBridge.FailedEntry' });
  });
});

describe('status changes', () => {
  it('go to the default bus, from the start to the end', async () => {
    await make(echo);
    const executionArn = await start({ name: 'op-1', input: { a: 1 } });
    await expect.poll(() => playing.events.length).toBe(2);
    const common = {
      Source: 'aws.states',
      DetailType: 'Step Functions Execution Status Change',
      Resources: [executionArn],
    };
    expect(playing.events).toMatchObject([common, common]);
    // They may overtake each other, as on AWS.
    const details = playing.events
      .map(({ Detail }) => JSON.parse(Detail ?? ''))
      .sort((a, b) => Number(a.status !== 'RUNNING') - Number(b.status !== 'RUNNING'));
    expect(details[0]).toMatchObject({ status: 'RUNNING', stopDate: null, output: null, name: 'op-1' });
    expect(details[1]).toMatchObject({ status: 'SUCCEEDED', input: '{"a":1}', output: '{"a":1}', error: null });
    expect(details[1].stopDate).toBeGreaterThanOrEqual(details[1].startDate);
  });
});

describe('LoggingConfiguration', () => {
  const logged = async (Level: string, IncludeExecutionData: boolean) => {
    const Destinations = [
      { CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:us-east-1:111122223333:log-group:x:*' } },
    ];
    await make(machine({ Bad: { Type: 'Fail', Error: 'Bad', Cause: 'cause' } }), {
      LoggingConfiguration: { Level, IncludeExecutionData, Destinations },
    });
    await ended(await start({ input: { word: 'confidential' } }));
    const file = path.join(world.folder, 'logs/states/tested.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };

  it.each([
    ['ALL', true, ['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed'], true],
    ['ALL', false, ['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed'], false],
    ['ERROR', true, ['FailStateEntered', 'ExecutionFailed'], true],
    ['FATAL', true, ['ExecutionFailed'], false],
    ['OFF', true, [], false],
  ])('%s with data %s writes %j', async (level, withData, types, shown) => {
    const text = await logged(level, withData);
    expect([...text.matchAll(/"type":"(\w+)"/g)].map(([, type]) => type)).toEqual(types);
    expect(text.includes('confidential')).toBe(shown);
  });

  it('needs a role that may write logs', async () => {
    await logged('ALL', true);
    expect(world.asked.map(({ permission }) => permission.action)).toContain('logs:CreateLogDelivery');
  });
});

it('leaves nothing running when it stops', async () => {
  await make(waiting);
  const executionArn = await start();
  await states.stop?.();
  expect(states.executions.find(executionArn)?.execution.outcome()?.outcome.status).toBe('ABORTED');
});
