import type { Json } from './json.ts';

/** What a Task's `Resource` means. The interpreter knows none by itself: whoever runs it brings them. */
export interface Integrations {
  /** @param resource the ARN as it stands in the definition; undefined: there is no such integration */
  find(resource: string): Integration | undefined;
}

export interface Integration {
  /** As events show it: `lambda`, `states`, `aws-sdk:elasticache`. */
  readonly resourceType: string;
  /** As events show it: `invoke`, `startExecution.sync:2`, `describeReplicationGroups`. */
  readonly resource: string;
  /**
   * When the task is over: with the answer of `run`, when its token comes back, or (`job`) also with the answer of
   * `run`, which however waits for something of the account and so is timed by the account's clock.
   */
  readonly ends: 'with-answer' | 'with-token' | 'with-job';
  /** Does the work. @throws StatesError with the error's name as Step Functions gives it */
  run(request: TaskRequest): Promise<Json>;
}

export interface TaskRequest {
  readonly arguments: Json;
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  /** Aborted when nobody waits for the answer any more: timed out, stopped, or a sibling failed. */
  readonly signal: AbortSignal;
  /** Tells that a job was begun, with what its service answered. */
  submitted(output: Json): void;
}
