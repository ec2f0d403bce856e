import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import { WorkflowFunction } from './workflow-function.ts';

/**
 * Brings what ElastiCache says about node-based caches to our bus. It says it on SNS only, and only to a topic that is
 * not encrypted and whose policy allows it by `AWS:SourceOwner`.
 */
export class ElastiCacheEvents extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { account }: { readonly account: Account }) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      topicName: 'elasticache-events',
      // Denies only what comes without TLS; ElastiCache itself publishes within AWS and over TLS.
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ElastiCachePublish',
        principals: [new AnyPrincipal()],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        // ElastiCache publishes in the account's name. With the condition keys of newer default policies
        // (aws:SourceAccount) it may not, and quietly turns the topic `inactive`.
        conditions: { StringEquals: { 'AWS:SourceOwner': Stack.of(this).account } },
      }),
    );

    const deadLetters = new DeadLetters(this, 'DeadLetters', 'elasticache-events-normalise');
    const normalise = new WorkflowFunction(this, 'Normalise', 'elasticache-events/normalise', { account, deadLetters });
    account.maySay(normalise);
    this.topic.addSubscription(new LambdaSubscription(normalise.function, { deadLetterQueue: deadLetters }));
    account.alarms.onErrors(normalise.function, 'elasticache-events/normalise');
    account.alarms.onDeadLetters(deadLetters, 'elasticache-events-normalise');
  }
}
