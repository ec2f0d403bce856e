import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type MetricDatum,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEvents } from '../../../local/services/events/events.ts';
import { createMonitoring } from '../../../local/services/monitoring/monitoring.ts';
import { createSns } from '../../../local/services/sns/sns.ts';
import { createSqs } from '../../../local/services/sqs/sqs.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';
import { eventually } from '../../builders/eventually.ts';

let world: AWorld;
let cloudwatch: CloudWatchClient;
beforeAll(async () => {
  // A minute of the account is a twentieth of a second.
  world = await aWorld({ services: [createSqs, createSns, createEvents, createMonitoring], speed: 1200 });
  cloudwatch = world.operatorClient(CloudWatchClient);
});
afterAll(() => world.close());

const put = (value: number, name = 'Depth', Namespace = 'Mine') =>
  cloudwatch.send(
    new PutMetricDataCommand({
      Namespace,
      MetricData: [{ MetricName: name, Value: value, Dimensions: [{ Name: 'Queue', Value: 'a' }], Unit: 'Count' }],
    }),
  );
const around = () => ({
  StartTime: new Date(world.clock.now() - 3_600_000),
  EndTime: new Date(world.clock.now() + 60_000),
});
const alarmOn = (MetricName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: `alarm-${MetricName}`,
      Namespace: 'Mine',
      MetricName,
      Dimensions: [{ Name: 'Queue', Value: 'a' }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...more,
    }),
  );
const aQueue = async (name: string) => {
  const sqs = world.operatorClient(SQSClient);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const bodies: unknown[] = [];
  return {
    arn: `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:${name}`,
    bodies: async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 }),
      );
      bodies.push(...Messages.map(({ Body = '{}' }) => JSON.parse(Body)));
      return bodies;
    },
  };
};

describe('metrics', () => {
  test('come back as they were put', async () => {
    await put(3);
    await put(5);
    const { MetricDataResults } = await cloudwatch.send(
      new GetMetricDataCommand({
        ...around(),
        MetricDataQueries: [
          {
            Id: 'depth',
            MetricStat: {
              Metric: { Namespace: 'Mine', MetricName: 'Depth', Dimensions: [{ Name: 'Queue', Value: 'a' }] },
              Period: 3600,
              Stat: 'Sum',
            },
          },
        ],
      }),
    );
    expect(MetricDataResults?.[0]?.Values?.reduce((sum, value) => sum + value, 0)).toBe(8);
  });

  test('come as statistics, each period one datapoint', async () => {
    await put(7, 'Height');
    const { Datapoints } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        ...around(),
        Namespace: 'Mine',
        MetricName: 'Height',
        Dimensions: [{ Name: 'Queue', Value: 'a' }],
        Period: 3600,
        Statistics: ['Maximum', 'SampleCount'],
        ExtendedStatistics: ['p50'],
      }),
    );
    expect(Datapoints).toMatchObject([{ Maximum: 7, SampleCount: 1, Unit: 'Count', ExtendedStatistics: { p50: 7 } }]);
  });

  test('are listed by namespace, name and dimensions', async () => {
    await put(1, 'Listed');
    const list = (more: object) => cloudwatch.send(new ListMetricsCommand({ MetricName: 'Listed', ...more }));
    expect((await list({ Dimensions: [{ Name: 'Queue' }] })).Metrics).toHaveLength(1);
    expect((await list({ Dimensions: [{ Name: 'Queue', Value: 'b' }] })).Metrics).toEqual([]);
  });

  test('travel compressed when there are many of them', async () => {
    const MetricData = Array.from({ length: 200 }, (_, index) => ({ MetricName: `Many${index}`, Value: index }));
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'Mine', MetricData }));
    const { Metrics } = await cloudwatch.send(new ListMetricsCommand({ MetricName: 'Many199' }));
    expect(Metrics).toHaveLength(1);
  });

  test('of AWS’s own namespaces are AWS’s own', async () => {
    await expect(put(1, 'Evictions', 'AWS/ElastiCache')).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('are none of them kept when one has a fault', async () => {
    const MetricData = [
      { MetricName: 'Good', Value: 1 },
      { MetricName: 'Bad', Value: 1, Timestamp: new Date(0) },
    ];
    const attempt = cloudwatch.send(new PutMetricDataCommand({ Namespace: 'Mine', MetricData }));
    await expect(attempt).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    expect((await cloudwatch.send(new ListMetricsCommand({ MetricName: 'Good' }))).Metrics).toEqual([]);
  });

  test.each([
    ['a value and values', { MetricName: 'Odd', Value: 1, Values: [1] }],
    ['fewer counts than values', { MetricName: 'Odd', Values: [1, 2], Counts: [1] }],
    ['a statistic set', { MetricName: 'Odd', StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 } }],
    ['seconds', { MetricName: 'Odd', Value: 1, StorageResolution: 1 }],
  ])('are refused with %s', async (_what, datum) => {
    const attempt = cloudwatch.send(
      new PutMetricDataCommand({ Namespace: 'Mine', MetricData: [datum as MetricDatum] }),
    );
    await expect(attempt).rejects.toMatchObject({ name: expect.stringMatching(/Parameter/) });
  });

  test('are put with the namespace as a condition', async () => {
    await put(1);
    expect(world.asked.at(-1)?.permission).toEqual({
      action: 'cloudwatch:PutMetricData',
      resource: '*',
      context: { 'cloudwatch:namespace': 'Mine' },
    });
  });
});

