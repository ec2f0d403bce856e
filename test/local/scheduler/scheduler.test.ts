import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import * as sfnSdk from '@aws-sdk/client-sfn';
import { CreateQueueCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Operation, type Service, ServiceError } from '../../../local/service.ts';
import { createEvents } from '../../../local/services/events/events.ts';
import { createScheduler, type SchedulerService } from '../../../local/services/scheduler/scheduler.ts';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { build } from '../../builders/a-template-resource.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';
import { aScheduleInput, aScheduleRole, ROLE_ARN } from './a-schedule.ts';

let world: AWorld;
let scheduler: SchedulerClient;
let sqs: SQSClient;
let service: SchedulerService;
let number = 0;
const closedQueues = new Set<string>();
/** Queues that answer 503 so many times more. */
const busyQueues = new Map<string, number>();
/** What the stand-ins for Lambda and Step Functions were asked. */
const called: Record<string, unknown>[] = [];
const note: Operation<Record<string, unknown>, object> = {
  handle(input) {
    called.push(input);
    return {};
  },
};
const aLambda = (): Service => ({
  name: 'lambda',
  api: {
    signingName: 'lambda',
    iamPrefix: 'lambda',
    sdk: lambdaSdk,
    Client: lambdaSdk.LambdaClient,
    operations: { Invoke: note },
  },
});
const aStates = (): Service => ({
  name: 'states',
  api: {
    signingName: 'states',
    iamPrefix: 'states',
    sdk: sfnSdk,
    Client: sfnSdk.SFNClient,
    operations: { StartExecution: note },
  },
});

beforeAll(async () => {
  world = await aWorld({
    services: [
      createSqs,
      createEvents,
      aLambda,
      aStates,
      (made) => (service = createScheduler(made, { random: () => 0 })),
    ],
    // A service's minute is a tenth of a second here.
    speed: 600,
    authorize: async (_principal, { action, resource }) => {
      if (action !== 'sqs:SendMessage') return;
      const busy = busyQueues.get(resource) ?? 0;
      busyQueues.set(resource, busy - 1);
      if (busy > 0) throw new ServiceError('ServiceUnavailable', 'busy', 503);
      if (closedQueues.has(resource)) throw new ServiceError('AccessDeniedException', `not authorized: ${action}`, 403);
    },
  });
  world.roles.put(aScheduleRole());
  scheduler = world.operatorClient(SchedulerClient);
  sqs = world.operatorClient(SQSClient);
});
afterAll(() => world.close());

