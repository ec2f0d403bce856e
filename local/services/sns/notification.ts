import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import type { Subscription } from './subscriptions.ts';

/** What was published, with what SNS adds to it. */
export interface Notification {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** ISO 8601. */
  readonly time: string;
}

const attributesOf = ({ attributes }: Notification) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType = 'String', StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64') },
    ]),
  );

/** The local account has no signing key of Amazon's: who checks signatures has to find them wrong. */
const UNSIGNED = { SignatureVersion: '1', Signature: 'EXAMPLE' } as const;
const CERTIFICATE = 'https://sns.example.invalid/SimpleNotificationService.pem';
const unsubscribeUrl = ({ arn }: Subscription) =>
  `https://sns.example.invalid/?Action=Unsubscribe&SubscriptionArn=${encodeURIComponent(arn)}`;

/** The event that a function is called with (Lambda guide, "Using Lambda with Amazon SNS"). */
export const lambdaEvent = (notification: Notification, subscription: Subscription): string =>
  JSON.stringify({
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: subscription.arn,
        EventSource: 'aws:sns',
        Sns: {
          ...UNSIGNED,
          Timestamp: notification.time,
          SigningCertUrl: CERTIFICATE,
          MessageId: notification.id,
          Message: notification.message,
          MessageAttributes: attributesOf(notification),
          Type: 'Notification',
          UnsubscribeUrl: unsubscribeUrl(subscription),
          TopicArn: notification.topicArn,
          Subject: notification.subject ?? null,
        },
      },
    ],
  });

/** The body of the message that a queue gets (SNS guide, "Fanout to Amazon SQS queues"). */
export const queueBody = (notification: Notification, subscription: Subscription): string =>
  subscription.raw
    ? notification.message
    : JSON.stringify({
        Type: 'Notification',
        MessageId: notification.id,
        TopicArn: notification.topicArn,
        ...(notification.subject === undefined ? {} : { Subject: notification.subject }),
        Message: notification.message,
        Timestamp: notification.time,
        ...UNSIGNED,
        SigningCertURL: CERTIFICATE,
        UnsubscribeURL: unsubscribeUrl(subscription),
        ...(Object.keys(notification.attributes).length > 0 ? { MessageAttributes: attributesOf(notification) } : {}),
      });