describe('an alarm', () => {
  const stateOf = async (name: string) => {
    const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [`alarm-${name}`] }));
    return MetricAlarms?.[0]?.StateValue;
  };

  test('that goes off tells the bus and its topic, and comes back by itself', async () => {
    const [onBus, onTopic] = await Promise.all([aQueue('bus'), aQueue('topic')]);
    const events = world.operatorClient(EventBridgeClient);
    await events.send(new PutRuleCommand({ Name: 'alarms', EventPattern: '{"source":["aws.cloudwatch"]}' }));
    await events.send(new PutTargetsCommand({ Rule: 'alarms', Targets: [{ Id: 'queue', Arn: onBus.arn }] }));
    const sns = world.operatorClient(SNSClient);
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'alarms' }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: onTopic.arn }));

    await alarmOn('Flood', { AlarmActions: [TopicArn] });
    await put(99, 'Flood');
    const ofFlood = (value: string) => (event: unknown) => {
      const { detail } = event as { detail: { alarmName: string; state: { value: string } } };
      return detail.alarmName === 'alarm-Flood' && detail.state.value === value;
    };
    const heard = await eventually(onBus.bodies, (all) => all.some(ofFlood('ALARM')));
    expect(heard.find(ofFlood('ALARM'))).toMatchObject({
      'detail-type': 'CloudWatch Alarm State Change',
      resources: [`arn:aws:cloudwatch:us-east-1:${ACCOUNT_ID}:alarm:alarm-Flood`],
      detail: { configuration: { metrics: [{ metricStat: { stat: 'Maximum', period: 60 } }] } },
    });
    const [notification] = await eventually(onTopic.bodies, (all) => all.length > 0);
    expect(notification).toMatchObject({ Subject: 'ALARM: "alarm-Flood" in US East (N. Virginia)' });
    const message = JSON.parse((notification as { Message: string }).Message);
    expect(message).toMatchObject({ AlarmName: 'alarm-Flood', NewStateValue: 'ALARM', Trigger: { Threshold: 10 } });
    await eventually(
      () => stateOf('Flood'),
      (state) => state === 'OK',
    );
  });

  test('carries out nothing while its actions are disabled', async () => {
    const queue = await aQueue('silent');
    const sns = world.operatorClient(SNSClient);
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'silent' }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn }));
    await alarmOn('Silent', { AlarmActions: [TopicArn], TreatMissingData: 'ignore' });
    const set = (StateValue: 'ALARM' | 'OK') =>
      cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'alarm-Silent', StateValue, StateReason: 'a test' }));
    await cloudwatch.send(new DisableAlarmActionsCommand({ AlarmNames: ['alarm-Silent'] }));
    await set('ALARM');
    await set('OK');
    await alarmOn('Silent', { AlarmActions: [TopicArn], TreatMissingData: 'ignore' });
    await set('ALARM');
    const bodies = await eventually(queue.bodies, (all) => all.length > 0);
    expect(bodies).toHaveLength(1);
  });

  test.each([
    'arn:aws:automate:us-east-1:ec2:reboot',
    `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:f`,
    `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:queue`,
  ])('with the action %s is refused', async (action) => {
    await expect(alarmOn('Action', { AlarmActions: [action] })).rejects.toThrow('no other actions');
  });

  test('on metric math is refused', async () => {
    const attempt = alarmOn('Math', { Metrics: [{ Id: 'm', Expression: '1 + 1' }] });
    await expect(attempt).rejects.toMatchObject({ name: expect.stringContaining('Validation') });
  });

  test('that there is not is named', async () => {
    const attempt = cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'nobody', StateValue: 'OK', StateReason: '' }),
    );
    await expect(attempt).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });
});
