import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { Account } from './account.ts';
import { DeadLetters } from './dead-letters.ts';
import type { Workflow } from './workflow.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface StartOnRequestProps {
  readonly account: Account;
  /** What people say on our bus, as its file in `events/` describes it. */
  readonly pattern: { readonly source: string[]; readonly 'detail-type': string[] };
  readonly ruleName: string;
  /** What the event means, as one sentence. */
  readonly description: string;
  /** The file below functions/ that starts the workflow: `creation/request`. */
  readonly entry: string;
  readonly workflow: Workflow;
  /** The variable by which that function knows the workflow. */
  readonly knownAs: 'CREATE_CACHE_ARN' | 'DELETE_CACHE_ARN';
}

/** An event on our bus starts a workflow, which refuses what is wrong with it; what could not be handled is kept and alarmed. */
export const startOnRequest = (
  scope: Construct,
  { account, pattern, ruleName, description, entry, workflow, knownAs }: StartOnRequestProps,
): void => {
  const hop = entry.replace('/', '-');
  const deadLetters = new DeadLetters(scope, 'RequestDeadLetters', hop);
  const request = new WorkflowFunction(scope, 'Request', entry, {
    account,
    deadLetters,
    environment: { [knownAs]: workflow.arn },
  }).may(['states:StartExecution'], [workflow.arn]);
  new Rule(scope, 'Requested', {
    ruleName,
    description,
    eventBus: account.bus,
    eventPattern: { source: pattern.source, detailType: pattern['detail-type'] },
    targets: [new LambdaFunction(request.function, { deadLetterQueue: deadLetters })],
  });
  account.alarms.onErrors(request.function, entry);
  account.alarms.onDeadLetters(deadLetters, hop);
};
