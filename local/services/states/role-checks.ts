import { mayAssume } from '../../authorization/trust.ts';
import { ServiceError, type World } from '../../service.ts';
import { roleOf } from './integrations/caller.ts';

/** The role that a state machine shall act as. */
export interface RoleOfMachine {
  readonly world: World;
  readonly roleArn: string;
  readonly machineName: string;
  readonly region: string;
}

const SERVICE = 'states.amazonaws.com';
const regionalService = (region: string) => `states.${region}.amazonaws.com`;

/** Step Functions waits for nested executions by this rule, which it makes itself with the machine's role. */
const MANAGED_RULE = 'StepFunctionsGetEventsForStepFunctionsExecutionRule';
const RULE_ACTIONS = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

/** Step Functions guide, Logging using CloudWatch Logs: what the role needs, all on `*`. */
const LOGGING_ACTIONS = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

/** @throws ServiceError AccessDeniedException when there is no such role, or Step Functions may not assume it */
export const checkTrust = async ({ world, roleArn, machineName, region }: RoleOfMachine): Promise<void> => {
  const context = {
    'aws:SourceArn': `arn:aws:states:${region}:${world.accountId}:stateMachine:${machineName}`,
    'aws:SourceAccount': world.accountId,
  };
  if (await mayAssume(world.roles.get(roleArn), [SERVICE, regionalService(region)], context)) return;
  const message = `Neither the global service principal ${SERVICE}, nor the regional one is authorized to assume the provided role.`;
  throw new ServiceError('AccessDeniedException', `${message} (${roleArn})`, 400);
};

/** @throws ServiceError AccessDeniedException naming what the role lacks for `.sync` */
export const checkManagedRulePermissions = async (role: RoleOfMachine): Promise<void> => {
  const { world, region, roleArn } = role;
  const resource = `arn:aws:events:${region}:${world.accountId}:rule/${MANAGED_RULE}`;
  const lacking = await deniedOf(role, RULE_ACTIONS, resource);
  if (lacking.length === 0) return;
  const message = `'${roleArn}' is not authorized to create managed-rule: it lacks ${lacking.join(', ')} on ${resource}.`;
  throw new ServiceError('AccessDeniedException', message, 400);
};

/** @throws ServiceError AccessDeniedException naming what the role lacks for logging */
export const checkLoggingPermissions = async (role: RoleOfMachine): Promise<void> => {
  const lacking = await deniedOf(role, LOGGING_ACTIONS, '*');
  if (lacking.length === 0) return;
  const message = 'The state machine IAM Role is not authorized to access the Log Destination';
  throw new ServiceError('AccessDeniedException', `${message}: ${role.roleArn} lacks ${lacking.join(', ')} on *.`, 400);
};

const deniedOf = async (
  { world, roleArn, machineName, region }: RoleOfMachine,
  actions: string[],
  resource: string,
) => {
  const principal = roleOf({ roleArn, stateMachineName: machineName });
  const denied: string[] = [];
  for (const action of actions) {
    try {
      await world.authorize(principal, { action, resource }, region);
    } catch (thrown) {
      if (!(thrown instanceof ServiceError)) throw thrown;
      denied.push(action);
    }
  }
  return denied;
};
