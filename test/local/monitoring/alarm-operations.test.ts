import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  ListTagsForResourceCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  SetAlarmStateCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Service, World } from '../../../local/service.ts';
import { createMonitoring } from '../../../local/services/monitoring/monitoring.ts';
import { build } from '../../builders/a-template-resource.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

const TOPIC = `arn:aws:sns:us-east-1:${ACCOUNT_ID}:alarms`;
const arnOf = (name: string) => `arn:aws:cloudwatch:us-east-1:${ACCOUNT_ID}:alarm:${name}`;

// At the wall's own speed no minute passes within a test: an alarm changes its state only when it is told to.
let world: AWorld;
let monitoring: Service;
let cloudwatch: CloudWatchClient;
beforeEach(async () => {
  const create = (inside: World) => {
    monitoring = createMonitoring(inside);
    return monitoring;
  };
  world = await aWorld({ services: [create] });
  cloudwatch = world.operatorClient(CloudWatchClient);
});
afterEach(() => world.close());

const put = (AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: 'Mine',
      MetricName: 'Depth',
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
      ...more,
    }),
  );
const setState = (AlarmName: string, StateValue: 'ALARM' | 'OK', StateReasonData?: string) =>
  cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'a test', StateReasonData }));
const askedLast = (count = 1) => world.asked.slice(-count).map(({ permission }) => permission);

describe('an alarm of a template', () => {
  const properties = {
    AlarmActions: [TOPIC],
    AlarmDescription: 'An execution of create-cache failed.',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Dimensions: [{ Name: 'StateMachineArn', Value: 'arn:aws:states:us-east-1:111122223333:stateMachine:create-cache' }],
    EvaluationPeriods: 1,
    MetricName: 'ExecutionsFailed',
    Namespace: 'AWS/States',
    Period: 60,
    Statistic: 'Sum',
    Tags: [{ Key: 'application', Value: 'autopilot' }],
    Threshold: 1,
    TreatMissingData: 'notBreaching',
  };
  const make = (more: object = {}) => build(monitoring, 'AWS::CloudWatch::Alarm', { ...properties, ...more });

  it('is an alarm like any other, under its own name or the one that CloudFormation gives it', async () => {
    expect(await make({ AlarmName: 'failed' })).toEqual({ ref: 'failed', attributes: { Arn: arnOf('failed') } });
    expect(await make()).toMatchObject({ ref: 'S-Made-1' });
    const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['failed'] }));
    const { Tags: _, ...answered } = properties;
    expect(MetricAlarms).toMatchObject([
      { ...answered, StateValue: 'INSUFFICIENT_DATA', StateReason: 'Unchecked: Initial alarm creation' },
    ]);
  });

  it.each([
    ['AlarmName', { AlarmName: ['a'] }],
    ['Metrics', { Metrics: [] }],
    ['ThresholdMetricId', { ThresholdMetricId: 'e1' }],
    ['EvaluateLowSampleCountPercentile', { EvaluateLowSampleCountPercentile: 'ignore' }],
    ['ComparisonOperator', { ComparisonOperator: 'LessThanLowerThreshold' }],
  ])('is refused for its %s, by name', async (name, more) => {
    await expect(make(more)).rejects.toThrow(name);
  });
});

describe('DescribeAlarms', () => {
  const namesOf = async (input: object) => {
    const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand(input));
    return MetricAlarms.map(({ AlarmName }) => AlarmName);
  };

  it('finds by name, prefix, state and action', async () => {
    await put('orders-full', { AlarmActions: [TOPIC] });
    await put('orders-slow');
    await put('users-full');
    await setState('users-full', 'OK');
    expect(await namesOf({ AlarmNames: ['orders-slow', 'nobody'] })).toEqual(['orders-slow']);
    expect(await namesOf({ AlarmNamePrefix: 'orders-' })).toEqual(['orders-full', 'orders-slow']);
    expect(await namesOf({ StateValue: 'OK' })).toEqual(['users-full']);
    expect(await namesOf({ ActionPrefix: 'arn:aws:sns:' })).toEqual(['orders-full']);
    expect(await namesOf({ AlarmTypes: ['CompositeAlarm'] })).toEqual([]);
  });

  it('answers page by page', async () => {
    for (const name of ['a', 'b', 'c']) await put(name);
    const first = await cloudwatch.send(new DescribeAlarmsCommand({ MaxRecords: 2 }));
    expect(first.MetricAlarms).toHaveLength(2);
    expect(await namesOf({ MaxRecords: 2, NextToken: first.NextToken })).toEqual(['c']);
    expect(await namesOf({ MaxRecords: 3 })).toHaveLength(3);
    await expect(namesOf({ NextToken: 'forged' })).rejects.toMatchObject({ name: 'InvalidNextToken' });
  });

  it('refuses what belongs to composite alarms', async () => {
    await expect(namesOf({ ChildrenOfAlarmName: 'a' })).rejects.toThrow('composite');
  });

  it('needs the permission for each alarm that is named, or for all', async () => {
    await namesOf({ AlarmNames: ['a', 'b'] });
    expect(askedLast(2).map(({ resource }) => resource)).toEqual([arnOf('a'), arnOf('b')]);
    await namesOf({ AlarmNamePrefix: 'a' });
    expect(askedLast()).toEqual([{ action: 'cloudwatch:DescribeAlarms', resource: arnOf('*') }]);
    await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['failed'], AlarmTypes: ['CompositeAlarm'] }));
    expect(askedLast()).toEqual([{ action: 'cloudwatch:DescribeAlarms', resource: '*' }]);
  });
});

