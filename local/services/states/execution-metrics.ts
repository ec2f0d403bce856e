import type { World } from '../../service.ts';
import type { KnownExecution } from './executions.ts';

/** By status; an execution that began counts as started (Step Functions guide, "Monitoring with CloudWatch"). */
const METRICS: Readonly<Record<string, string>> = {
  RUNNING: 'ExecutionsStarted',
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/** Counts what became of executions, for CloudWatch. */
export const createExecutionMetrics =
  (world: Pick<World, 'metrics'>) =>
  ({ execution, machine }: KnownExecution): void => {
    const name = METRICS[execution.outcome()?.outcome.status ?? 'RUNNING'];
    if (!name) return;
    const dimensions = { StateMachineArn: machine.arn };
    world.metrics.record({
      region: machine.region,
      namespace: 'AWS/States',
      name,
      dimensions,
      value: 1,
      unit: 'Count',
    });
  };
