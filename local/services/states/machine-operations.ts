import type {
  DescribeStateMachineCommandInput,
  DescribeStateMachineCommandOutput,
  DescribeStateMachineForExecutionCommandInput,
  DescribeStateMachineForExecutionCommandOutput,
  ListStateMachinesCommandInput,
  ListStateMachinesCommandOutput,
  ListTagsForResourceCommandInput,
  ListTagsForResourceCommandOutput,
} from '@aws-sdk/client-sfn';
import { operation, ServiceError } from '../../service.ts';
import type { Executions } from './executions.ts';
import { pageOf } from './paging.ts';
import { onExecution, onStateMachine } from './permissions.ts';
import type { StateMachine, StateMachines } from './state-machines.ts';

const described = (machine: StateMachine) => ({
  stateMachineArn: machine.arn,
  name: machine.name,
  definition: machine.text,
  roleArn: machine.roleArn,
  tracingConfiguration: { enabled: machine.tracing },
  loggingConfiguration: {
    level: machine.logging.level,
    includeExecutionData: machine.logging.includeExecutionData,
    destinations: machine.logging.logGroupArns.map((logGroupArn) => ({ cloudWatchLogsLogGroup: { logGroupArn } })),
  },
  revisionId: machine.revisionId,
});

/** What can be asked about state machines. */
export const machineOperations = (machines: StateMachines, executions: Executions) => ({
  DescribeStateMachine: operation<DescribeStateMachineCommandInput, DescribeStateMachineCommandOutput>({
    permissions: ({ stateMachineArn = '' }, call) => onStateMachine(machines, call, stateMachineArn),
    handle({ stateMachineArn = '' }, { region }) {
      const machine = machines.get(stateMachineArn, region);
      return { ...described(machine), status: 'ACTIVE', type: 'STANDARD', creationDate: machine.createdAt };
    },
  }),

  DescribeStateMachineForExecution: operation<
    DescribeStateMachineForExecutionCommandInput,
    DescribeStateMachineForExecutionCommandOutput
  >({
    permissions: ({ executionArn = '' }, call) => onExecution(call, executionArn),
    handle({ executionArn = '' }, { region }) {
      const { machine } = executions.get(executionArn, region);
      return { ...described(machine), updateDate: machine.createdAt };
    },
  }),

  ListStateMachines: operation<ListStateMachinesCommandInput, ListStateMachinesCommandOutput>({
    handle(request, { region }) {
      const { items, ...page } = pageOf(machines.list(region), request);
      const stateMachines = items.map(({ arn: stateMachineArn, name, createdAt: creationDate }) => ({
        stateMachineArn,
        name,
        type: 'STANDARD' as const,
        creationDate,
      }));
      return { stateMachines, ...page };
    },
  }),

  ListTagsForResource: operation<ListTagsForResourceCommandInput, ListTagsForResourceCommandOutput>({
    permissions: ({ resourceArn = '' }, call) => onStateMachine(machines, call, resourceArn),
    handle({ resourceArn = '' }, { region }) {
      const machine = machines.find(resourceArn);
      if (machine?.region !== region) {
        throw new ServiceError('ResourceNotFound', `Resource not found: '${resourceArn}'`);
      }
      return { tags: Object.entries(machine.tags).map(([key, value]) => ({ key, value })) };
    },
  }),
});