const aQueue = async () => {
  number += 1;
  const name = `queue-${number}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const messages = async (): Promise<Message[]> => {
    const ask = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] });
    return (await sqs.send(ask)).Messages ?? [];
  };
  return { arn: `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:${name}`, messages };
};
const someOf = (queue: { messages: () => Promise<Message[]> }) =>
  eventually(queue.messages, (found) => found.length > 0);
/** What different messages there are in a queue, once there are so many; one that is not deleted comes again and again. */
const bodiesOf = async (queue: { messages: () => Promise<Message[]> }, count: number) => {
  const bodies = new Map<string | undefined, string | undefined>();
  const look = async () => {
    for (const { MessageId, Body } of await queue.messages()) bodies.set(MessageId, Body);
    return bodies.size;
  };
  await eventually(look, (found) => found >= count);
  return [...bodies.values()];
};
const attributesOf = ({ MessageAttributes = {} }: Message) =>
  Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]));

type Wanted = Parameters<typeof aScheduleInput>[0];
/** Makes a schedule with a name of its own. Left alone it is not due before the year 2199. */
const aSchedule = async (wanted: Wanted = {}) => {
  number += 1;
  const input = aScheduleInput({
    Name: `schedule-${number}`,
    ScheduleExpression: 'cron(0 0 1 1 ? 2199)',
    ...wanted,
  });
  const { ScheduleArn: arn = '' } = await scheduler.send(new CreateScheduleCommand(input));
  return { name: input.Name ?? '', arn, input };
};
const create = (input: CreateScheduleCommandInput) => scheduler.send(new CreateScheduleCommand(input));
/** The wall's clock of the account, some minutes from now, as `at(...)` wants it. */
const inMinutes = (minutes: number) => new Date(world.clock.now() + minutes * 60_000).toISOString().slice(0, 19);

describe('a schedule', () => {
  test('calls its target as its role when it is due, once, and is deleted after that when it shall be', async () => {
    const queue = await aQueue();
    const { name } = await aSchedule({
      ScheduleExpression: `at(${inMinutes(2)})`,
      ActionAfterCompletion: 'DELETE',
      Target: { Arn: queue.arn, Input: 'wake up' },
    });
    expect((await someOf(queue)).map(({ Body }) => Body)).toEqual(['wake up']);
    const asked = world.asked.filter(({ permission }) => permission.resource === queue.arn);
    expect(asked.map(({ principal }) => principal)).toContainEqual({ kind: 'role', arn: ROLE_ARN, session: name });
    const isThere = () =>
      scheduler.send(new GetScheduleCommand({ Name: name })).then(
        () => true,
        ({ name: error }: Error) => error !== 'ResourceNotFoundException',
      );
    await eventually(isThere, (there) => !there);
  });

  test('comes again and again by its rate, from the beginning on', async () => {
    const queue = await aQueue();
    const { name } = await aSchedule({
      ScheduleExpression: 'rate(1 minute)',
      Target: { Arn: queue.arn, Input: '<aws.scheduler.scheduled-time>' },
    });
    const times = await bodiesOf(queue, 4);
    // Each due time comes once.
    expect(new Set(times).size).toBe(times.length);
    await scheduler.send(new DeleteScheduleCommand({ Name: name }));
  });

  test('tells its target about itself where the input asks for it', async () => {
    const queue = await aQueue();
    const Input =
      '{"at":"<aws.scheduler.scheduled-time>","by":"<aws.scheduler.schedule-arn>","id":"<aws.scheduler.execution-id>","attempt":<aws.scheduler.attempt-number>,"other":"<aws.scheduler.unknown>"}';
    busyQueues.set(queue.arn, 2);
    const { name, arn } = await aSchedule({ Target: { Arn: queue.arn, Input } });
    expect(await service.invoke(name)).toBe('delivered');
    const [{ Body = '' } = {}] = await someOf(queue);
    expect(JSON.parse(Body)).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      by: arn,
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      attempt: 3,
      other: '<aws.scheduler.unknown>',
    });
  });

  test('without an input sends a notification', async () => {
    const queue = await aQueue();
    const { name, arn } = await aSchedule({ Target: { Arn: queue.arn } });
    await service.invoke(name);
    const [{ Body = '' } = {}] = await someOf(queue);
    expect(JSON.parse(Body)).toEqual({
      version: '0',
      id: expect.any(String),
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account: ACCOUNT_ID,
      time: expect.stringMatching(/Z$/),
      region: 'us-east-1',
      resources: [arn],
      detail: '{}',
    });
  });

  test('invokes a function and starts an execution', async () => {
    const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:sweep`;
    const machineArn = `arn:aws:states:us-east-1:${ACCOUNT_ID}:stateMachine:sweep`;
    for (const Arn of [functionArn, machineArn]) {
      const { name } = await aSchedule({ Target: { Arn, Input: '{"sweep":true}' } });
      expect(await service.invoke(name)).toBe('delivered');
    }
    const [invocation, execution] = called;
    expect(invocation).toMatchObject({ FunctionName: functionArn, InvocationType: 'Event' });
    expect(Buffer.from(invocation?.Payload as Uint8Array).toString()).toBe('{"sweep":true}');
    expect(execution).toMatchObject({ stateMachineArn: machineArn, input: '{"sweep":true}' });
  });

  test('puts an event on a bus', async () => {
    const queue = await aQueue();
    const events = world.operatorClient(EventBridgeClient);
    await events.send(new PutRuleCommand({ Name: 'calendar', EventPattern: '{"source":["autopilot.calendar"]}' }));
    await events.send(new PutTargetsCommand({ Rule: 'calendar', Targets: [{ Id: '1', Arn: queue.arn }] }));
    const { name } = await aSchedule({
      Target: {
        Arn: `arn:aws:events:us-east-1:${ACCOUNT_ID}:event-bus/default`,
        EventBridgeParameters: { Source: 'autopilot.calendar', DetailType: 'Sweep Due' },
        Input: '{"cacheId":"orders"}',
      },
    });
    await service.invoke(name);
    const [{ Body = '' } = {}] = await someOf(queue);
    expect(JSON.parse(Body)).toMatchObject({ 'detail-type': 'Sweep Due', detail: { cacheId: 'orders' } });
  });

  test('can come twice', async () => {
    const queue = await aQueue();
    const once = service.invokeTwice();
    await aSchedule({ ScheduleExpression: `at(${inMinutes(1)})`, Target: { Arn: queue.arn, Input: 'go' } });
    expect(await bodiesOf(queue, 2)).toEqual(['go', 'go']);
    once();
  });
});

