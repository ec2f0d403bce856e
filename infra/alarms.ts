import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';

interface Warning {
  /** The rest of the alarm's name after `autopilot-`. */
  readonly name: string;
  readonly metric: IMetric;
  /** One sentence: what has happened when this goes off. */
  readonly says: string;
  /** The heading of docs/runbook.md, as a link writes it. */
  readonly runbook: string;
}

/** Watches the autopilot itself. Each alarm goes off at the first event, and names its heading in the runbook. */
export class Alarms extends Construct {
  readonly #topic: Topic;

  /** @param email is asked by SNS to confirm its subscription; without one, subscribe to the topic `autopilot-alarms` */
  constructor(scope: Construct, id: string, { email }: { readonly email?: string | undefined }) {
    super(scope, id);
    this.#topic = new Topic(this, 'Topic', { topicName: 'autopilot-alarms', enforceSSL: true });
    this.#topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsPublish',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.#topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (email) this.#topic.addSubscription(new EmailSubscription(email));
  }

  /** A workflow ended as failed, or ran out of its whole time. */
  onFailure(workflow: StateMachine, name: string): void {
    this.#when({
      name: `${name}-failed`,
      metric: workflow.metricFailed({ period: Duration.minutes(1), statistic: 'Sum' }),
      says: `An execution of ${name} failed.`,
      runbook: `${name}-failed`,
    });
    this.#when({
      name: `${name}-timed-out`,
      metric: workflow.metricTimedOut({ period: Duration.minutes(1), statistic: 'Sum' }),
      says: `An execution of ${name} ran out of time.`,
      runbook: `${name}-timed-out`,
    });
  }

  /** A function that nobody waits for threw an error. (The errors of a workflow's steps are the workflow's to judge.) */
  onErrors(fn: LambdaFunction, entry: string): void {
    this.#when({
      name: `${entry.replace('/', '-')}-errors`,
      metric: fn.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' }),
      says: `functions/${entry}.ts could not handle an event and will be tried again.`,
      runbook: 'function-errors',
    });
  }

  /** An event was given up. */
  onDeadLetters(queue: DeadLetters, hop: string): void {
    this.#when({
      name: `${hop}-dead-letters`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
      says: `An event for ${hop} was given up and lies in the queue autopilot-${hop}-dead-letters.`,
      runbook: 'dead-letters',
    });
  }

  #when({ name, metric, says, runbook }: Warning): void {
    new Alarm(this, name, {
      alarmName: `autopilot-${name}`,
      alarmDescription: `${says} Runbook: docs/runbook.md#${runbook}`,
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(this.#topic));
  }
}
