import {
  CreateTopicCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Principal, ServiceError } from '../../../local/service.ts';
import { lambdaEvent } from '../../../local/services/sns/notification.ts';
import { createSns, type SnsService } from '../../../local/services/sns/sns.ts';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';

let world: AWorld;
let sns: SNSClient;
let sqs: SQSClient;
let service: SnsService;
const closedQueues = new Set<string>();
beforeAll(async () => {
  world = await aWorld({
    services: [createSqs, (made) => (service = createSns(made))],
    speed: 600,
    authorize: async (principal, { action, resource }) => {
      const denied = principal.kind === 'service' && action === 'sqs:SendMessage' && closedQueues.has(resource);
      if (denied || resource.endsWith(':closed'))
        throw new ServiceError('AccessDeniedException', `not authorized: ${action}`, 403);
    },
  });
  sns = world.operatorClient(SNSClient);
  sqs = world.operatorClient(SQSClient);
});
afterAll(() => world.close());

let number = 0;
const aQueue = async () => {
  number += 1;
  const QueueName = `queue-${number}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const bodies = async (): Promise<string[]> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 }),
    );
    return Messages.map(({ Body = '' }) => Body);
  };
  return { arn: `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:${QueueName}`, bodies };
};
const aTopic = async (): Promise<string> => {
  number += 1;
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: `topic-${number}` }));
  return TopicArn;
};
const subscribe = (TopicArn: string, Endpoint: string, Attributes = {}, Protocol = 'sqs') =>
  sns.send(new SubscribeCommand({ TopicArn, Endpoint, Protocol, Attributes }));
const publish = (TopicArn: string, Message: string) =>
  sns.send(new PublishCommand({ TopicArn, Message, Subject: 'News' }));
const someOf = (bodies: () => Promise<string[]>) => eventually(bodies, (found) => found.length > 0);

describe('a topic', () => {
  test('sends what is published to each subscriber, in its envelope or raw', async () => {
    const [topic, wrapped, raw] = await Promise.all([aTopic(), aQueue(), aQueue()]);
    await subscribe(topic, wrapped.arn);
    await subscribe(topic, raw.arn, { RawMessageDelivery: 'true' });
    await publish(topic, 'hello');
    const [envelope = '{}'] = await someOf(wrapped.bodies);
    expect(JSON.parse(envelope)).toMatchObject({
      Type: 'Notification',
      TopicArn: topic,
      Subject: 'News',
      Message: 'hello',
    });
    expect(await someOf(raw.bodies)).toEqual(['hello']);
  });

  test('delivers as SNS itself, for this topic, so that the queue’s policy decides', async () => {
    const [topic, queue] = await Promise.all([aTopic(), aQueue()]);
    await subscribe(topic, queue.arn);
    await publish(topic, 'hello');
    await someOf(queue.bodies);
    const sends = world.asked.filter(
      ({ permission }) => permission.resource === queue.arn && permission.action === 'sqs:SendMessage',
    );
    const principal: Principal = {
      kind: 'service',
      service: 'sns.amazonaws.com',
      context: { 'aws:SourceArn': topic, 'aws:SourceAccount': ACCOUNT_ID },
    };
    expect(sends.map((each) => each.principal)).toEqual([principal]);
  });

  test('gives what a subscriber may not take to the dead-letter queue at once', async () => {
    const [topic, closed, dead] = await Promise.all([aTopic(), aQueue(), aQueue()]);
    closedQueues.add(closed.arn);
    await subscribe(topic, closed.arn, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) });
    await publish(topic, 'hello');
    const [body = '{}'] = await someOf(dead.bodies);
    expect(JSON.parse(body)).toMatchObject({ Message: 'hello' });
  });

  test('tries again what a subscriber failed to take', async () => {
    const [topic, queue] = await Promise.all([aTopic(), aQueue()]);
    await subscribe(topic, queue.arn, { RawMessageDelivery: 'true' });
    world.faults.add({
      service: 'sqs',
      operation: 'SendMessage',
      times: 5,
      error: { code: 'ServiceUnavailable', status: 503 },
    });
    await publish(topic, 'patience');
    expect(await someOf(queue.bodies)).toEqual(['patience']);
  });

  test('delivers twice when told to', async () => {
    const [topic, queue] = await Promise.all([aTopic(), aQueue()]);
    await subscribe(topic, queue.arn, { RawMessageDelivery: 'true' });
    const stop = service.deliverTwice();
    await publish(topic, 'again');
    stop();
    const found: string[] = [];
    await eventually(
      async () => found.push(...(await queue.bodies())),
      (count) => count >= 2,
    );
    expect(found).toEqual(['again', 'again']);
  });

  test('is one subscription, however often the same queue subscribes', async () => {
    const [topic, queue] = await Promise.all([aTopic(), aQueue()]);
    const first = await subscribe(topic, queue.arn);
    expect((await subscribe(topic, queue.arn)).SubscriptionArn).toBe(first.SubscriptionArn);
  });

  test('waits for an address to be confirmed, which nobody does here', async () => {
    const topic = await aTopic();
    await subscribe(topic, 'me@example.com', {}, 'email');
    await publish(topic, 'hello');
    const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }));
    expect(Subscriptions).toMatchObject([{ SubscriptionArn: 'PendingConfirmation', Endpoint: 'me@example.com' }]);
  });

  test('with a key of KMS takes nothing from a service', async () => {
    const topic = await aTopic();
    await sns.send(
      new SetTopicAttributesCommand({
        TopicArn: topic,
        AttributeName: 'KmsMasterKeyId',
        AttributeValue: 'alias/aws/sns',
      }),
    );
    const elasticache: Principal = {
      kind: 'service',
      service: 'elasticache.amazonaws.com',
      context: { 'aws:SourceOwner': ACCOUNT_ID },
    };
    const asService = world.client(SNSClient, elasticache, 'us-east-1');
    const attempt = asService.send(new PublishCommand({ TopicArn: topic, Message: 'x' }));
    await expect(attempt).rejects.toMatchObject({ name: 'KMSAccessDeniedException' });
  });
});

describe('SNS refuses', () => {
  test.each([
    ['a topic that there is not', () => publish('arn:aws:sns:us-east-1:111122223333:nobody', 'x'), 'NotFoundException'],
    ['an empty message', async () => publish(await aTopic(), ''), 'InvalidParameterException'],
    ['a message over 256 KiB', async () => publish(await aTopic(), 'x'.repeat(262_145)), 'InvalidParameterException'],
    ['a telephone', async () => subscribe(await aTopic(), '+4912345', {}, 'sms'), 'InvalidParameterException'],
    [
      'a filter policy',
      async () => subscribe(await aTopic(), (await aQueue()).arn, { FilterPolicy: '{}' }),
      'InvalidParameterException',
    ],
    [
      'whom IAM refuses, by SNS’s own name for it',
      () => publish('arn:aws:sns:us-east-1:111122223333:closed', 'x'),
      'AuthorizationErrorException',
    ],
  ])('%s', async (_what, attempt, name) => {
    await expect(attempt()).rejects.toMatchObject({ name });
  });
});

test('a function gets records, with a null for a subject that there is not', () => {
  const notification = {
    id: '1',
    topicArn: 'topic',
    subject: undefined,
    message: 'hello',
    attributes: {},
    time: '2026-11-20T03:20:11.000Z',
  };
  const subscription = {
    arn: 'topic:1',
    topicArn: 'topic',
    region: 'us-east-1',
    protocol: 'lambda',
    endpoint: 'fn',
    raw: false,
    deadLetterArn: undefined,
  } as const;
  expect(JSON.parse(lambdaEvent(notification, subscription)).Records).toMatchObject([
    {
      EventSource: 'aws:sns',
      EventSubscriptionArn: 'topic:1',
      Sns: { Message: 'hello', Subject: null, MessageAttributes: {} },
    },
  ]);
});
