import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import { allow } from '../../infra/permissions.ts';
import { resourcesOf, templatesOf } from '../builders/a-template.ts';
import { statementsOf } from '../builders/statements.ts';

const templates = Object.entries(templatesOf());

/** They change nothing that another could see, or (Lambda's network interfaces, X-Ray) have no narrower form. */
const MAY_BE_ANYWHERE = [
  // ElastiCache makes a cache's log delivery in the caller's name; only the functions that order and change caches may.
  /^logs:((Create|Get|Update|Delete|List)LogDeliver(y|ies)|PutResourcePolicy)$/,
  /^(ec2|elasticache|logs):Describe/,
  // It only reads, and IAM knows no resource for it.
  /^cloudtrail:LookupEvents$/,
  /^servicequotas:(Get|List)/,
  // DescribeAlarms tells of composite alarms only to whoever may ask for every alarm (API reference).
  /^cloudwatch:(GetMetricData|DescribeAlarms)$/,
  // Whoever has a task token may answer it, and IAM knows no resource for one.
  /^states:SendTask(Success|Failure)$/,
  /^xray:(Put|Get)/,
  /^secretsmanager:GetRandomPassword$/,
  /^ec2:(Create|Delete)NetworkInterface$/,
  /^ec2:(Una|A)ssignPrivateIpAddresses$/,
];

const CHANGES = /:(?!Describe|List|Get|Lookup)/;

