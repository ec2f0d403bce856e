import { existsSync, readFileSync } from 'node:fs';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { aConfiguration, aVpc } from '../builders/a-configuration.ts';
import { type Resource, resourcesOf, templatesOf } from '../builders/a-template.ts';

const templates = templatesOf();
const regions = Object.entries(templates);

/** Headings of a Markdown file as GitHub makes links of them. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

/** The logical id that an intrinsic function refers to. */
const referenceIn = (value: unknown): string =>
  /"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/.exec(JSON.stringify(value ?? null))?.[1] ?? '';

describe('the app', () => {
  it('has one stack for each Region', () => {
    expect(Object.keys(templates)).toEqual(['us-east-1', 'us-west-2']);
  });

  it('runs in each VPC who verifies what was made, who probes and verifies a failover, who tries tokens and holds connections, and nothing else', () => {
    const regions = { 'us-east-1': { vpcs: [aVpc('00000001'), aVpc('00000002'), aVpc('00000003')] } };
    const template = templatesOf(aConfiguration({ regions, drRegion: undefined }))['us-east-1'];
    const inVpcs = resourcesOf(template ?? expect.fail(), 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
      Properties.VpcConfig ? [[Properties.FunctionName, Properties.VpcConfig]] : [],
    );
    const functions = [
      'creation-verify',
      'failover-drill-probe',
      'failover-drill-verify',
      'token-rotation-look-at-nodes',
      'token-rotation-hold-connections',
    ];
    expect(Object.fromEntries(inVpcs)).toEqual(
      Object.fromEntries(
        functions.flatMap((name) =>
          ['1', '2', '3'].map((n) => [
            `autopilot-${name}-vpc-0000000${n}`,
            { SubnetIds: [`subnet-0000000${n}`], SecurityGroupIds: [`sg-0000000${n}`] },
          ]),
        ),
      ),
    );
  });
});

describe.each(regions)('every function in %s', (_region, template) => {
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  const groups = new Map(resourcesOf(template, 'AWS::Logs::LogGroup'));

  it('runs on Node 24 and ARM64, traces, and logs as JSON to a group of its own that expires', () => {
    expect(functions.length).toBeGreaterThan(0);
    for (const [, { Properties }] of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON' },
      });
      expect(groups.get(referenceIn(Properties.LoggingConfig.LogGroup))?.Properties).toMatchObject({
        LogGroupName: `/aws/lambda/${Properties.FunctionName}`,
        RetentionInDays: 90,
      });
    }
  });

  it('has a role of its own', () => {
    const roles = functions.map(([, { Properties }]) => referenceIn(Properties.Role));
    expect(new Set(roles).size).toBe(functions.length);
  });
});