test('an alarm is found by its metric: the same dimensions, no more and no fewer', async () => {
  await put('plain');
  await put('of-a', { Dimensions: [{ Name: 'Queue', Value: 'a' }], Period: 120 });
  const namesOf = async (more: object) => {
    const input = { Namespace: 'Mine', MetricName: 'Depth', ...more };
    const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsForMetricCommand(input));
    return MetricAlarms.map(({ AlarmName }) => AlarmName);
  };
  const ofA = { Dimensions: [{ Name: 'Queue', Value: 'a' }] };
  expect(await namesOf({})).toEqual(['plain']);
  expect(await namesOf(ofA)).toEqual(['of-a']);
  expect(await namesOf({ ...ofA, Period: 60 })).toEqual([]);
  expect(await namesOf({ Statistic: 'Sum' })).toEqual([]);
  expect(askedLast()).toEqual([{ action: 'cloudwatch:DescribeAlarmsForMetric', resource: '*' }]);
});

describe('the history of an alarm', () => {
  const history = async (more: object = {}) => {
    const { AlarmHistoryItems = [] } = await cloudwatch.send(new DescribeAlarmHistoryCommand(more));
    return AlarmHistoryItems;
  };

  it('tells its making, its states and its end, newest first', async () => {
    await put('full');
    await put('full', { Threshold: 20 });
    await setState('full', 'OK');
    await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['full'] }));
    expect((await history({ AlarmName: 'full' })).map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm "full" deleted',
      'Alarm updated from INSUFFICIENT_DATA to OK',
      'Alarm "full" updated',
      'Alarm "full" created',
    ]);
    expect(await history({ AlarmName: 'other' })).toEqual([]);
  });

  it('has the states for machines, with the reasons that they came with', async () => {
    await put('full');
    await setState('full', 'OK', '{"depth":1}');
    const [item] = await history({ HistoryItemType: 'StateUpdate' });
    expect(JSON.parse(item?.HistoryData ?? '')).toEqual({
      version: '1.0',
      oldState: { stateValue: 'INSUFFICIENT_DATA', stateReason: 'Unchecked: Initial alarm creation' },
      newState: { stateValue: 'OK', stateReason: 'a test', stateReasonData: { depth: 1 } },
    });
  });

  it('tells an action that failed', async () => {
    await put('full', { OKActions: [TOPIC] });
    await setState('full', 'OK'); // There is no SNS here.
    expect(await history({ HistoryItemType: 'Action' })).toMatchObject([
      { HistorySummary: `Failed to execute action ${TOPIC}`, AlarmType: 'MetricAlarm' },
    ]);
  });
});

test('reasons for machines are JSON', async () => {
  await put('full');
  await expect(setState('full', 'OK', 'because')).rejects.toMatchObject({ name: 'InvalidFormatFault' });
});

describe('tags of an alarm', () => {
  const tagsOf = async (name: string) => {
    const { Tags = [] } = await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN: arnOf(name) }));
    return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
  };
  const tag = (name: string, Key: string, Value: string) =>
    cloudwatch.send(new TagResourceCommand({ ResourceARN: arnOf(name), Tags: [{ Key, Value }] }));

  it('are given when it is made, and afterwards by themselves only', async () => {
    await put('full', { Tags: [{ Key: 'owner', Value: 'a' }] });
    // PutMetricAlarm: tags of an alarm that exists are ignored.
    await put('full', { Tags: [{ Key: 'owner', Value: 'b' }] });
    expect(await tagsOf('full')).toEqual({ owner: 'a' });
    await tag('full', 'owner', 'c');
    await tag('full', 'tier', '1');
    await cloudwatch.send(new UntagResourceCommand({ ResourceARN: arnOf('full'), TagKeys: ['owner'] }));
    expect(await tagsOf('full')).toEqual({ tier: '1' });
  });

  it('are at most fifty', async () => {
    await put('full', { Tags: Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' })) });
    await tag('full', 'k0', 'new');
    await expect(tag('full', 'k50', '')).rejects.toThrow('50 tags');
  });

  it('need an alarm', async () => {
    await expect(tagsOf('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('are told to IAM: what it has, and what it is to have', async () => {
    await put('full', { Tags: [{ Key: 'owner', Value: 'a' }], AlarmActions: [TOPIC] });
    const requested = { 'aws:RequestTag/owner': 'a', 'aws:TagKeys': ['owner'] };
    expect(askedLast(2)).toEqual([
      {
        action: 'cloudwatch:PutMetricAlarm',
        resource: arnOf('full'),
        context: { ...requested, 'cloudwatch:AlarmActions': [TOPIC] },
      },
      { action: 'cloudwatch:TagResource', resource: arnOf('full'), context: requested },
    ]);
    await tag('full', 'tier', '1');
    expect(askedLast()[0]?.context).toEqual({
      'aws:ResourceTag/owner': 'a',
      'aws:RequestTag/tier': '1',
      'aws:TagKeys': ['tier'],
    });
  });
});
