import type * as api from '@aws-sdk/client-cloudwatch';
import * as sdk from '@aws-sdk/client-cloudwatch';
import { type Call, operation, type Permission, type Service, ServiceError, type World } from '../../service.ts';
import { type Alarm, AlarmSettings } from './alarm.ts';
import { createAlarms } from './alarms.ts';
import { isStatistic, type MetricId } from './metric-store.ts';

/** CloudWatch API reference: limits of PutMetricData and of the queries. */
const MAX_DATA = 1000;
const MAX_VALUES = 150;
const MAX_DIMENSIONS = 30;
const MAX_DATAPOINTS = 1440;
const OLDEST_MS = 14 * 86_400_000;
const NEWEST_MS = 2 * 3_600_000;
const EVALUATE_EVERY_MS = 60_000;

/** CloudWatch: metrics of functions and services, alarms on one metric each, their events and actions. */
export const createMonitoring = (world: World): Service => {
  const alarms = createAlarms(world);
  const ended = new AbortController();
  const onAlarms =
    (action: string) =>
    (
      { AlarmNames, AlarmName }: { AlarmNames?: string[] | undefined; AlarmName?: string | undefined },
      { region }: Call,
    ): Permission[] =>
      (AlarmNames ?? [AlarmName ?? '']).map((name) => ({
        action,
        resource: `arn:aws:cloudwatch:${region}:${world.accountId}:alarm:${name}`,
      }));
  const getAlarm = (region: string, name = ''): Alarm => {
    const alarm = alarms.find(region, name);
    if (alarm) return alarm;
    throw new ServiceError('ResourceNotFound', `There is no alarm ${name} in ${region}.`, 404);
  };

  const PutMetricData = operation<api.PutMetricDataCommandInput, api.PutMetricDataCommandOutput>({
    permissions: ({ Namespace = '' }) => [
      { action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': Namespace } },
    ],
    handle({ Namespace: namespace = '', MetricData = [] }, { region, principal }) {
      const isService = principal.kind === 'role' && principal.arn.includes(':role/aws-service-role/');
      if (!namespace)
        throw new ServiceError('MissingRequiredParameterException', 'The parameter Namespace is required.');
      if (namespace.startsWith('AWS/') && !isService) {
        throw invalidValue('The value AWS/ for parameter Namespace is invalid: it is reserved for AWS products.');
      }
      if (MetricData.length > MAX_DATA)
        throw invalidValue(`The collection MetricData must not have more than ${MAX_DATA} entries.`);
      const now = world.clock.now();
      // All or nothing: a datum with a fault is found before the first is kept.
      const data = MetricData.flatMap((datum) => readDatum(datum, now));
      for (const datum of data) world.metrics.record({ ...datum, region, namespace });
      return {};
    },
  });

  const GetMetricData = operation<api.GetMetricDataCommandInput, api.GetMetricDataCommandOutput>({
    handle({ MetricDataQueries = [], StartTime, EndTime, ScanBy = 'TimestampDescending' }, { region }) {
      const { fromMs, toMs } = readTimes(StartTime, EndTime);
      const MetricDataResults = MetricDataQueries.filter(({ ReturnData = true }) => ReturnData).map(
        ({ Id = '', Label, MetricStat, Expression }) => {
          if (Expression || !MetricStat) throw invalidValue(`Query ${Id}: the local account knows no metric math.`);
          const { Period: periodSeconds = 60, Stat = '' } = MetricStat;
          refuseBadQuery(periodSeconds, Stat);
          const metric = metricOf(region, MetricStat.Metric);
          const points = [...world.metrics.statistics(metric, { fromMs, toMs, periodSeconds }, Stat)];
          if (ScanBy === 'TimestampDescending') points.reverse();
          return {
            Id,
            Label: Label ?? metric.name,
            Timestamps: points.map(({ atMs }) => new Date(atMs)),
            Values: points.map(({ value }) => value),
            StatusCode: 'Complete' as const,
          };
        },
      );
      return { MetricDataResults, Messages: [] };
    },
  });

  const GetMetricStatistics = operation<api.GetMetricStatisticsCommandInput, api.GetMetricStatisticsCommandOutput>({
    handle(input, { region }) {
      const { MetricName = '', Namespace, Dimensions, Period: periodSeconds = 60 } = input;
      const { Statistics = [], ExtendedStatistics = [] } = input;
      const { fromMs, toMs } = readTimes(input.StartTime, input.EndTime);
      const metric = metricOf(region, { MetricName, Namespace, Dimensions });
      if ((toMs - fromMs) / (periodSeconds * 1000) > MAX_DATAPOINTS) {
        throw new ServiceError(
          'InvalidParameterCombinationException',
          `The request would answer more than ${MAX_DATAPOINTS} datapoints.`,
        );
      }
      const points = new Map<number, Record<string, unknown> & { ExtendedStatistics?: Record<string, number> }>();
      for (const statistic of [...Statistics, ...ExtendedStatistics]) {
        refuseBadQuery(periodSeconds, statistic);
        for (const { atMs, value } of world.metrics.statistics(metric, { fromMs, toMs, periodSeconds }, statistic)) {
          const point = points.get(atMs) ?? { Timestamp: new Date(atMs), Unit: world.metrics.unitOf(metric) };
          if (statistic.startsWith('p')) point.ExtendedStatistics = { ...point.ExtendedStatistics, [statistic]: value };
          else point[statistic] = value;
          points.set(atMs, point);
        }
      }
      return { Label: MetricName, Datapoints: [...points.values()] as api.Datapoint[] };
    },
  });

  const ListMetrics = operation<api.ListMetricsCommandInput, api.ListMetricsCommandOutput>({
    handle({ Namespace, MetricName, Dimensions = [] }, { region }) {
      const fits = ({ namespace, name, dimensions }: MetricId) =>
        (!Namespace || namespace === Namespace) &&
        (!MetricName || name === MetricName) &&
        Dimensions.every(
          ({ Name = '', Value }) => Name in dimensions && (Value === undefined || dimensions[Name] === Value),
        );
      return {
        Metrics: world.metrics
          .list(region)
          .filter(fits)
          .map(({ namespace, name, dimensions }) => ({
            Namespace: namespace,
            MetricName: name,
            Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          })),
      };
    },
  });

  return {
    name: 'cloudwatch',
    api: {
      signingName: 'monitoring',
      iamPrefix: 'cloudwatch',
      sdk,
      Client: sdk.CloudWatchClient,
      operations: {
        PutMetricData,
        GetMetricData,
        GetMetricStatistics,
        ListMetrics,
        PutMetricAlarm: operation<api.PutMetricAlarmCommandInput, api.PutMetricAlarmCommandOutput>({
          permissions: onAlarms('cloudwatch:PutMetricAlarm'),
          handle({ AlarmName = '', ...input }, { region }) {
            const settings = AlarmSettings.safeParse(input);
            if (!settings.success) throw new ServiceError('ValidationError', faultsOf(settings.error));
            alarms.put(region, AlarmName, settings.data);
            return {};
          },
        }),
        DescribeAlarms: operation<api.DescribeAlarmsCommandInput, api.DescribeAlarmsCommandOutput>({
          handle: ({ AlarmNames, AlarmNamePrefix = '', StateValue }, { region }) => ({
            MetricAlarms: alarms
              .list(region)
              .filter(({ name }) => (AlarmNames ? AlarmNames.includes(name) : name.startsWith(AlarmNamePrefix)))
              .filter(({ state }) => !StateValue || state.value === StateValue)
              .map(view),
            CompositeAlarms: [],
          }),
        }),
        DeleteAlarms: operation<api.DeleteAlarmsCommandInput, api.DeleteAlarmsCommandOutput>({
          permissions: onAlarms('cloudwatch:DeleteAlarms'),
          handle({ AlarmNames = [] }, { region }) {
            for (const alarm of AlarmNames.map((name) => getAlarm(region, name))) alarms.remove(alarm);
            return {};
          },
        }),
        SetAlarmState: operation<api.SetAlarmStateCommandInput, api.SetAlarmStateCommandOutput>({
          permissions: onAlarms('cloudwatch:SetAlarmState'),
          async handle({ AlarmName, StateValue = 'OK', StateReason = '', StateReasonData = '' }, { region }) {
            const state = { value: StateValue, reason: StateReason, reasonData: StateReasonData };
            await alarms.set(getAlarm(region, AlarmName), state);
            return {};
          },
        }),
        EnableAlarmActions: operation<api.EnableAlarmActionsCommandInput, api.EnableAlarmActionsCommandOutput>({
          permissions: onAlarms('cloudwatch:EnableAlarmActions'),
          handle({ AlarmNames = [] }, { region }) {
            for (const name of AlarmNames) getAlarm(region, name).actionsEnabled = true;
            return {};
          },
        }),
        DisableAlarmActions: operation<api.DisableAlarmActionsCommandInput, api.DisableAlarmActionsCommandOutput>({
          permissions: onAlarms('cloudwatch:DisableAlarmActions'),
          handle({ AlarmNames = [] }, { region }) {
            for (const name of AlarmNames) getAlarm(region, name).actionsEnabled = false;
            return {};
          },
        }),
      },
    },
    resources: {
      'AWS::CloudWatch::Alarm': {
        create(resource) {
          const { AlarmName, ...settings } = resource.properties;
          const name = typeof AlarmName === 'string' ? AlarmName : resource.generatedName(255);
          const { arn } = alarms.put(resource.region, name, AlarmSettings.parse(settings));
          return { ref: name, attributes: { Arn: arn } };
        },
      },
    },
    start() {
      const eachMinute = async () => {
        for (;;) {
          await world.clock.sleep(EVALUATE_EVERY_MS, ended.signal);
          await alarms.evaluateAll();
        }
      };
      eachMinute().catch((error: unknown) => {
        if (!ended.signal.aborted) world.log('cloudwatch', `alarms are no longer evaluated: ${error}`);
      });
    },
    stop: () => ended.abort(new Error('The local account is ending')),
  };
};

const invalidValue = (message: string) => new ServiceError('InvalidParameterValueException', message);

const faultsOf = (error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}) => error.issues.map(({ path, message }) => `${path.join('.') || 'alarm'}: ${message}`).join('; ');

