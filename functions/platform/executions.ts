import { DescribeExecutionCommand, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isNamed } from './aws-errors.ts';
import type { IsoTime } from './units.ts';

/** An execution of a workflow as it is now. */
export type Execution =
  | { readonly status: 'running' }
  | {
      /** `succeeded`: by a Succeed state, whatever the workflow then says of its outcome. */
      readonly status: 'succeeded' | 'failed';
      readonly endedAt?: IsoTime | undefined;
      /** What the workflow answered. */
      readonly output?: unknown;
      /** Of one that failed: the sentence that it left, if it left one. */
      readonly cause?: string | undefined;
    };

/** The executions of one workflow. Their in-memory twin is in test/. */
export interface Executions {
  /** @returns false when one of this name has ended, or was started with another input; one that runs is the same one */
  start(name: string, input: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** One that began a moment ago may not be told yet (DescribeExecution is eventually consistent). */
  find(name: string): Promise<Execution | undefined>;
}

/** @param stateMachineArn whose executions */
export const stepFunctionsExecutions = (client: SFNClient, stateMachineArn: string): Executions => ({
  async start(name, input) {
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
      return true;
    } catch (error) {
      if (isNamed(error, 'ExecutionAlreadyExists')) return false;
      throw error;
    }
  },

  async find(name) {
    try {
      const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      const { status, stopDate, output, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return { status: 'running' };
      return {
        status: status === 'SUCCEEDED' ? 'succeeded' : 'failed',
        endedAt: stopDate?.toISOString(),
        output: output === undefined ? undefined : JSON.parse(output),
        cause,
      };
    } catch (error) {
      if (isNamed(error, 'ExecutionDoesNotExist')) return undefined;
      throw error;
    }
  },
});
