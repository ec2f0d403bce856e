import * as z from 'zod';

/**
 * ElastiCache's notifications as Lambda gets them from SNS. `Message` is text that mostly holds a small JSON object
 * (ElastiCache guide, "Event notifications and Amazon SNS"). There is no EventBridge pattern: they never were on a bus.
 */
export const elastiCacheSns = {
  schema: z.looseObject({
    Records: z
      .array(
        z.looseObject({
          EventSource: z.literal('aws:sns'),
          Sns: z.looseObject({
            MessageId: z.string(),
            TopicArn: z.string(),
            Message: z.string(),
            Timestamp: z.iso.datetime(),
          }),
        }),
      )
      .min(1),
  }),
  sample: {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn:
          'arn:aws:sns:us-east-1:111122223333:elasticache-events:11111111-2222-4333-8444-555555555555',
        Sns: {
          Type: 'Notification',
          MessageId: '22222222-3333-4444-8555-666666666666',
          TopicArn: 'arn:aws:sns:us-east-1:111122223333:elasticache-events',
          Subject: 'ElastiCache Notification Message',
          Message: '{"ElastiCache:SnapshotComplete":"orders-0001-001"}',
          Timestamp: '2026-11-20T03:20:11.000Z',
          SignatureVersion: '1',
          MessageAttributes: {},
        },
      },
    ],
  },
};
