import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { type AWorld, aWorld } from '../../builders/a-world.ts';

let world: AWorld;
let sqs: SQSClient;
let number = 0;
beforeAll(async () => {
  // A service's minute is a twentieth of a second here.
  world = await aWorld({ services: [createSqs], speed: 1200 });
  sqs = world.operatorClient(SQSClient);
});
afterAll(() => world.close());

const aQueue = async (Attributes = {}): Promise<{ url: string; arn: string }> => {
  number += 1;
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `queue-${number}`, Attributes }));
  const asked = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
  return { url, arn: asked.Attributes?.QueueArn ?? '' };
};
const send = (QueueUrl: string, MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (QueueUrl: string, more = {}) => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      ...more,
    }),
  );
  return Messages;
};
const countOf = async (QueueUrl: string) => {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return Number(Attributes?.ApproximateNumberOfMessages);
};

describe('a queue', () => {
  test('hands a message over once while it is hidden, and again afterwards', async () => {
    const { url } = await aQueue();
    await send(url, 'hello');
    const [first] = await receive(url);
    expect(first).toMatchObject({ Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } });
    expect(await receive(url)).toEqual([]);
    const [again] = await receive(url, { WaitTimeSeconds: 20 }).then(async (found) =>
      found.length > 0 ? found : receive(url, { WaitTimeSeconds: 20 }),
    );
    expect(again).toMatchObject({ MessageId: first?.MessageId, Attributes: { ApproximateReceiveCount: '2' } });
  });

  test('forgets a message that was deleted, also when it is deleted twice', async () => {
    const { url } = await aQueue({ VisibilityTimeout: '0' });
    await send(url, 'hello');
    const [{ ReceiptHandle } = {}] = await receive(url);
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    expect(await receive(url)).toEqual([]);
  });

  test('hides a new message for its delay', async () => {
    const { url } = await aQueue({ DelaySeconds: '900' });
    await send(url, 'later');
    expect(await receive(url)).toEqual([]);
  });

  test('forgets what is older than its retention', async () => {
    const { url } = await aQueue({ MessageRetentionPeriod: '60' });
    await send(url, 'old');
    await world.clock.sleep(61_000);
    expect(await countOf(url)).toBe(0);
  });

  test('waits for a message when it is asked to', async () => {
    const { url } = await aQueue();
    const waiting = receive(url, { WaitTimeSeconds: 20 });
    await send(url, 'there');
    expect((await waiting).map(({ Body }) => Body)).toEqual(['there']);
  });

  test('gives a message to its dead-letter queue after so many receipts, with its attributes', async () => {
    const dead = await aQueue();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    const { url } = await aQueue({ RedrivePolicy, VisibilityTimeout: '0' });
    const MessageAttributes = { reason: { DataType: 'String', StringValue: 'test' } };
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'poison', MessageAttributes }));
    expect(await receive(url)).toHaveLength(1);
    expect(await receive(url)).toHaveLength(1);
    expect(await receive(url)).toEqual([]);
    expect(await receive(dead.url)).toMatchObject([{ Body: 'poison', MessageAttributes }]);
  });

  test('answers a batch entry by entry', async () => {
    const { url } = await aQueue();
    const Entries = [
      { Id: 'good', MessageBody: 'one' },
      { Id: 'bad', MessageBody: '\u0000' },
    ];
    const { Successful, Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    expect(Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true }]);
  });

  test('asks IAM about the queue, with the queue’s own policy', async () => {
    const { url, arn } = await aQueue();
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy } }));
    await send(url, 'hello');
    expect(world.asked.at(-1)?.permission).toMatchObject({
      action: 'sqs:SendMessage',
      resource: arn,
      resourcePolicy: { Statement: [] },
    });
  });
});

describe('a queue refuses', () => {
  test('to be made again otherwise', async () => {
    await sqs.send(new CreateQueueCommand({ QueueName: 'twice' }));
    await sqs.send(new CreateQueueCommand({ QueueName: 'twice' }));
    const otherwise = sqs.send(new CreateQueueCommand({ QueueName: 'twice', Attributes: { DelaySeconds: '5' } }));
    await expect(otherwise).rejects.toMatchObject({ name: 'QueueNameExists' });
  });

  test('a dead-letter queue that is not there', async () => {
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:111122223333:nobody',
      maxReceiveCount: 2,
    });
    await expect(aQueue({ RedrivePolicy })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  test.each([
    [
      'a message that is too large',
      () => aQueue({ MaximumMessageSize: '1024' }).then(({ url }) => send(url, 'x'.repeat(1025))),
      'InvalidParameterValue',
    ],
    ['an attribute that there is not', () => aQueue({ Colour: 'red' }), 'InvalidAttributeName'],
    ['a value out of range', () => aQueue({ VisibilityTimeout: '43201' }), 'InvalidAttributeValue'],
    [
      'to be first in, first out',
      () => sqs.send(new CreateQueueCommand({ QueueName: 'a.fifo' })),
      'InvalidParameterValue',
    ],
    ['a queue that there is not', () => send(`${world.endpoint}/111122223333/nobody`, 'x'), 'QueueDoesNotExist'],
    [
      'more than ten messages at once',
      () => aQueue().then(({ url }) => receive(url, { MaxNumberOfMessages: 11 })),
      'InvalidParameterValue',
    ],
    [
      'a handle that it never gave',
      () => aQueue().then(({ url }) => sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: 'mine' }))),
      'ReceiptHandleIsInvalid',
    ],
  ])('%s', async (_what, attempt, name) => {
    await expect(attempt()).rejects.toMatchObject({ name });
  });

  test('to hide a message that is in nobody’s hands', async () => {
    const { url } = await aQueue({ VisibilityTimeout: '0' });
    await send(url, 'hello');
    const [{ ReceiptHandle } = {}] = await receive(url);
    const hide = sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 60 }));
    await expect(hide).rejects.toMatchObject({ name: 'MessageNotInflight' });
  });
});
