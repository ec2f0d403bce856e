import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { type MessageAttributeValue, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Principal, World } from './service.ts';

export interface Delivery {
  /** What is to receive it: a function, a queue, a state machine, a topic, a bus. */
  readonly to: string;
  readonly as: Principal;
  /** JSON text. */
  readonly payload: string;
  /** For queues only. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The URL of a queue of this account, from its ARN. */
export const queueUrl = (world: Pick<World, 'endpoint'>, arn: string): string => {
  const [, , , , accountId, name] = arn.split(':');
  return `${world.endpoint}/${accountId}/${name}`;
};

/**
 * Hands something to whatever an ARN names, over the wire as `as`: the receiver's policies decide. It is the one place
 * that knows which call that is.
 *
 * @throws the SDK's error of the call; Error for an ARN that nothing here receives
 */
export const deliver = async (world: World, { to, as, payload, attributes = {} }: Delivery): Promise<void> => {
  const [, , service, region = ''] = to.split(':');
  switch (service) {
    case 'lambda':
      await world
        .client(LambdaClient, as, region)
        .send(new InvokeCommand({ FunctionName: to, InvocationType: 'Event', Payload: payload }));
      return;
    case 'sqs': {
      const MessageAttributes: Record<string, MessageAttributeValue> = Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      );
      const QueueUrl = queueUrl(world, to);
      await world
        .client(SQSClient, as, region)
        .send(new SendMessageCommand({ QueueUrl, MessageBody: payload, MessageAttributes }));
      return;
    }
    case 'states':
      await world
        .client(SFNClient, as, region)
        .send(new StartExecutionCommand({ stateMachineArn: to, input: payload }));
      return;
    case 'sns':
      await world.client(SNSClient, as, region).send(new PublishCommand({ TopicArn: to, Message: payload }));
      return;
    case 'events': {
      const event = JSON.parse(payload) as { source: string; 'detail-type': string; detail: unknown };
      const { FailedEntryCount = 0 } = await world.client(EventBridgeClient, as, region).send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: to,
              Source: event.source,
              DetailType: event['detail-type'],
              Detail: JSON.stringify(event.detail),
            },
          ],
        }),
      );
      if (FailedEntryCount > 0) throw new Error(`${to} did not take the event`);
      return;
    }
    default:
      throw new Error(`Nothing in the local account receives what is sent to ${to}`);
  }
};