describe('a target that does not take it', () => {
  test('is called again until its retries are exhausted; then it is in the dead-letter queue', async () => {
    const [target, dead] = [await aQueue(), await aQueue()];
    busyQueues.set(target.arn, 100);
    const { name, arn } = await aSchedule({
      Target: {
        Arn: target.arn,
        Input: 'attempt <aws.scheduler.attempt-number>',
        DeadLetterConfig: { Arn: dead.arn },
        RetryPolicy: { MaximumRetryAttempts: 2 },
      },
    });
    expect(await service.invoke(name)).toBe('dead-lettered');
    const [message = {}] = await someOf(dead);
    expect(message.Body).toBe('attempt 3');
    expect(attributesOf(message)).toEqual({
      ERROR_CODE: 'ServiceUnavailable',
      ERROR_MESSAGE: 'busy',
      EXECUTION_ID: expect.stringMatching(/^[0-9a-f]{16}$/),
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      IS_PAYLOAD_TRUNCATED: 'false',
      RETRY_ATTEMPTS: '2',
      SCHEDULED_TIME: expect.stringMatching(/Z$/),
      SCHEDULE_ARN: arn,
      TARGET_ARN: target.arn,
    });
  });

  test('is not called again when its event is too old', async () => {
    const [target, dead] = [await aQueue(), await aQueue()];
    busyQueues.set(target.arn, 1000);
    const { name } = await aSchedule({
      Target: {
        Arn: target.arn,
        DeadLetterConfig: { Arn: dead.arn },
        RetryPolicy: { MaximumEventAgeInSeconds: 60 },
      },
    });
    expect(await service.invoke(name)).toBe('dead-lettered');
    const attributes = attributesOf((await someOf(dead))[0] ?? {});
    expect(attributes.EXHAUSTED_RETRY_CONDITION).toBe('MaximumEventAgeInSeconds');
    expect(Number(attributes.RETRY_ATTEMPTS)).toBeLessThan(185);
  });

  test('is not called again without a permission', async () => {
    const [target, dead] = [await aQueue(), await aQueue()];
    closedQueues.add(target.arn);
    const { name } = await aSchedule({ Target: { Arn: target.arn, DeadLetterConfig: { Arn: dead.arn } } });
    expect(await service.invoke(name)).toBe('dead-lettered');
    const attributes = attributesOf((await someOf(dead))[0] ?? {});
    expect(attributes).toMatchObject({ ERROR_CODE: 'AccessDeniedException', RETRY_ATTEMPTS: '0' });
    expect(attributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
  });

  test('is lost without a dead-letter queue, or when that takes nothing either', async () => {
    const [target, dead] = [await aQueue(), await aQueue()];
    closedQueues.add(target.arn).add(dead.arn);
    const without = await aSchedule({ Target: { Arn: target.arn } });
    const withClosed = await aSchedule({ Target: { Arn: target.arn, DeadLetterConfig: { Arn: dead.arn } } });
    expect(await service.invoke(without.name)).toBe('lost');
    expect(await service.invoke(withClosed.name)).toBe('lost');
  });

  test('is counted', async () => {
    const GroupName = await aGroup();
    const [target, dead] = [await aQueue(), await aQueue()];
    closedQueues.add(target.arn);
    const { name } = await aSchedule({
      GroupName,
      Target: { Arn: target.arn, DeadLetterConfig: { Arn: dead.arn } },
    });
    await service.invoke(name);
    const counted = world.metrics
      .list('us-east-1')
      .filter(({ dimensions }) => dimensions.ScheduleGroup === GroupName)
      .map((metric) => metric.name);
    expect(counted.sort()).toEqual([
      'InvocationAttemptCount',
      'InvocationDroppedCount',
      'InvocationsSentToDeadLetterCount',
      'TargetErrorCount',
    ]);
  });
});

/** Makes a group from a template. */
const aGroup = async (): Promise<string> => {
  number += 1;
  const { ref } = await build(service, 'AWS::Scheduler::ScheduleGroup', { Name: `group-${number}` });
  return ref;
};

describe('the role of a schedule', () => {
  const withRole = async (arn: string, Condition: Record<string, unknown>) => {
    world.roles.put(aScheduleRole(arn, Condition));
    return aSchedule({ Target: { RoleArn: arn } });
  };
  const roleNamed = (name: string) => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;
  const sourceArn = (resource: string) => ({
    ArnLike: { 'aws:SourceArn': `arn:aws:scheduler:*:${ACCOUNT_ID}:${resource}` },
  });
  const REFUSED = /^The execution role you provide must allow AWS EventBridge Scheduler to assume the role\./;

  test('can be trusted for this account and for a group of schedules', async () => {
    await withRole(roleNamed('for-account'), { StringEquals: { 'aws:SourceAccount': ACCOUNT_ID } });
    await withRole(roleNamed('for-group'), sourceArn('schedule-group/default'));
  });

  test.each([
    ['trusts another account', { StringEquals: { 'aws:SourceAccount': '444455556666' } }],
    ['trusts another group', sourceArn('schedule-group/other')],
    ['trusts a schedule instead of its group', sourceArn('schedule/default/*')],
  ])('is refused when it %s', async (what, Condition) => {
    await expect(withRole(roleNamed(what.replaceAll(' ', '-')), Condition)).rejects.toThrow(REFUSED);
  });

  test('is refused when there is none', async () => {
    await expect(aSchedule({ Target: { RoleArn: roleNamed('nobody') } })).rejects.toThrow(REFUSED);
  });

  test('has to be one, before IAM is asked whether it may be passed', async () => {
    const refused = await aSchedule({ Target: { RoleArn: 'nobody' } }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'ValidationException', message: expect.stringMatching(/ARN of a role/) });
    expect(world.asked.some(({ permission }) => permission.resource === 'nobody')).toBe(false);
  });

  test('has to trust Scheduler whenever it is needed', async () => {
    const queue = await aQueue();
    const arn = roleNamed('once-trusting');
    world.roles.put(aScheduleRole(arn));
    const { name } = await aSchedule({ Target: { Arn: queue.arn, RoleArn: arn } });
    world.roles.put({ ...aScheduleRole(arn), trust: { Statement: [] } });
    expect(await service.invoke(name)).toBe('lost');
    expect(await queue.messages()).toEqual([]);
  });

  test('has to be passed by whoever makes or changes the schedule', async () => {
    const { input, arn } = await aSchedule();
    await scheduler.send(new UpdateScheduleCommand(input));
    const asked = world.asked.map(({ permission }) => permission);
    const passing = {
      action: 'iam:PassRole',
      resource: ROLE_ARN,
      context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    };
    for (const action of ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule']) {
      const index = asked.findIndex((permission) => permission.action === action && permission.resource === arn);
      expect(asked[index + 1]).toEqual(passing);
    }
  });
});

