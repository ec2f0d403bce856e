import type { Principal, World } from '../../../service.ts';
import type { TaskRequest } from '../../../states/integration.ts';

/** Where integrations make their calls. */
export interface Caller {
  readonly world: World;
  readonly region: string;
  /** Aborted when the account stops: a call under way must not keep it alive. */
  readonly closing: AbortSignal;
}

/** IAM's own limit for the name of a role session. */
const MAX_SESSION_NAME = 64;

/**
 * A state machine acts as its role. The session carries the machine's name, not the execution's: one client per machine
 * and service is kept, not one per execution.
 */
export const roleOf = ({
  roleArn,
  stateMachineName,
}: Pick<TaskRequest, 'roleArn' | 'stateMachineName'>): Principal => ({
  kind: 'role',
  arn: roleArn,
  session: stateMachineName.slice(0, MAX_SESSION_NAME),
});

/**
 * Who calls, for one task. A task that is given up leaves its call to itself, as on AWS: a function that was invoked
 * goes on running, only nobody waits for its answer.
 */
export const callerOf = ({ world, region, closing }: Caller, request: TaskRequest) => ({
  world,
  region,
  principal: roleOf(request),
  signal: closing,
});
