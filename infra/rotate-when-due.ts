import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import { elastiCacheArns } from './elasticache-arns.ts';
import { OWN_SECRETS, ownSecrets } from './own-secrets.ts';
import { Workflow } from './workflow.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface RotateWhenDueProps {
  readonly account: Account;
  readonly rotateToken: Workflow;
}

/** Looks every hour whose token or password is due for rotation, and starts it: the workflow `rotate-when-due` and its step. */
export class RotateWhenDue extends Construct {
  constructor(scope: Construct, id: string, { account, rotateToken }: RotateWhenDueProps) {
    super(scope, id);
    const arns = elastiCacheArns(this);
    const list = new WorkflowFunction(this, 'List', 'token-rotation/list-due', {
      account,
      environment: { OPT_IN_TAG: account.configuration.optInTag },
      timeoutSeconds: 120,
    })
      .may(
        [
          'elasticache:DescribeReplicationGroups',
          'elasticache:DescribeCacheClusters',
          'elasticache:DescribeUserGroups',
          'elasticache:ListTagsForResource',
        ],
        [arns.replicationGroups, arns.clusters, arns.userGroups],
        { because: 'Every cache of the Region is looked at for its tags and its users, and nothing is changed.' },
      )
      .may(['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'], [ownSecrets(this)], {
        because: OWN_SECRETS,
      });
    account.mayReadThePolicy(list);
    account.mayReadTheLedger(list);
    account.mayListTheLedger(list, 'by-cache');
    account.mayListTheLedger(list, 'by-kind');

    const workflow = new Workflow(this, 'rotate-when-due', {
      functions: { listDue: list },
      substitutions: { RotateTokenArn: rotateToken.arn },
    }).may(['states:StartExecution'], [rotateToken.arn]);
    account.alarms.onFailure(workflow.stateMachine, 'rotate-when-due');

    const deadLetters = new DeadLetters(this, 'DeadLetters', 'rotate-when-due');
    new Schedule(this, 'Schedule', {
      scheduleName: 'autopilot-rotate-when-due',
      description: 'Looks whose token or password is due for rotation',
      schedule: ScheduleExpression.expression(account.configuration.schedules.rotateWhenDue),
      target: new StepFunctionsStartExecution(workflow.stateMachine, { deadLetterQueue: deadLetters }),
    });
    account.alarms.onDeadLetters(deadLetters, 'rotate-when-due');
  }
}
