import type {
  DescribeExecutionCommandInput,
  DescribeExecutionCommandOutput,
  GetExecutionHistoryCommandInput,
  GetExecutionHistoryCommandOutput,
  ListExecutionsCommandInput,
  ListExecutionsCommandOutput,
  StartExecutionCommandInput,
  StartExecutionCommandOutput,
  StartSyncExecutionCommandInput,
  StartSyncExecutionCommandOutput,
  StopExecutionCommandInput,
  StopExecutionCommandOutput,
} from '@aws-sdk/client-sfn';
import { operation, ServiceError } from '../../service.ts';
import type { Executions, KnownExecution } from './executions.ts';
import { pageOf } from './paging.ts';
import { onExecution, onStateMachine } from './permissions.ts';
import type { StateMachines } from './state-machines.ts';
import { withoutData } from './without-data.ts';

const summaryOf = ({ execution }: KnownExecution) => {
  const end = execution.outcome();
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachineArn,
    name: execution.name,
    status: end?.outcome.status ?? ('RUNNING' as const),
    startDate: execution.startedAt,
    ...(end ? { stopDate: end.endedAt } : {}),
    redriveCount: 0,
  };
};

/** The result: output of a success; error and cause of anything else, where they were given. */
const resultOf = ({ execution }: KnownExecution, withData: boolean) => {
  const { outcome } = execution.outcome() ?? {};
  if (!outcome) return {};
  if (outcome.status === 'SUCCEEDED') {
    const output = withData ? { output: JSON.stringify(outcome.output) } : {};
    return { ...output, outputDetails: { included: withData } };
  }
  const { error, cause } = outcome;
  return { ...(error ? { error } : {}), ...(cause ? { cause } : {}) };
};

/** Starting, watching and stopping executions. */
export const executionOperations = (machines: StateMachines, executions: Executions) => ({
  StartExecution: operation<StartExecutionCommandInput, StartExecutionCommandOutput>({
    permissions: ({ stateMachineArn = '' }, call) => onStateMachine(machines, call, stateMachineArn),
    handle({ stateMachineArn = '', name, input }, { region }) {
      const { execution } = executions.start(machines.get(stateMachineArn, region), { name, input });
      return { executionArn: execution.arn, startDate: execution.startedAt };
    },
  }),

  StartSyncExecution: operation<StartSyncExecutionCommandInput, StartSyncExecutionCommandOutput>({
    permissions: ({ stateMachineArn = '' }, call) => onStateMachine(machines, call, stateMachineArn),
    handle() {
      throw new ServiceError(
        'StateMachineTypeNotSupported',
        'This operation is not supported by this type of state machine',
      );
    },
  }),

  DescribeExecution: operation<DescribeExecutionCommandInput, DescribeExecutionCommandOutput>({
    permissions: ({ executionArn = '' }, call) => onExecution(call, executionArn),
    handle({ executionArn = '', includedData }, { region }) {
      const known = executions.get(executionArn, region);
      const withData = includedData !== 'METADATA_ONLY';
      const input = withData ? { input: known.inputText } : {};
      const summary = summaryOf(known);
      const redrivable = summary.status !== 'RUNNING' && summary.status !== 'SUCCEEDED';
      return {
        ...summary,
        ...input,
        inputDetails: { included: withData },
        ...resultOf(known, withData),
        redriveStatus: redrivable ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
      };
    },
  }),

  ListExecutions: operation<ListExecutionsCommandInput, ListExecutionsCommandOutput>({
    permissions: ({ stateMachineArn = '' }, call) => onStateMachine(machines, call, stateMachineArn),
    handle({ stateMachineArn = '', statusFilter, ...request }, { region }) {
      const machine = machines.get(stateMachineArn, region);
      const all = executions.list(machine.arn).map(summaryOf);
      const wanted = statusFilter ? all.filter(({ status }) => status === statusFilter) : all;
      const { items, ...page } = pageOf(wanted, request);
      return { executions: items, ...page };
    },
  }),

  GetExecutionHistory: operation<GetExecutionHistoryCommandInput, GetExecutionHistoryCommandOutput>({
    permissions: ({ executionArn = '' }, call) => onExecution(call, executionArn),
    handle({ executionArn = '', reverseOrder, includeExecutionData = true, ...request }, { region }) {
      const { history } = executions.get(executionArn, region).execution;
      const { items, ...page } = pageOf(reverseOrder ? [...history].reverse() : history, request);
      return { events: includeExecutionData ? [...items] : items.map(withoutData), ...page };
    },
  }),

  StopExecution: operation<StopExecutionCommandInput, StopExecutionCommandOutput>({
    permissions: ({ executionArn = '' }, call) => onExecution(call, executionArn),
    handle({ executionArn = '', error, cause }, { region }) {
      const { execution } = executions.get(executionArn, region);
      execution.stop(error, cause);
      return { stopDate: execution.outcome()?.endedAt };
    },
  }),
});