const metricOf = (region: string, metric: api.Metric = {}): MetricId => ({
  region,
  namespace: metric.Namespace ?? '',
  name: metric.MetricName ?? '',
  dimensions: dimensionsOf(metric.Dimensions),
});

const dimensionsOf = (dimensions: readonly api.Dimension[] = []): Record<string, string> =>
  Object.fromEntries(dimensions.map(({ Name = '', Value = '' }) => [Name, Value]));

const readTimes = (start: Date | undefined, end: Date | undefined) => {
  const [fromMs, toMs] = [start?.getTime() ?? 0, end?.getTime() ?? 0];
  if (fromMs >= toMs) throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  return { fromMs, toMs };
};

const refuseBadQuery = (periodSeconds: number, statistic: string) => {
  if (!Number.isInteger(periodSeconds) || periodSeconds < 60 || periodSeconds % 60 !== 0) {
    throw invalidValue('The local account keeps minutes: Period must be a multiple of 60.');
  }
  if (!isStatistic(statistic)) throw invalidValue(`The local account does not know the statistic ${statistic}.`);
};

/** A datum as CloudWatch takes it: one value, or values with their counts. A statistic set is refused by name. */
const readDatum = (datum: api.MetricDatum, now: number) => {
  const { MetricName: name = '', Dimensions = [], Value, Values, Counts = [], Unit: unit = 'None', Timestamp } = datum;
  if (datum.StatisticValues) throw invalidValue(`${name}: the local account takes values, not statistic sets.`);
  if (datum.StorageResolution === 1) throw invalidValue(`${name}: the local account keeps minutes, not seconds.`);
  if (Dimensions.length > MAX_DIMENSIONS) throw invalidValue(`${name}: at most ${MAX_DIMENSIONS} dimensions.`);
  if ((Value === undefined) === (Values === undefined)) {
    throw new ServiceError('InvalidParameterCombinationException', `${name}: give either Value or Values.`);
  }
  const values = Values ?? [Value ?? 0];
  if (values.length > MAX_VALUES) throw invalidValue(`${name}: at most ${MAX_VALUES} values.`);
  if (!values.every(Number.isFinite)) throw invalidValue(`${name}: the value must be a number, and finite.`);
  const atMs = Timestamp?.getTime() ?? now;
  if (atMs < now - OLDEST_MS || atMs > now + NEWEST_MS) {
    throw invalidValue(`${name}: the timestamp must be from two weeks ago to two hours from now.`);
  }
  const dimensions = dimensionsOf(Dimensions);
  return values.map((value, index) => ({ name, dimensions, value, count: Counts[index] ?? 1, unit, atMs }));
};

const view = ({ name, arn, settings, state, actionsEnabled, updatedAtMs }: Alarm): api.MetricAlarm => {
  const { Tags: _, ...rest } = settings;
  return {
    ...rest,
    AlarmName: name,
    AlarmArn: arn,
    AlarmConfigurationUpdatedTimestamp: new Date(updatedAtMs),
    ActionsEnabled: actionsEnabled,
    StateValue: state.value,
    StateReason: state.reason,
    StateReasonData: state.reasonData,
    StateUpdatedTimestamp: new Date(state.atMs),
  } as api.MetricAlarm;
};
