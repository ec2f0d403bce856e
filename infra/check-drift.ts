import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import type { ElastiCacheEvents } from './elasticache-events.ts';
import { mayPlanCaches } from './may-plan-caches.ts';
import { Workflow } from './workflow.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface CheckDriftProps {
  readonly account: Account;
  readonly elastiCacheEvents: ElastiCacheEvents;
  /** Repairs what is safe. */
  readonly createCache: Workflow;
}

/** Looks on a schedule whether the caches are still as specified: the workflow `check-drift` and its steps. */
export class CheckDrift extends Construct {
  constructor(scope: Construct, id: string, { account, elastiCacheEvents, createCache }: CheckDriftProps) {
    super(scope, id);
    const list = new WorkflowFunction(this, 'List', 'creation/list-specified', { account });
    account.mayListTheLedger(list, 'by-kind');
    const check = new WorkflowFunction(this, 'Check', 'creation/check-drift', { account });
    mayPlanCaches(check, account, elastiCacheEvents);
    account.maySay(check);

    const workflow = new Workflow(this, 'check-drift', {
      functions: { listSpecified: list, checkDrift: check },
      substitutions: { CreateCacheArn: createCache.arn },
    }).may(['states:StartExecution'], [createCache.arn]);
    account.alarms.onFailure(workflow.stateMachine, 'check-drift');

    const deadLetters = new DeadLetters(this, 'DeadLetters', 'check-drift');
    new Schedule(this, 'Schedule', {
      scheduleName: 'autopilot-check-drift',
      description: 'Looks whether the caches are still as specified',
      schedule: ScheduleExpression.expression(account.configuration.schedules.checkDrift),
      target: new StepFunctionsStartExecution(workflow.stateMachine, { deadLetterQueue: deadLetters }),
    });
    account.alarms.onDeadLetters(deadLetters, 'check-drift');
  }
}
