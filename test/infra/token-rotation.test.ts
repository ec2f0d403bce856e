import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resourcesOf, templatesOf } from '../builders/a-template.ts';
import { type Statement, statementsOf } from '../builders/statements.ts';

const OPTED_IN = { StringEquals: { 'aws:ResourceTag/autopilot:managed': 'true' } };
const ONLY_LOOKS = /:(Describe|List|Get|Query|Lookup)/;

/** The construct whose role a policy belongs to, without the VPC in its name. */
const holderOf = ({ policy }: Statement): string =>
  policy
    .replace(/RoleDefaultPolicy.*/, '')
    .replace(/vpc[0-9a-f]+$/, '')
    .replace(/^TokenRotation/, '');

const functionsNamed = (template: Template, name: RegExp) =>
  resourcesOf(template, 'AWS::Lambda::Function').filter(([, { Properties }]) => name.test(Properties.FunctionName));

describe.each(Object.entries(templatesOf()))('token rotation in %s', (_region, template) => {
  const ofRotation = statementsOf(template).filter(
    ({ Effect, policy }) => Effect === 'Allow' && policy.startsWith('TokenRotation'),
  );
  const allowed = (action: RegExp) => ofRotation.filter(({ Action }) => Action.some((each) => action.test(each)));
  const able = (action: RegExp) => new Set(allowed(action).map(holderOf));
  const actionsOf = (name: string) => {
    const actions = ofRotation.filter((each) => holderOf(each) === name).flatMap(({ Action }) => Action);
    expect(actions.length, name).toBeGreaterThan(0);
    // What every function may, and what Lambda needs for one in a VPC.
    return actions.filter((action) => !/^(xray|ec2):|^logs:(CreateLogStream|PutLogEvents)$/.test(action));
  };

  it('lets only one function change tokens and passwords, and only of groups and users that opted in', () => {
    const changing = allowed(/^elasticache:(?!Describe|List)/);
    expect(changing.map(holderOf)).toEqual(['Order', 'Order']);
    expect(changing.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['elasticache:ModifyReplicationGroup'], [expect.stringContaining(':replicationgroup:*')]],
      [['elasticache:ModifyUser'], [expect.stringContaining(':user:*')]],
    ]);
    for (const { Condition } of changing) expect(Condition).toEqual(OPTED_IN);
  });

  it('lets who orders move no label of a secret, and who moves them order nothing', () => {
    expect(actionsOf('Order').filter((action) => action.startsWith('secretsmanager:'))).toEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
    ]);
    for (const name of ['Promote', 'ForgetPending']) {
      expect(new Set(actionsOf(name).filter((action) => !action.startsWith('dynamodb:')))).toEqual(
        new Set(['secretsmanager:DescribeSecret', 'secretsmanager:UpdateSecretVersionStage']),
      );
    }
  });

  it('lets only who logs in, makes, orders or answers Secrets Manager read a secret, which is ours and opted in', () => {
    expect(able(/^secretsmanager:GetSecretValue$/)).toEqual(
      new Set(['LookAtNodes', 'HoldConnections', 'MakePending', 'Order', 'RotateSecret']),
    );
    expect(able(/^secretsmanager:PutSecretValue$/)).toEqual(new Set(['MakePending']));
    expect(able(/^secretsmanager:UpdateSecretVersionStage$/)).toEqual(new Set(['Promote', 'ForgetPending']));
    expect(able(/^secretsmanager:(Create|Delete|Restore|Update)Secret$/)).toEqual(new Set());
    for (const { Action, Resource, Condition } of allowed(/^secretsmanager:(Get|Put|Update)Secret/)) {
      expect(Resource, Action.join()).toEqual([expect.stringContaining(':secret:autopilot/*')]);
      expect(Condition, Action.join()).toEqual(OPTED_IN);
    }
  });

  it('lets what runs in a VPC change nothing but evidence, answers and its dead letters', () => {
    expect(actionsOf('LookAtNodes').filter((action) => !ONLY_LOOKS.test(action))).toEqual([]);
    expect(new Set(actionsOf('HoldConnections').filter((action) => !ONLY_LOOKS.test(action)))).toEqual(
      new Set(['states:SendTaskSuccess', 'states:SendTaskFailure', 's3:PutObject', 'sqs:SendMessage']),
    );
  });

  it('lets the steps that only look write nothing', () => {
    for (const name of ['Plan', 'LookAtGrace', 'ListReaders', 'WhenDueList']) {
      expect(
        actionsOf(name).filter((action) => !ONLY_LOOKS.test(action)),
        name,
      ).toEqual([]);
    }
    expect(actionsOf('Plan')).not.toContain('secretsmanager:GetSecretValue');
  });

  it('lets only who holds connections, who lets them go, and who answers Secrets Manager answer the workflow', () => {
    expect(able(/^states:SendTaskSuccess$/)).toEqual(new Set(['HoldConnections', 'LetGo', 'RotateSecret']));
    expect(able(/^states:SendTaskFailure$/)).toEqual(new Set(['HoldConnections']));
  });

  it('keeps evidence of rotations apart from that of drills', () => {
    expect(able(/^s3:Put/)).toEqual(new Set(['HoldConnections']));
    expect(able(/^s3:Get/)).toEqual(new Set(['LetGo']));
    for (const { Action, Resource } of allowed(/^s3:/)) {
      const onObjects = !Action.includes('s3:ListBucket');
      for (const arn of Resource) {
        expect(arn.replace(/^.*:s3:::autopilot-evidence-111122223333-[a-z0-9-]+/, '')).toBe(
          onObjects ? '/rotations/*' : '',
        );
      }
    }
  });

  it('lets only who begins the grace period speak on the bus', () => {
    expect(able(/^events:PutEvents$/)).toEqual(new Set(['BeginGrace']));
  });

  it('holds connections as long as Lambda lets it, never a second time, never late, and leaves its event when it fails', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue').filter(
      ([, { Properties }]) => Properties.QueueName === 'autopilot-token-rotation-hold-connections-dead-letters',
    );
    expect(queues).toHaveLength(1);
    const holders = functionsNamed(template, /^autopilot-token-rotation-hold-connections-vpc-/);
    const settings = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties);
    expect(holders.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of holders) {
      expect(Properties).toMatchObject({
        Timeout: 900,
        DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [queues[0]?.[0], 'Arn'] } },
      });
      expect(settings).toContainEqual({
        FunctionName: { Ref: id },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 0,
        MaximumEventAgeInSeconds: 900,
      });
    }
  });

  it('lets Secrets Manager of this account call its rotation function, which may start a rotation and nothing else', () => {
    const [[rotateId] = expect.fail()] = functionsNamed(template, /^autopilot-token-rotation-rotate-secret$/);
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission').filter(
      ([, { Properties }]) => Properties.Principal === 'secretsmanager.amazonaws.com',
    );
    expect(permissions.map(([, { Properties }]) => Properties)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [rotateId, 'Arn'] },
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: '111122223333',
      },
    ]);
    const [[machineId] = expect.fail()] = machinesNamed('rotate-token');
    const starting = ofRotation
      .filter((each) => holderOf(each) === 'RotateSecret')
      .filter(({ Action }) => Action.includes('states:StartExecution'));
    expect(starting.map(({ Resource }) => Resource)).toEqual([[JSON.stringify({ Ref: machineId })]]);
    expect(new Set(actionsOf('RotateSecret').filter((action) => !ONLY_LOOKS.test(action)))).toEqual(
      new Set(['states:StartExecution', 'states:SendTaskSuccess']),
    );
  });

  const machinesNamed = (name: string) =>
    resourcesOf(template, 'AWS::StepFunctions::StateMachine').filter(
      ([, { Properties }]) => Properties.StateMachineName === name,
    );

  it('closes the operation of a rotation that ends without doing so', () => {
    template.hasResourceProperties('AWS::Events::Rule', { Name: 'autopilot-rotate-token-abandoned' });
  });

  it('looks every hour whose token is due, and may start its rotation and nothing else', () => {
    const [[machineId] = expect.fail()] = machinesNamed('rotate-when-due');
    const [[rotateId] = expect.fail()] = machinesNamed('rotate-token');
    const [[, schedule] = expect.fail()] = resourcesOf(template, 'AWS::Scheduler::Schedule').filter(
      ([, { Properties }]) => Properties.Name === 'autopilot-rotate-when-due',
    );
    expect(schedule.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 hour)',
      State: 'ENABLED',
      Target: { Arn: { Ref: machineId }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } } },
    });
    const starting = allowed(/^states:StartExecution$/).filter((each) => holderOf(each).startsWith('WhenDue'));
    expect(starting.map(({ Resource }) => Resource)).toEqual([[JSON.stringify({ Ref: rotateId })]]);
  });

  it('raises an alarm for whatever nobody waits for', () => {
    const names = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.AlarmName);
    expect(names).toEqual(
      expect.arrayContaining([
        'autopilot-rotate-token-failed',
        'autopilot-rotate-token-timed-out',
        'autopilot-rotate-when-due-failed',
        'autopilot-rotate-when-due-timed-out',
        'autopilot-token-rotation-hold-connections-dead-letters',
      ]),
    );
    // By its errors it only asks Secrets Manager for patience.
    expect(names.filter((name) => String(name).includes('rotate-secret'))).toEqual([]);
  });
});