describe('the API', () => {
  test('shows a schedule with its defaults', async () => {
    const queue = await aQueue();
    const { name, arn } = await aSchedule({ Target: { Arn: queue.arn }, Description: 'sweeps' });
    const { $metadata, ...schedule } = await scheduler.send(new GetScheduleCommand({ Name: name }));
    expect(schedule).toEqual({
      Arn: arn,
      Name: name,
      GroupName: 'default',
      Description: 'sweeps',
      ScheduleExpression: 'cron(0 0 1 1 ? 2199)',
      ScheduleExpressionTimezone: 'UTC',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'NONE',
      Target: {
        Arn: queue.arn,
        RoleArn: ROLE_ARN,
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      },
      CreationDate: expect.any(Date),
      LastModificationDate: expect.any(Date),
    });
  });

  test('changes a schedule as a whole: what is left out returns to its default', async () => {
    const { name, input } = await aSchedule({ Description: 'sweeps', ScheduleExpressionTimezone: 'Europe/Berlin' });
    const { Description, ScheduleExpressionTimezone, ...rest } = input;
    await scheduler.send(new UpdateScheduleCommand({ ...rest, State: 'DISABLED' }));
    const changed = await scheduler.send(new GetScheduleCommand({ Name: name }));
    expect(changed).toMatchObject({ State: 'DISABLED', ScheduleExpressionTimezone: 'UTC' });
    expect(changed.Description).toBeUndefined();
    await expect(service.invoke(name)).rejects.toThrow(/is disabled/);
  });

  test('answers the same request as before, and refuses another one for the same name', async () => {
    const first = aScheduleInput({ Name: 'twice', ClientToken: 'one' });
    const { ScheduleArn } = await create({ ...first, ScheduleExpression: 'cron(0 0 1 1 ? 2199)' });
    expect(await create(first)).toMatchObject({ ScheduleArn });
    await expect(create({ ...first, ClientToken: 'two' })).rejects.toMatchObject({ name: 'ConflictException' });
  });

  test('knows what is not there', async () => {
    const missing = { name: 'ResourceNotFoundException' };
    await expect(scheduler.send(new GetScheduleCommand({ Name: 'missing' }))).rejects.toMatchObject(missing);
    await expect(scheduler.send(new DeleteScheduleCommand({ Name: 'missing' }))).rejects.toMatchObject(missing);
    await expect(scheduler.send(new UpdateScheduleCommand(aScheduleInput({ Name: 'missing' })))).rejects.toMatchObject(
      missing,
    );
    await expect(aSchedule({ GroupName: 'missing' })).rejects.toMatchObject(missing);
    await expect(scheduler.send(new GetScheduleGroupCommand({ Name: 'missing' }))).rejects.toMatchObject(missing);
    await expect(service.invoke('missing')).rejects.toThrow('There is no schedule missing to invoke.');
  });

  test('lists schedules by group, name and state, page by page', async () => {
    const GroupName = await aGroup();
    for (const Name of ['b', 'a-1', 'a-2']) {
      await aSchedule({ Name, GroupName, State: Name === 'b' ? 'DISABLED' : 'ENABLED' });
    }
    const list = async (more: object) => {
      const { Schedules = [], NextToken } = await scheduler.send(new ListSchedulesCommand({ GroupName, ...more }));
      return { names: Schedules.map(({ Name }) => Name), NextToken };
    };
    expect((await list({})).names).toEqual(['a-1', 'a-2', 'b']);
    expect((await list({ NamePrefix: 'a' })).names).toEqual(['a-1', 'a-2']);
    expect((await list({ State: 'DISABLED' })).names).toEqual(['b']);
    const { names, NextToken } = await list({ MaxResults: 2 });
    expect(names).toEqual(['a-1', 'a-2']);
    expect(await list({ MaxResults: 2, NextToken })).toEqual({ names: ['b'], NextToken: undefined });
    await expect(list({ MaxResults: 101 })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(list({ NextToken: 'mine' })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('shows groups, one of which is always there', async () => {
    const name = await aGroup();
    const { ScheduleGroups = [] } = await scheduler.send(new ListScheduleGroupsCommand({}));
    expect(ScheduleGroups.map(({ Name }) => Name)).toEqual(expect.arrayContaining(['default', name]));
    const group = await scheduler.send(new GetScheduleGroupCommand({ Name: name }));
    expect(group).toMatchObject({
      State: 'ACTIVE',
      Arn: `arn:aws:scheduler:us-east-1:${ACCOUNT_ID}:schedule-group/${name}`,
    });
  });
});

describe('a schedule is refused', () => {
  const day = (offset: number) => new Date(world.clock.now() + offset * 86_400_000);
  const bus = `arn:aws:events:us-east-1:${ACCOUNT_ID}:event-bus/default`;
  const machine = `arn:aws:states:us-east-1:${ACCOUNT_ID}:stateMachine:sweep`;
  const recurring = { ScheduleExpression: 'rate(1 day)' };

  test.each<[string, () => Wanted, RegExp]>([
    ['with a wrong expression', () => ({ ScheduleExpression: 'cron(0 9 * * *)' }), /^Invalid Schedule Expression cron/],
    ['in no time zone', () => ({ ScheduleExpressionTimezone: 'Mars/Olympus' }), /no time zone Mars/],
    ['for a time that has passed', () => ({ ScheduleExpression: 'at(2020-01-01T00:00:00)' }), /lies in the past/],
    ['begun long ago', () => ({ ...recurring, StartDate: day(-1) }), /cannot be earlier than 5 minutes ago/],
    ['ended already', () => ({ ...recurring, EndDate: day(-1) }), /EndDate you specify cannot be in the past/],
    ['ended before its beginning', () => ({ ...recurring, StartDate: day(2), EndDate: day(1) }), /before the EndDate/],
    ['with a name of other letters', () => ({ Name: 'a b' }), /Name: is 1 to 64 letters/],
    ['flexible without a window', () => ({ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }), /MaximumWindowInMinutes/],
    [
      'with a window that is off',
      () => ({ FlexibleTimeWindow: { Mode: 'OFF', MaximumWindowInMinutes: 5 } }),
      /MaximumWindowInMinutes/,
    ],
    [
      'with too many retries',
      () => ({ Target: { RetryPolicy: { MaximumRetryAttempts: 186 } } }),
      /MaximumRetryAttempts/,
    ],
    ['with an input that is no JSON', () => ({ Target: { Arn: machine, Input: 'wake up' } }), /not JSON/],
    ['for a bus without a source', () => ({ Target: { Arn: bus } }), /needs EventBridgeParameters/],
    [
      'with dead letters for a topic',
      () => ({ Target: { DeadLetterConfig: { Arn: 'arn:aws:sns:us-east-1:1:t' } } }),
      /dead-letter queue is an SQS queue/,
    ],
  ])('%s', async (_what, wanted, message) => {
    const refused = await aSchedule(wanted()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'ValidationException', message: expect.stringMatching(message) });
  });

  test.each([
    ['a universal target', { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' }],
    ['a target of a service that is not here', { Arn: 'arn:aws:kinesis:us-east-1:111122223333:stream/s' }],
    ['a FIFO queue', { Arn: `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:orders.fifo` }],
  ])('with %s, by name, because the local account has none', async (_what, Target) => {
    const refused = await aSchedule({ Target }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('local account') });
  });
});

describe('a template', () => {
  test('makes schedules, in groups of its own', async () => {
    const GroupName = await aGroup();
    const queue = await aQueue();
    const { Name: _name, ...properties } = aScheduleInput({
      GroupName,
      ScheduleExpression: 'cron(0 3 ? * SUN *)',
      Target: { Arn: queue.arn, Input: 'sweep' },
    });
    const made = await build(service, 'AWS::Scheduler::Schedule', { ...properties, StartDate: '2199-01-01T00:00:00Z' });
    const Arn = `arn:aws:scheduler:us-east-1:${ACCOUNT_ID}:schedule/${GroupName}/S-Made-1`;
    expect(made).toEqual({ ref: 'S-Made-1', attributes: { Arn } });
    expect(await service.invoke('S-Made-1', { group: GroupName })).toBe('delivered');
    await expect(service.invoke('S-Made-1', { group: 'default' })).rejects.toThrow(/no schedule/);
  });

  test.each([
    ['ActionAfterCompletion', { ActionAfterCompletion: 'DELETE' }],
    ['KmsKeyArn', { KmsKeyArn: 'arn:aws:kms:us-east-1:1:key/k' }],
    ['EcsParameters', { Target: { ...aScheduleInput().Target, EcsParameters: { TaskDefinitionArn: 't' } } }],
  ])('is refused by name for %s', async (property, more) => {
    const properties = { ...aScheduleInput(), ...more };
    await expect(build(service, 'AWS::Scheduler::Schedule', properties)).rejects.toThrow(property);
  });
});
