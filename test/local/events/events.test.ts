import {
  DeleteRuleCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type Target,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Principal, ServiceError } from '../../../local/service.ts';
import { createEvents, type EventsService } from '../../../local/services/events/events.ts';
import { createSns } from '../../../local/services/sns/sns.ts';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { build } from '../../builders/a-template-resource.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';

let world: AWorld;
let events: EventBridgeClient;
let sqs: SQSClient;
let service: EventsService;
let number = 0;
const closedQueues = new Set<string>();
/** Queues that take nothing until they were asked seven times, and when they were asked. */
const busyQueues = new Map<string, number[]>();
beforeAll(async () => {
  world = await aWorld({
    services: [createSqs, createSns, (made) => (service = createEvents(made))],
    // A service's minute is a tenth of a second here.
    speed: 600,
    authorize: async (_principal, { action, resource }) => {
      const attempts = action === 'sqs:SendMessage' ? busyQueues.get(resource) : undefined;
      attempts?.push(world.clock.now());
      if (attempts && attempts.length < 7) throw new ServiceError('ServiceUnavailable', 'busy', 503);
      if (closedQueues.has(resource)) throw new ServiceError('AccessDeniedException', `not authorized: ${action}`, 403);
    },
  });
  events = world.operatorClient(EventBridgeClient);
  sqs = world.operatorClient(SQSClient);
});
afterAll(() => world.close());

const sqsArn = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:${name}`;
const aQueue = async () => {
  number += 1;
  const name = `queue-${number}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const messages = async (): Promise<Message[]> => {
    const ask = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] });
    return (await sqs.send(ask)).Messages ?? [];
  };
  return { arn: sqsArn(name), messages };
};
const putTargets = (Rule: string, ...Targets: Partial<Target>[]) =>
  events.send(
    new PutTargetsCommand({ Rule, Targets: Targets.map((target, index) => ({ Id: `${index}`, ...target }) as Target) }),
  );
/** A rule for a source of its own, which is also its name. */
const aRule = async (target?: Partial<Target>): Promise<{ source: string; arn: string }> => {
  number += 1;
  const source = `source-${number}`;
  const EventPattern = JSON.stringify({ source: [source] });
  const { RuleArn: arn = '' } = await events.send(new PutRuleCommand({ Name: source, EventPattern }));
  if (target) await putTargets(source, target);
  return { source, arn };
};
const anEntry = (Source: string, more: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
  Source,
  DetailType: 'Something Happened',
  Detail: '{"cacheId":"orders"}',
  ...more,
});
const publish = (...Entries: PutEventsRequestEntry[]) => events.send(new PutEventsCommand({ Entries }));
const someOf = (queue: { messages: () => Promise<Message[]> }) =>
  eventually(queue.messages, (found) => found.length > 0);
const attributesOf = ({ MessageAttributes = {} }: Message) =>
  Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]));
const askedFor = (resource: string) =>
  world.asked.filter(({ permission }) => permission.resource === resource).map(({ principal }) => principal);

describe('an event', () => {
  test('reaches the targets of the rules that it fits, and of no others', async () => {
    const [wanted, unwanted] = [await aQueue(), await aQueue()];
    const { source } = await aRule({ Arn: wanted.arn });
    await aRule({ Arn: unwanted.arn });
    const { Entries, FailedEntryCount } = await publish(anEntry(source, { Resources: ['arn:one'] }));
    expect(FailedEntryCount).toBe(0);
    const [{ Body = '' } = {}] = await someOf(wanted);
    expect(JSON.parse(Body)).toEqual({
      version: '0',
      id: Entries?.[0]?.EventId,
      'detail-type': 'Something Happened',
      source,
      account: ACCOUNT_ID,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'us-east-1',
      resources: ['arn:one'],
      detail: { cacheId: 'orders' },
    });
    expect(await unwanted.messages()).toEqual([]);
  });

  test('is replaced by the input of a target', async () => {
    const queue = await aQueue();
    const { source } = await aRule({ Arn: queue.arn, Input: '{"always":"this"}' });
    await publish(anEntry(source));
    expect((await someOf(queue))[0]?.Body).toBe('{"always":"this"}');
  });

  test('passes by a rule that is disabled', async () => {
    const [off, on] = [await aQueue(), await aQueue()];
    const { source } = await aRule({ Arn: off.arn });
    const EventPattern = JSON.stringify({ source: [source] });
    await events.send(new PutRuleCommand({ Name: source, EventPattern, State: 'DISABLED' }));
    await events.send(new PutRuleCommand({ Name: `${source}-on`, EventPattern }));
    await putTargets(`${source}-on`, { Arn: on.arn });
    await publish(anEntry(source));
    await someOf(on);
    expect(await off.messages()).toEqual([]);
  });

  test('is delivered twice when told to', async () => {
    const queue = await aQueue();
    const { source } = await aRule({ Arn: queue.arn });
    const stop = service.deliverTwice();
    await publish(anEntry(source));
    stop();
    const found: Message[] = [];
    await eventually(
      async () => found.push(...(await queue.messages())),
      () => new Set(found.map(({ MessageId }) => MessageId)).size >= 2,
    );
    expect(new Set(found.map(({ Body }) => Body)).size).toBe(1);
  });

  test('is lost, with success, on a bus that there is not', async () => {
    const { FailedEntryCount, Entries } = await publish(anEntry('nobody', { EventBusName: 'nobody' }));
    expect({ FailedEntryCount, id: Entries?.[0]?.EventId }).toEqual({ FailedEntryCount: 0, id: expect.any(String) });
  });
});

