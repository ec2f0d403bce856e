import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Authorizer, createAuthorizer } from '../../../local/authorization/authorizer.ts';
import type { PolicyDocument, Service, World } from '../../../local/service.ts';
import { createStates, type StatesRuntime } from '../../../local/services/states/states.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { functionsAndCaches, makeMachine, trustedRole } from './account.ts';
import { single } from './harness.ts';

const states = (kind: string, name: string) => `arn:aws:states:us-east-1:${ACCOUNT_ID}:${kind}:${name}`;
const CHILD = states('stateMachine', 'child');
const RULE = `arn:aws:events:us-east-1:${ACCOUNT_ID}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`;

const allow = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
const start = allow('states:StartExecution', CHILD);
const watch = allow(['states:DescribeExecution', 'states:StopExecution'], states('execution', 'child:*'));
const rule = allow(['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], RULE);
/** What CDK gives a machine that writes a log. */
const logging = allow(
  [
    'logs:CreateLogDelivery',
    'logs:GetLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
    'logs:DescribeLogGroups',
  ],
  '*',
);

let world: AWorld;
let service: Service & StatesRuntime;
let authorizer: Authorizer;

beforeEach(async () => {
  const create = (inside: World) => {
    authorizer = createAuthorizer(inside);
    service = createStates(inside);
    return service;
  };
  const authorize: Authorizer['authorize'] = (...question) => authorizer.authorize(...question);
  world = await aWorld({ services: [create, ...functionsAndCaches().services], authorize });
});
afterEach(() => world.close());

const role = (...Statement: PolicyDocument['Statement']) =>
  world.roles.put({ ...trustedRole(), policies: new Map([['only', { Version: '2012-10-17', Statement }]]) });

const nested = single({
  Type: 'Task',
  Resource: 'arn:aws:states:::states:startExecution.sync:2',
  Arguments: { StateMachineArn: CHILD },
  TimeoutSeconds: 60,
  Output: '{% $states.result.Output %}',
});

const runNested = async () => {
  await makeMachine(service, single({ Type: 'Pass', Output: { done: true } }), { StateMachineName: 'child' });
  await makeMachine(service, nested, {});
  const machine = service.machines.get(states('stateMachine', 'tested'), 'us-east-1');
  return service.executions.start(machine, { name: undefined, input: undefined }).execution.ended;
};

describe('a machine that waits for another', () => {
  it('works with exactly the permissions that the guide names', async () => {
    role(start, watch, rule);
    expect(await runNested()).toEqual({ status: 'SUCCEEDED', output: { done: true } });
  });

  it('cannot be made without the managed rule', async () => {
    role(start, watch);
    await expect(runNested()).rejects.toThrow(
      `it lacks events:PutTargets, events:PutRule, events:DescribeRule on ${RULE}`,
    );
  });

  it('fails when it may not start the other, and says which action on which machine', async () => {
    role(watch, rule);
    const { error, cause } = (await runNested()) as { error: string; cause: string };
    expect(error).toBe('StepFunctions.AWSStepFunctionsException');
    expect(cause).toContain('states:StartExecution');
    expect(cause).toContain(CHILD);
  });

  it('fails when it may start the other but not watch it', async () => {
    role(start, rule);
    const { cause } = (await runNested()) as { cause: string };
    expect(cause).toContain('states:DescribeExecution');
  });
});

const nothing = single({ Type: 'Pass' });

describe('a machine that writes a log', () => {
  const LoggingConfiguration = {
    Level: 'ALL',
    Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: `arn:aws:logs:us-east-1:${ACCOUNT_ID}:log-group:x:*` } }],
  };

  it('needs the permissions to deliver it', async () => {
    role(logging);
    await expect(makeMachine(service, nothing, { LoggingConfiguration })).resolves.toBeDefined();
    role(start);
    await expect(makeMachine(service, nothing, { LoggingConfiguration, StateMachineName: 'other' })).rejects.toThrow(
      'not authorized to access the Log Destination',
    );
  });
});
