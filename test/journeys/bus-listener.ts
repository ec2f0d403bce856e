import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventually } from '../builders/eventually.ts';
import type { JourneyAccount } from './an-account.ts';
import { HOME_REGION } from './an-account.ts';

export interface BusEvent {
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Listens to the autopilot's bus as any team could: a rule of their own, with a queue of their own. */
export const listenToBus = async (account: JourneyAccount): Promise<{ heard: () => Promise<readonly BusEvent[]> }> => {
  const name = 'journey-listener';
  const { accountId } = account.world;
  const queueArn = `arn:aws:sqs:${HOME_REGION}:${accountId}:${name}`;
  const ruleArn = `arn:aws:events:${HOME_REGION}:${accountId}:rule/autopilot/${name}`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
      },
    ],
  });
  const sqs = account.as(SQSClient);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { Policy } }));
  const events = account.as(EventBridgeClient);
  const EventPattern = JSON.stringify({ source: ['autopilot'] });
  await events.send(new PutRuleCommand({ Name: name, EventBusName: 'autopilot', EventPattern }));
  const Targets = [{ Id: 'queue', Arn: queueArn }];
  await events.send(new PutTargetsCommand({ Rule: name, EventBusName: 'autopilot', Targets }));

  const all: BusEvent[] = [];
  return {
    async heard() {
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) return all;
        for (const { Body = '{}', ReceiptHandle } of Messages) {
          all.push(JSON.parse(Body));
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
  };
};

/** What the bus was told of one kind about an operation, as soon as it was told: once, or more often. */
export const toldAbout = async (
  bus: { readonly heard: () => Promise<readonly BusEvent[]> },
  detailType: string,
  operationId: string,
): Promise<readonly BusEvent['detail'][]> => {
  const isIt = (event: BusEvent) => event['detail-type'] === detailType && event.detail.operationId === operationId;
  const heard = await eventually(
    () => bus.heard(),
    (events) => events.some(isIt),
  );
  return heard.filter(isIt).map(({ detail }) => detail);
};