describe('PutEvents', () => {
  test('tells for each entry what is wrong with it, and takes the others', async () => {
    const queue = await aQueue();
    const { source } = await aRule({ Arn: queue.arn });
    const { FailedEntryCount, Entries = [] } = await publish(
      anEntry(source, { Detail: 'no JSON' }),
      anEntry(source, { Detail: '"text"' }),
      anEntry(source, { Detail: '[]' }),
      anEntry(source, { Detail: undefined }),
      anEntry(source, { DetailType: '' }),
      anEntry('aws.elasticache'),
      anEntry(source),
    );
    expect(FailedEntryCount).toBe(6);
    expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'MalformedDetail',
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
      'InvalidArgument',
      'NotAuthorizedForSourceException',
      undefined,
    ]);
    const [{ Body = '' } = {}] = await someOf(queue);
    expect(JSON.parse(Body).id).toBe(Entries[6]?.EventId);
  });

  test('takes events of AWS from AWS only, without asking IAM', async () => {
    const elasticache: Principal = { kind: 'service', service: 'elasticache.amazonaws.com', context: {} };
    const before = world.asked.length;
    const { FailedEntryCount } = await world
      .client(EventBridgeClient, elasticache, 'us-east-1')
      .send(new PutEventsCommand({ Entries: [anEntry('aws.elasticache')] }));
    expect({ FailedEntryCount, asked: world.asked.length - before }).toEqual({ FailedEntryCount: 0, asked: 0 });
  });

  test('asks IAM about the bus, with the source and the kind of each event', async () => {
    await publish(anEntry('asked'));
    expect(world.asked.at(-1)?.permission).toEqual({
      action: 'events:PutEvents',
      resource: `arn:aws:events:us-east-1:${ACCOUNT_ID}:event-bus/default`,
      context: { 'events:source': ['asked'], 'events:detail-type': 'Something Happened' },
    });
  });

  test.each([
    ['no entries', () => publish()],
    ['eleven entries', () => publish(...Array<PutEventsRequestEntry>(11).fill(anEntry('many')))],
    ['more than a megabyte', () => publish(anEntry('big', { Detail: JSON.stringify({ x: 'x'.repeat(1_048_576) }) }))],
  ])('refuses %s', async (_what, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('a target that fails', () => {
  const unavailable = (times?: number) =>
    world.faults.add({
      service: 'sqs',
      operation: 'SendMessage',
      ...(times ? { times } : {}),
      error: { code: 'ServiceUnavailable', status: 503 },
    });

  test('is tried again, each time after a longer wait', async () => {
    const queue = await aQueue();
    const { source } = await aRule({ Arn: queue.arn });
    const attempts: number[] = [];
    busyQueues.set(queue.arn, attempts);
    await publish(anEntry(source));
    expect(await someOf(queue)).toHaveLength(1);
    const waits = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(waits.map((ms, index) => ms >= 1000 * 2 ** index)).toEqual(Array(6).fill(true));
  });

  test('gives the event to the dead-letter queue when its attempts are used up, with six attributes', async () => {
    const [queue, dead] = [await aQueue(), await aQueue()];
    const { source, arn } = await aRule({
      Arn: queue.arn,
      DeadLetterConfig: { Arn: dead.arn },
      RetryPolicy: { MaximumRetryAttempts: 2 },
    });
    // The third failure is the last; the fault is used up when the dead letter is sent.
    unavailable(3);
    await publish(anEntry(source));
    const [letter = {}] = await someOf(dead);
    expect(attributesOf(letter)).toEqual({
      RULE_ARN: arn,
      TARGET_ARN: queue.arn,
      ERROR_CODE: 'ERROR_FROM_TARGET',
      ERROR_MESSAGE: expect.any(String),
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      RETRY_ATTEMPTS: '2',
    });
    expect(JSON.parse(letter.Body ?? '{}')).toMatchObject({ source, detail: { cacheId: 'orders' } });
    expect(await queue.messages()).toEqual([]);
  });

  test('gives up an event that is too old', async () => {
    const dead = await aQueue();
    const { TopicArn: Arn } = await world.operatorClient(SNSClient).send(new CreateTopicCommand({ Name: 'slow' }));
    const { source } = await aRule({
      Arn,
      DeadLetterConfig: { Arn: dead.arn },
      RetryPolicy: { MaximumEventAgeInSeconds: 60 },
    });
    const began = world.clock.now();
    const error = { code: 'InternalError', status: 500 };
    const stop = world.faults.add({ service: 'sns', operation: 'Publish', error });
    await publish(anEntry(source));
    const letters = await someOf(dead);
    stop();
    expect(letters.map(attributesOf)).toMatchObject([{ EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds' }]);
    expect(world.clock.now() - began).toBeGreaterThan(60_000);
  });

  test('is not tried again where that is of no use', async () => {
    const [closed, dead] = [await aQueue(), await aQueue()];
    closedQueues.add(closed.arn);
    const DeadLetterConfig = { Arn: dead.arn };
    const refused = await aRule({ Arn: closed.arn, DeadLetterConfig });
    const missing = await aRule({ Arn: sqsArn('nobody'), DeadLetterConfig });
    const untrusting = await aRule({ Arn: closed.arn, DeadLetterConfig, RoleArn: 'arn:aws:iam::1:role/nobody' });
    await publish(...[refused, missing, untrusting].map(({ source }) => anEntry(source)));
    const letters: Record<string, string | undefined>[] = [];
    await eventually(
      async () => letters.push(...(await dead.messages()).map(attributesOf)),
      () => new Set(letters.map(({ RULE_ARN }) => RULE_ARN)).size >= 3,
    );
    const codeOf = ({ arn }: { arn: string }) => letters.find(({ RULE_ARN }) => RULE_ARN === arn)?.ERROR_CODE;
    expect([refused, missing, untrusting].map(codeOf)).toEqual([
      'NO_PERMISSIONS',
      'NO_RESOURCE',
      'FAILED_TO_ASSUME_ROLE',
    ]);
    for (const letter of letters) {
      expect(letter.RETRY_ATTEMPTS).toBe('0');
      expect(letter.EXHAUSTED_RETRY_CONDITION).toBeUndefined();
    }
  });
});

describe('a target is called', () => {
  test('by EventBridge itself, for this rule, so that the target’s own policy decides', async () => {
    const queue = await aQueue();
    const { source, arn } = await aRule({ Arn: queue.arn });
    await publish(anEntry(source));
    await someOf(queue);
    const context = { 'aws:SourceArn': arn, 'aws:SourceAccount': ACCOUNT_ID };
    expect(askedFor(queue.arn)).toContainEqual({ kind: 'service', service: 'events.amazonaws.com', context });
  });

  test('by its role where it has one, if the role trusts EventBridge for this rule', async () => {
    const queue = await aQueue();
    const RoleArn = `arn:aws:iam::${ACCOUNT_ID}:role/targets`;
    const { source, arn } = await aRule({ Arn: queue.arn, RoleArn });
    const Condition = { ArnEquals: { 'aws:SourceArn': arn } };
    const trusting = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'events.amazonaws.com' } };
    world.roles.put({
      arn: RoleArn,
      name: 'targets',
      trust: { Statement: [{ ...trusting, Condition }] },
      policies: new Map(),
    });
    await publish(anEntry(source));
    await someOf(queue);
    expect(askedFor(queue.arn)).toContainEqual({ kind: 'role', arn: RoleArn, session: source });
  });
});

describe('a rule', () => {
  test('keeps its targets when it is put again, and each target under its id', async () => {
    const { source, arn } = await aRule({ Arn: sqsArn('one') });
    await putTargets(
      source,
      { Arn: sqsArn('two') },
      { Arn: sqsArn('three'), DeadLetterConfig: { Arn: sqsArn('dead') } },
    );
    await events.send(new PutRuleCommand({ Name: source, EventPattern: '{"source":["x"]}', Description: 'changed' }));
    expect(await events.send(new DescribeRuleCommand({ Name: source }))).toMatchObject({
      Arn: arn,
      EventPattern: '{"source":["x"]}',
      Description: 'changed',
      State: 'ENABLED',
    });
    const { Targets } = await events.send(new ListTargetsByRuleCommand({ Rule: source }));
    expect(Targets).toEqual([
      { Id: '0', Arn: sqsArn('two') },
      { Id: '1', Arn: sqsArn('three'), DeadLetterConfig: { Arn: sqsArn('dead') } },
    ]);
    const { Rules } = await events.send(new ListRulesCommand({ NamePrefix: source }));
    expect(Rules?.map(({ Name }) => Name)).toEqual([source]);
  });

  test('can be deleted once it has no targets', async () => {
    const { source: Name } = await aRule({ Arn: sqsArn('one') });
    await expect(events.send(new DeleteRuleCommand({ Name }))).rejects.toMatchObject({ name: 'ValidationException' });
    await events.send(new RemoveTargetsCommand({ Rule: Name, Ids: ['0'] }));
    await events.send(new DeleteRuleCommand({ Name }));
    const asked = events.send(new DescribeRuleCommand({ Name }));
    await expect(asked).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('of a template works on a bus of a template', async () => {
    const queue = await aQueue();
    const bus = await build(service, 'AWS::Events::EventBus', { Name: 'autopilot' });
    const rule = { EventBusName: 'autopilot', EventPattern: { source: ['own'] } };
    expect(await build(service, 'AWS::Events::Rule', { ...rule, Targets: [{ Id: '0', Arn: queue.arn }] })).toEqual({
      ref: 'autopilot|S-Made-1',
      attributes: { Arn: `arn:aws:events:us-east-1:${ACCOUNT_ID}:rule/autopilot/S-Made-1` },
    });
    expect(await events.send(new DescribeEventBusCommand({ Name: 'autopilot' }))).toMatchObject(bus?.attributes ?? {});
    await publish(anEntry('own', { EventBusName: 'autopilot' }), anEntry('own'));
    expect(await someOf(queue)).toHaveLength(1);
    const scheduled = build(service, 'AWS::Events::Rule', { ...rule, ScheduleExpression: 'rate(1 day)' });
    await expect(scheduled).rejects.toThrow('ScheduleExpression');
  });
});

test('a pattern can be tried', async () => {
  const attempt = async (EventPattern: string) =>
    (await events.send(new TestEventPatternCommand({ EventPattern, Event: '{"source":"a"}' }))).Result;
  expect(await attempt('{"source":["a"]}')).toBe(true);
  expect(await attempt('{"source":["b"]}')).toBe(false);
  await expect(attempt('{"source":"a"}')).rejects.toMatchObject({ name: 'InvalidEventPatternException' });
});

describe('EventBridge refuses', () => {
  const target = (more: Partial<Target>) => async () => aRule({ Arn: sqsArn('one'), ...more });
  test.each([
    ['a rule with a wrong pattern', () => put({ EventPattern: '{"source":"a"}' }), 'InvalidEventPatternException'],
    ['a rule on a bus that there is not', () => put({ EventBusName: 'nobody' }), 'ResourceNotFoundException'],
    ['a schedule', () => put({ ScheduleExpression: 'rate(1 day)' }), 'ValidationException'],
    [
      'targets of a rule that there is not',
      () => putTargets('nobody', { Arn: sqsArn('one') }),
      'ResourceNotFoundException',
    ],
    [
      'a sixth target',
      async () => putTargets((await aRule()).source, ...Array(6).fill({ Arn: sqsArn('one') })),
      'LimitExceededException',
    ],
    ['186 attempts', target({ RetryPolicy: { MaximumRetryAttempts: 186 } }), 'ValidationException'],
    ['an age under a minute', target({ RetryPolicy: { MaximumEventAgeInSeconds: 59 } }), 'ValidationException'],
    ['what it does not emulate', target({ InputPath: '$.detail' }), 'ValidationException'],
  ])('%s', async (_what, attempt, name) => {
    await expect(attempt()).rejects.toMatchObject({ name });
  });

  function put(more: object) {
    return events.send(new PutRuleCommand({ Name: 'refused', EventPattern: '{"source":["a"]}', ...more }));
  }
});
