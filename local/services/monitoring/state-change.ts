import { randomUUID } from 'node:crypto';
import { type Alarm, type AlarmState, dimensionsOf, statisticOf } from './alarm.ts';
import { awsTime } from './evaluate-alarm.ts';

/** Names of Regions as CloudWatch's notifications write them. */
const REGION_NAMES: Readonly<Record<string, string>> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
  'eu-central-1': 'EU (Frankfurt)',
  'eu-west-1': 'EU (Ireland)',
};

/** EventBridge guide, "Alarm state change" events of CloudWatch. */
export const eventDetail = ({ name, settings, state }: Alarm, previous: AlarmState) => ({
  alarmName: name,
  configuration: {
    description: settings.AlarmDescription,
    metrics: [
      {
        id: randomUUID(),
        metricStat: {
          metric: { namespace: settings.Namespace, name: settings.MetricName, dimensions: dimensionsOf(settings) },
          period: settings.Period,
          stat: statisticOf(settings),
        },
        returnData: true,
      },
    ],
  },
  previousState: stateInEvent(previous),
  state: stateInEvent(state),
});

const stateInEvent = ({ value, reason, reasonData, atMs }: AlarmState) => ({
  value,
  reason,
  ...(reasonData ? { reasonData } : {}),
  timestamp: awsTime(atMs),
});

/** SNS API reference, Publish: characters of a subject. */
const MAX_SUBJECT = 100;

/** `ALARM: "orders-evictions" in US East (N. Virginia)`, with as much of the name as there is room for. */
export const snsSubject = ({ name, region, state }: Alarm): string => {
  const subject = (shown: string) => `${state.value}: "${shown}" in ${REGION_NAMES[region] ?? region}`;
  const tooLong = subject(name).length - MAX_SUBJECT;
  return subject(tooLong > 0 ? `${name.slice(0, -(tooLong + 3))}...` : name);
};

/** What an alarm publishes to a topic (user guide, "Notify users on alarm changes"). */
export const snsMessage = (
  { name, arn, region, settings, state, updatedAtMs }: Alarm,
  previous: AlarmState,
  accountId: string,
) => ({
  AlarmName: name,
  AlarmDescription: settings.AlarmDescription,
  AWSAccountId: accountId,
  AlarmConfigurationUpdatedTimestamp: awsTime(updatedAtMs),
  NewStateValue: state.value,
  NewStateReason: state.reason,
  StateChangeTime: awsTime(state.atMs),
  Region: REGION_NAMES[region] ?? region,
  AlarmArn: arn,
  OldStateValue: previous.value,
  OKActions: settings.OKActions,
  AlarmActions: settings.AlarmActions,
  InsufficientDataActions: settings.InsufficientDataActions,
  Trigger: {
    MetricName: settings.MetricName,
    Namespace: settings.Namespace,
    ...(settings.Statistic
      ? { StatisticType: 'Statistic', Statistic: settings.Statistic.toUpperCase() }
      : { StatisticType: 'ExtendedStatistic', ExtendedStatistic: settings.ExtendedStatistic }),
    Unit: settings.Unit ?? null,
    Dimensions: settings.Dimensions.map(({ Name: dimension, Value: value }) => ({ value, name: dimension })),
    Period: settings.Period,
    EvaluationPeriods: settings.EvaluationPeriods,
    DatapointsToAlarm: settings.DatapointsToAlarm ?? settings.EvaluationPeriods,
    ComparisonOperator: settings.ComparisonOperator,
    Threshold: settings.Threshold,
    TreatMissingData: settings.TreatMissingData,
    EvaluateLowSampleCountPercentile: '',
  },
});
