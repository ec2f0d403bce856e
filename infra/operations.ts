import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { executionStatusChange } from '../events/execution-status-change.ts';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import type { Workflow } from './workflow.ts';
import { WorkflowFunction } from './workflow-function.ts';

/** The life of one operation, whatever it does: its record and lock, a person's approval, its report. */
export class Operations extends Construct {
  readonly open: WorkflowFunction;
  readonly askApproval: WorkflowFunction;
  readonly close: WorkflowFunction;
  readonly raiseIncident: WorkflowFunction;
  readonly #closeAbandoned: WorkflowFunction;
  readonly #abandonedDeadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { account }: { readonly account: Account }) {
    super(scope, id);
    this.open = new WorkflowFunction(this, 'Open', 'operations/open', { account });
    this.askApproval = new WorkflowFunction(this, 'AskApproval', 'operations/ask-approval', { account });
    this.close = new WorkflowFunction(this, 'Close', 'operations/close', { account });
    this.raiseIncident = new WorkflowFunction(this, 'RaiseIncident', 'operations/raise-incident', { account });
    account.maySay(this.raiseIncident);
    this.#abandonedDeadLetters = new DeadLetters(this, 'AbandonedDeadLetters', 'operations-close-abandoned');
    this.#closeAbandoned = new WorkflowFunction(this, 'CloseAbandoned', 'operations/close-abandoned', {
      account,
      deadLetters: this.#abandonedDeadLetters,
    });
    for (const fn of [this.open, this.askApproval, this.close, this.#closeAbandoned]) account.mayKeepTheLedger(fn);
    for (const fn of [this.askApproval, this.close, this.#closeAbandoned]) account.maySay(fn);
    account.alarms.onErrors(this.#closeAbandoned.function, 'operations/close-abandoned');
    account.alarms.onDeadLetters(this.#abandonedDeadLetters, 'operations-close-abandoned');
  }

  /** Closes the operation of every execution that ends without having closed it itself: nothing stays locked. */
  closeWhenAbandoned(workflow: Workflow): void {
    const name = workflow.node.id;
    new Rule(this, `${name}-abandoned`, {
      ruleName: `autopilot-${name}-abandoned`,
      description: `An execution of ${name} failed, ran out of time or was stopped`,
      eventPattern: {
        source: executionStatusChange.pattern.source,
        detailType: executionStatusChange.pattern['detail-type'],
        detail: { ...executionStatusChange.pattern.detail, stateMachineArn: [workflow.arn] },
      },
      targets: [new LambdaFunction(this.#closeAbandoned.function, { deadLetterQueue: this.#abandonedDeadLetters })],
    });
  }
}
