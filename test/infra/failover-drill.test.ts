import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resourcesOf, templatesOf } from '../builders/a-template.ts';
import { type Statement, statementsOf } from '../builders/statements.ts';

const OPTED_IN = { StringEquals: { 'aws:ResourceTag/autopilot:managed': 'true' } };

/** The construct whose role a policy belongs to, without the VPC in its name. */
const holderOf = ({ policy }: Statement): string =>
  policy.replace(/RoleDefaultPolicy.*/, '').replace(/vpc[0-9a-f]+$/, '');

/** Who is allowed it. */
const allowedTo = (template: Template, action: RegExp): ReadonlySet<string> =>
  new Set(
    statementsOf(template)
      .filter(({ Effect, Action }) => Effect === 'Allow' && Action.some((each) => action.test(each)))
      .map(holderOf),
  );

const functionNamed = (template: Template, name: RegExp) =>
  resourcesOf(template, 'AWS::Lambda::Function').filter(([, { Properties }]) => name.test(Properties.FunctionName));

describe.each(Object.entries(templatesOf()))('the failover drill in %s', (_region, template) => {
  const statements = statementsOf(template).filter(({ Effect }) => Effect === 'Allow');
  const ofDrill = statements.filter(({ policy }) => policy.startsWith('FailoverDrill'));

  it('lets only one function test a failover, and only of groups that opted in', () => {
    expect(allowedTo(template, /^elasticache:TestFailover$/)).toEqual(new Set(['FailoverDrillFailOver']));
    const tests = statements.filter(({ Action }) => Action.includes('elasticache:TestFailover'));
    expect(tests).toHaveLength(1);
    for (const { Action, Resource, Condition } of tests) {
      expect(Action).toEqual(['elasticache:TestFailover']);
      expect(Resource).toEqual([expect.stringContaining(':replicationgroup:*')]);
      expect(Condition).toEqual(OPTED_IN);
    }
  });

  it('changes nothing else of a cache, and nothing of a secret', () => {
    const changes = ofDrill
      .flatMap(({ Action }) => Action)
      .filter((action) => /^(elasticache|secretsmanager|ec2|kms|cloudwatch|ssm|iam):(?!Describe|List|Get)/.test(action))
      // Lambda makes the network interfaces of a function in a VPC.
      .filter((action) => !/^ec2:((Create|Delete)NetworkInterface|(Una|A)ssignPrivateIpAddresses)$/.test(action));
    expect(changes).toEqual(['elasticache:TestFailover']);
  });

  it('lets only who comes into the cache read its secret, which is ours and opted in', () => {
    const reading = ofDrill.filter(({ Action }) => Action.includes('secretsmanager:GetSecretValue'));
    expect(new Set(reading.map(holderOf))).toEqual(new Set(['FailoverDrillProbe', 'FailoverDrillVerify']));
    for (const { Action, Resource, Condition } of reading) {
      expect(Action).toEqual(['secretsmanager:GetSecretValue']);
      expect(Resource).toEqual([expect.stringContaining(':secret:autopilot/*')]);
      expect(Condition).toEqual(OPTED_IN);
    }
  });

  it('lets only the prober, and who tells it to end, answer the workflow', () => {
    const answering = new Set(
      ofDrill.filter(({ Action }) => Action.some((each) => /^states:SendTask/.test(each))).map(holderOf),
    );
    expect(answering).toEqual(new Set(['FailoverDrillProbe', 'FailoverDrillEndProbe']));
    const ending = ofDrill.filter((statement) => holderOf(statement) === 'FailoverDrillEndProbe');
    expect(ending.flatMap(({ Action }) => Action)).not.toContain('states:SendTaskFailure');
  });

  it('lets the prober and the judge put evidence of drills, and only the judge and who looks for its end read it', () => {
    const isOfDrills = ({ Resource }: Statement) => Resource.some((arn) => !arn.endsWith('/rotations/*'));
    const inBucket = statements.filter(
      (each) => each.Action.some((action) => action.startsWith('s3:')) && isOfDrills(each),
    );
    const able = (action: RegExp) =>
      new Set(inBucket.filter(({ Action }) => Action.some((each) => action.test(each))).map(holderOf));
    expect(able(/^s3:Put/)).toEqual(new Set(['FailoverDrillJudge', 'FailoverDrillProbe']));
    expect(able(/^s3:Get/)).toEqual(new Set(['FailoverDrillEndProbe', 'FailoverDrillJudge']));
    // Without it a log that is not there looks like one that nobody may read (GetObject).
    expect(able(/^s3:List/)).toEqual(new Set(['FailoverDrillEndProbe', 'FailoverDrillJudge', 'TokenRotationLetGo']));
    for (const { Action, Resource } of inBucket) {
      const onObjects = !Action.includes('s3:ListBucket');
      for (const action of Action) {
        expect(onObjects ? ['s3:PutObject', 's3:GetObject'] : ['s3:ListBucket']).toContain(action);
      }
      for (const arn of Resource) {
        expect(arn.replace(/^.*:s3:::autopilot-evidence-111122223333-[a-z0-9-]+/, '')).toBe(
          onObjects ? '/drills/*' : '',
        );
      }
    }
  });

  it('lets the steps that only look write nothing, and neither prober nor judge write into the ledger', () => {
    const actionsOf = (name: string) => {
      const actions = ofDrill
        .filter((each) => holderOf(each) === `FailoverDrill${name}`)
        .flatMap(({ Action }) => Action);
      expect(actions.length, name).toBeGreaterThan(0);
      // What every function may, and what Lambda needs for one in a VPC.
      return actions.filter((action) => !/^(xray|ec2):|^logs:(CreateLogStream|PutLogEvents)$/.test(action));
    };
    for (const name of ['Plan', 'Follow', 'WhenDueList']) {
      expect(actionsOf(name).filter((action) => !/:(Describe|List|Get|Query)/.test(action))).toEqual([]);
    }
    // It ends the quarantine, and changes nothing else.
    const verifying = actionsOf('Verify').filter((action) => !/:(Describe|List|Get|Query)/.test(action));
    expect(new Set(verifying)).toEqual(new Set(['dynamodb:PutItem', 'dynamodb:UpdateItem']));
    for (const name of ['Probe', 'Judge']) {
      expect(actionsOf(name).filter((action) => /^dynamodb:(?!GetItem|Query)/.test(action))).toEqual([]);
    }
  });

  it('lets only who raises an incident, and who opens and closes operations, speak on the bus for a drill', () => {
    const speaking = [...allowedTo(template, /^events:PutEvents$/)];
    expect(speaking.filter((who) => who.startsWith('FailoverDrill'))).toEqual(['FailoverDrillRaiseIncident']);
  });

  it('runs a prober as long as Lambda lets it, never a second time, never late, and leaves its event when it fails', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue').filter(
      ([, { Properties }]) => Properties.QueueName === 'autopilot-failover-drill-probe-dead-letters',
    );
    expect(queues).toHaveLength(1);
    const probers = functionNamed(template, /^autopilot-failover-drill-probe-vpc-/);
    const settings = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties);
    expect(probers.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of probers) {
      expect(Properties).toMatchObject({
        Timeout: 900,
        // One virtual CPU.
        MemorySize: 1769,
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

  it('closes the operation of a drill that ends without doing so', () => {
    template.hasResourceProperties('AWS::Events::Rule', { Name: 'autopilot-failover-drill-abandoned' });
  });

  it('lets who lists the due see what was drilled, and the questions that wait', () => {
    const listing = ofDrill.filter((statement) => holderOf(statement) === 'FailoverDrillWhenDueList');
    const indexes = listing
      .filter(({ Action }) => Action.includes('dynamodb:Query'))
      .flatMap(({ Resource }) => Resource);
    expect(indexes.map((arn) => arn.replace(/^.*\/index\//, '').replace(/[^a-z-].*$/, '')).sort()).toEqual([
      'by-cache',
      'by-kind',
    ]);
  });

  it('looks every hour whose drill is due, and may start that and nothing else', () => {
    const [[machineId] = expect.fail()] = resourcesOf(template, 'AWS::StepFunctions::StateMachine').filter(
      ([, { Properties }]) => Properties.StateMachineName === 'drill-when-due',
    );
    const [[drillId] = expect.fail()] = resourcesOf(template, 'AWS::StepFunctions::StateMachine').filter(
      ([, { Properties }]) => Properties.StateMachineName === 'failover-drill',
    );
    const [[, schedule] = expect.fail()] = resourcesOf(template, 'AWS::Scheduler::Schedule').filter(
      ([, { Properties }]) => Properties.Name === 'autopilot-drill-when-due',
    );
    expect(schedule.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 hour)',
      State: 'ENABLED',
      Target: { Arn: { Ref: machineId }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } } },
    });
    const starting = ofDrill.filter(({ Action }) => Action.includes('states:StartExecution'));
    expect(starting.map(({ Resource }) => Resource)).toEqual([[JSON.stringify({ Ref: drillId })]]);
    expect(starting.map(holderOf)).toEqual(['FailoverDrillWhenDuedrillwhendue']);
  });
});