describe.each(templates)('permissions in %s', (_region, template) => {
  const allowed = statementsOf(template).filter(({ Effect }) => Effect === 'Allow');

  it('allow no writing on everything', () => {
    const everywhere = allowed.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action);
    expect(everywhere.filter((action) => !MAY_BE_ANYWHERE.some((pattern) => pattern.test(action)))).toEqual([]);
  });

  it('let only the functions that order and change caches set up the delivery of logs', () => {
    const able = allowed.filter(({ Action }) => Action.includes('logs:PutResourcePolicy')).map(({ policy }) => policy);
    expect(new Set(able.map((policy) => policy.replace(/RoleDefaultPolicy.*/, '')))).toEqual(
      new Set(['CreationChange', 'CreationCreate']),
    );
  });

  it('let the same functions send logs to Firehose: its streams, by tagging them, and no other role of a service', () => {
    const of = (action: string) => allowed.filter(({ Action }) => Action.includes(action));
    const able = of('logs:PutResourcePolicy').map(({ policy }) => policy);
    const tagging = of('firehose:TagDeliveryStream');
    expect(tagging.map(({ policy }) => policy)).toEqual(able);
    for (const { Action, Resource } of tagging) {
      expect(Action).toEqual(['firehose:TagDeliveryStream']);
      for (const arn of Resource) expect(arn).toMatch(/:firehose:.*:deliverystream\/\*/);
    }
    const making = of('iam:CreateServiceLinkedRole').filter(
      ({ Condition }) => Condition?.StringEquals?.['iam:AWSServiceName'] === 'delivery.logs.amazonaws.com',
    );
    expect(making.map(({ policy }) => policy)).toEqual(able);
    for (const { Resource } of making) {
      for (const arn of Resource) {
        expect(arn).toContain(':role/aws-service-role/delivery.logs.amazonaws.com/AWSServiceRoleForLogDelivery');
      }
    }
  });

  it('name every action in full', () => {
    expect(allowed.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('let an existing cache, parameter group or secret be changed only when it carries the opt-in tag', () => {
    const changing = /^(elasticache:(Modify|Delete|Reset)|secretsmanager:(Delete|Put|Restore|Update|Rotate))/;
    // What a cache uses has to be allowed with the change of the cache, and is not changed by it.
    const isUsed = (arn: string) => /:(parametergroup|usergroup):\*$/.test(arn);
    // The final snapshot with which a cache is deleted is not there yet, and no tag can be put on it.
    const isFinalSnapshot = (arn: string) => /:snapshot:\*-final-\*$/.test(arn);
    const untagged = allowed.filter(
      ({ Action, Resource, Condition }) =>
        Action.some((action) => changing.test(action)) &&
        !(
          Resource.every(isUsed) &&
          Action.every((action) => /^elasticache:Modify(ReplicationGroup|CacheCluster)$/.test(action))
        ) &&
        !(
          Resource.every(isFinalSnapshot) &&
          Action.every((action) => /^elasticache:(DeleteReplicationGroup|CreateSnapshot)$/.test(action))
        ) &&
        Condition?.StringEquals?.['aws:ResourceTag/autopilot:managed'] !== 'true',
    );
    expect(untagged).toEqual([]);
  });

  it('let a cache, snapshot, parameter group or secret be made only with the opt-in tag on it, or from what has it', () => {
    const untagged = allowed.filter(
      ({ Action, Resource, Condition }) =>
        Action.some((action) => /^(elasticache|secretsmanager):(Create|AddTags|TagResource)/.test(action)) &&
        Resource.some((arn) => /:(replicationgroup|snapshot|parametergroup:autopilot-|secret):?/.test(arn)) &&
        // It comes with a deletion, where no tag can be given.
        !Resource.every((arn) => /:snapshot:\*-final-\*$/.test(arn)) &&
        Condition?.StringEquals?.['aws:RequestTag/autopilot:managed'] !== 'true' &&
        Condition?.StringEquals?.['aws:ResourceTag/autopilot:managed'] !== 'true',
    );
    expect(untagged).toEqual([]);
  });

  it('keep everything that changes something inside this account and, but for IAM, this Region', () => {
    const here = /^arn:aws:(iam:|[a-z]+:us-(east-1|west-2)):111122223333:/;
    // The ARN of a bucket says neither; its name does.
    const ownBucket = /^arn:aws:s3:::[a-z-]+-111122223333-us-(east-1|west-2)(\/|$)/;
    const foreign = allowed
      .filter(({ Action }) => Action.some((action) => CHANGES.test(action)))
      .flatMap(({ Resource }) => Resource)
      .filter((arn) => arn.startsWith('arn:') && !here.test(arn) && !ownBucket.test(arn));
    expect(foreign).toEqual([]);
  });

  it('let events be put on our bus in our name only', () => {
    const puts = allowed.filter(({ Action }) => Action.includes('events:PutEvents'));
    expect(puts.length).toBeGreaterThan(0);
    for (const { Condition, Resource } of puts) {
      expect(Condition).toEqual({
        'ForAllValues:StringEquals': { 'events:source': 'autopilot' },
        Null: { 'events:source': 'false' },
      });
      expect(Resource).toEqual([expect.stringContaining('AccountBus')]);
    }
  });

  it('deny a function in a VPC the network permissions that are there for Lambda', () => {
    const inVpc = resourcesOf(template, 'AWS::Lambda::Function').filter(([, { Properties }]) => Properties.VpcConfig);
    const denials = statementsOf(template).filter(({ Effect }) => Effect === 'Deny');
    expect(denials).toHaveLength(inVpc.length);
    for (const [, { Properties }] of inVpc) {
      const self = expect.stringMatching(`:function:${Properties.FunctionName}$`);
      expect(denials).toContainEqual(
        expect.objectContaining({ Condition: { ArnEquals: { 'lambda:SourceFunctionArn': self } } }),
      );
    }
  });

  it('come from no managed policy', () => {
    expect(
      resourcesOf(template, 'AWS::IAM::Role').filter(([, { Properties }]) => Properties.ManagedPolicyArns),
    ).toEqual([]);
    expect(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).toEqual([]);
  });
});

describe('allow', () => {
  it('refuses a pattern that nobody gives a reason for', () => {
    const role = new Role(new Stack(new App()), 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    expect(() => allow(role, ['sqs:SendMessage'], ['arn:aws:sqs:us-east-1:111122223333:*'])).toThrow('say `because`');
  });
});
