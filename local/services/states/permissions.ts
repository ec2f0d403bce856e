import type { Call, Permission } from '../../service.ts';
import type { StateMachine, StateMachines } from './state-machines.ts';

const tagContext = (machine: StateMachine | undefined): Pick<Permission, 'context'> =>
  machine && Object.keys(machine.tags).length > 0
    ? {
        context: Object.fromEntries(
          Object.entries(machine.tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
        ),
      }
    : {};

/** `states:<Operation>` on the state machine; its tags are condition keys (service authorization reference). */
export const onStateMachine = (machines: StateMachines, { operation }: Call, arn: string): readonly Permission[] => [
  { action: `states:${operation}`, resource: arn, ...tagContext(machines.find(arn)) },
];

/** `states:<Operation>` on the execution; executions have no tags of their own. */
export const onExecution = ({ operation }: Call, arn: string): readonly Permission[] => [
  { action: `states:${operation}`, resource: arn },
];
