import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** SQS keeps a message for at most 14 days (SQS quotas): as long as there is to look at a lost event. */
const LONGEST_RETENTION_DAYS = 14;

/** Where one asynchronous hop leaves what it could not deliver or handle. Its alarm is made in `alarms.ts`. */
export class DeadLetters extends Queue {
  /** @param hop names the hop, e.g. `creation-request`; the queue is `autopilot-<hop>-dead-letters` */
  constructor(scope: Construct, id: string, hop: string) {
    super(scope, id, {
      queueName: `autopilot-${hop}-dead-letters`,
      retentionPeriod: Duration.days(LONGEST_RETENTION_DAYS),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is the dead-letter queue itself, of a Lambda function and of its event source.',
    });
  }
}
