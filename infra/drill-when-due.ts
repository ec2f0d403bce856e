import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import { elastiCacheArns } from './elasticache-arns.ts';
import { Workflow } from './workflow.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface DrillWhenDueProps {
  readonly account: Account;
  /** Plans a drill, without changing anything. */
  readonly plan: WorkflowFunction;
  readonly failoverDrill: Workflow;
}

/** Looks every hour whose drill is due and possible now, and starts it: the workflow `drill-when-due` and its steps. */
export class DrillWhenDue extends Construct {
  constructor(scope: Construct, id: string, { account, plan, failoverDrill }: DrillWhenDueProps) {
    super(scope, id);
    const arns = elastiCacheArns(this);
    const list = new WorkflowFunction(this, 'List', 'failover-drill/list-due', {
      account,
      environment: { OPT_IN_TAG: account.configuration.optInTag },
      timeoutSeconds: 60,
    }).may(
      ['elasticache:DescribeReplicationGroups', 'elasticache:DescribeCacheClusters', 'elasticache:ListTagsForResource'],
      [arns.replicationGroups, arns.clusters],
      { because: 'Every cache of the Region is looked at for its tags, and nothing is changed.' },
    );
    account.mayReadThePolicy(list);
    account.mayListTheLedger(list, 'by-cache');
    account.mayListTheLedger(list, 'by-kind');

    const workflow = new Workflow(this, 'drill-when-due', {
      functions: { listDue: list, plan },
      substitutions: { FailoverDrillArn: failoverDrill.arn },
    }).may(['states:StartExecution'], [failoverDrill.arn]);
    account.alarms.onFailure(workflow.stateMachine, 'drill-when-due');

    const deadLetters = new DeadLetters(this, 'DeadLetters', 'drill-when-due');
    new Schedule(this, 'Schedule', {
      scheduleName: 'autopilot-drill-when-due',
      description: 'Looks whose failover drill is due and possible now',
      schedule: ScheduleExpression.expression(account.configuration.schedules.drillWhenDue),
      target: new StepFunctionsStartExecution(workflow.stateMachine, { deadLetterQueue: deadLetters }),
    });
    account.alarms.onDeadLetters(deadLetters, 'drill-when-due');
  }
}