describe.each(regions)('every asynchronous hop in %s', (_region, template) => {
  const functions = new Map(resourcesOf(template, 'AWS::Lambda::Function'));
  const queues = new Map(resourcesOf(template, 'AWS::SQS::Queue'));
  const targets = resourcesOf(template, 'AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.Targets);
  const subscriptions = resourcesOf(template, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties);

  it('leaves what cannot be delivered in a queue', () => {
    expect(targets.length).toBeGreaterThan(0);
    expect(subscriptions.length).toBeGreaterThan(0);
    for (const { DeadLetterConfig } of targets) expect(queues.has(referenceIn(DeadLetterConfig?.Arn))).toBe(true);
    for (const { RedrivePolicy } of subscriptions) {
      expect(queues.has(referenceIn(RedrivePolicy?.deadLetterTargetArn))).toBe(true);
    }
  });

  it('leaves what the function could not handle in a queue', () => {
    for (const { Arn, Endpoint } of [...targets, ...subscriptions]) {
      const fn = functions.get(referenceIn(Arn ?? Endpoint));
      expect(queues.has(referenceIn(fn?.Properties.DeadLetterConfig?.TargetArn))).toBe(true);
    }
  });

  it('has an alarm on its queue, which keeps messages as long as SQS can', () => {
    const watched = resourcesOf(template, 'AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) => Properties.Namespace === 'AWS/SQS')
      .map(([, { Properties }]) => referenceIn(Properties.Dimensions[0].Value));
    expect(new Set(watched)).toEqual(new Set(queues.keys()));
    for (const queue of queues.values()) {
      expect(queue.Properties).toMatchObject({ MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true });
    }
  });
});

describe.each(regions)('every alarm in %s', (_region, template) => {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);

  it('links a heading of the runbook that exists', () => {
    const anchors = existsSync('docs/runbook.md') ? anchorsOf('docs/runbook.md') : [];
    for (const { AlarmName, AlarmDescription } of alarms) {
      const [, anchor] = /docs\/runbook\.md#([a-z-]+)$/.exec(AlarmDescription) ?? [];
      expect(anchors, `${AlarmName} links #${anchor}`).toContain(anchor);
    }
  });

  it('tells the alarm topic', () => {
    for (const { AlarmActions } of alarms) {
      expect(AlarmActions.map(referenceIn)).toEqual([expect.stringContaining('AlarmsTopic')]);
    }
  });

  it('leaves no workflow but settle unwatched', () => {
    const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine');
    const expected = machines
      .filter(([, { Properties }]) => Properties.StateMachineName !== 'settle')
      .flatMap(([id]) => [`${id} ExecutionsFailed`, `${id} ExecutionsTimedOut`]);
    const watched = alarms
      .filter(({ Namespace }) => Namespace === 'AWS/States')
      .map(({ Dimensions, MetricName }) => `${referenceIn(Dimensions[0].Value)} ${MetricName}`);
    expect(new Set(watched)).toEqual(new Set(expected));
  });
});

describe('alarms', () => {
  it('are mailed to whom the configuration names', () => {
    const template = templatesOf(aConfiguration({ alarmEmail: 'ops@example.com' }))['us-east-1'];
    template?.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' });
  });
});

describe.each(regions)('what all share in %s', (_region, template) => {
  it('has a ledger that is encrypted, can be restored, forgets expired records and outlives the stack', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: {
        TableName: 'autopilot-ledger',
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        GlobalSecondaryIndexes: [
          Match.objectLike({ IndexName: 'by-cache' }),
          Match.objectLike({ IndexName: 'by-kind' }),
        ],
      },
    });
  });

  it('has the bus and the policy document under the names that everybody knows', () => {
    template.hasResourceProperties('AWS::Events::EventBus', { Name: 'autopilot' });
    template.hasResourceProperties('AWS::SSM::Parameter', { Name: '/autopilot/policy', Type: 'String' });
  });

  it('lets ElastiCache publish: not encrypted, allowed by AWS:SourceOwner, and only unencrypted traffic denied', () => {
    const [topicId, topic] =
      resourcesOf(template, 'AWS::SNS::Topic').find(
        ([, { Properties }]) => Properties.TopicName === 'elasticache-events',
      ) ?? expect.fail('there is no topic elasticache-events');
    expect(topic.Properties.KmsMasterKeyId).toBeUndefined();
    const policy = resourcesOf(template, 'AWS::SNS::TopicPolicy').find(
      ([, { Properties }]: [string, Resource]) => referenceIn(Properties.Topics[0]) === topicId,
    )?.[1].Properties.PolicyDocument.Statement;
    expect(policy).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      {
        Sid: 'ElastiCachePublish',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: 'sns:Publish',
        Resource: { Ref: topicId },
        Condition: { StringEquals: { 'AWS:SourceOwner': '111122223333' } },
      },
    ]);
  });

  it('tells the plan for a new cache the topic of its own Region', () => {
    const [topicId] =
      resourcesOf(template, 'AWS::SNS::Topic').find(
        ([, { Properties }]) => Properties.TopicName === 'elasticache-events',
      ) ?? expect.fail('there is no topic elasticache-events');
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'autopilot-creation-plan',
      Environment: { Variables: Match.objectLike({ NOTIFICATION_TOPIC_ARN: { Ref: topicId } }) },
    });
  });
});
