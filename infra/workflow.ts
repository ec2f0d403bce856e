import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgePatterns, allow, type Terms } from './permissions.ts';
import type { WorkflowFunction } from './workflow-function.ts';

const STATE_MACHINES = path.resolve(import.meta.dirname, '../state-machines');

export interface WorkflowProps {
  /** The functions that the definition calls by `${<Name>FunctionArn}`; it may invoke these and no others. */
  readonly functions?: Readonly<Record<string, WorkflowFunction>>;
  /** Functions whose ARNs reach the definition in another way, e.g. inside a table. */
  readonly alsoInvokes?: readonly WorkflowFunction[];
  /** Further `${Names}` in the definition. `${Partition}` is always there. */
  readonly substitutions?: Readonly<Record<string, string>>;
}

/** A state machine made from `state-machines/<name>.asl.json`, with a role that allows what the definition calls. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;
  readonly arn: string;
  readonly #role: Role;

  /** @param name the definition's file name and the state machine's own */
  constructor(scope: Construct, name: string, { functions = {}, alsoInvokes = [], substitutions = {} }: WorkflowProps) {
    super(scope, name);
    this.#role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      description: `What the state machine ${name} may do`,
    });
    const invoked = [...Object.values(functions), ...alsoInvokes].map(({ arn }) => arn);
    if (invoked.length > 0) this.may(['lambda:InvokeFunction'], invoked);

    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: name,
      stateMachineType: StateMachineType.STANDARD,
      // As text in the template, where linters read it; as a file it would be an asset that nobody checks.
      definitionBody: DefinitionBody.fromString(readFileSync(path.join(STATE_MACHINES, `${name}.asl.json`), 'utf8')),
      definitionSubstitutions: {
        Partition: Stack.of(this).partition,
        ...Object.fromEntries(
          Object.entries(functions).map(([key, { arn }]) => [`${capitalised(key)}FunctionArn`, arn]),
        ),
        ...substitutions,
      },
      role: this.#role,
      tracingEnabled: true,
    });
    this.arn = this.stateMachine.stateMachineArn;
    acknowledgePatterns(
      this.#role,
      ['*'],
      'X-Ray takes segments from anybody in the account: it has no resource to name.',
    );
    Validations.of(this.stateMachine).acknowledge({
      id: 'AwsSolutions-SF1',
      reason:
        'Step Functions keeps the history for 90 days and the ledger the outcome for longer. Logging would need ' +
        'logs:PutResourcePolicy on * for every workflow, and be a second copy of the data to guard.',
    });
  }

  /** Adds a permission to the state machine's role. */
  may(actions: readonly string[], resources: readonly string[], terms: Terms = {}): this {
    allow(this.#role, actions, resources, terms);
    return this;
  }

  /**
   * Lets this workflow start the other one and wait for its end (`startExecution.sync:2`): Step Functions follows the
   * child by a managed rule, and stops it when the parent is stopped.
   */
  mayRun(child: Workflow): this {
    const { name, stateMachine } = { name: child.node.id, stateMachine: child.stateMachine };
    const stack = Stack.of(this);
    const arnOf = (service: string, resource: string) => stack.formatArn({ service, resource });
    return this.may(['states:StartExecution'], [stateMachine.stateMachineArn])
      .may(['states:DescribeExecution', 'states:StopExecution'], [arnOf('states', `execution:${name}:*`)], {
        because: `The executions of ${name} get their names when they start.`,
      })
      .may(
        ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
        [arnOf('events', 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule')],
      );
  }
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
