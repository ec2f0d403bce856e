import type * as api from '@aws-sdk/client-cloudwatch';
import { operation, ServiceError, type World } from '../../service.ts';
import { isStatistic, type MetricId } from './metric-store.ts';

/** CloudWatch API reference: limits of PutMetricData and of the queries. */
const MAX_DATA = 1000;
const MAX_VALUES = 150;
const MAX_DIMENSIONS = 30;
const MAX_DATAPOINTS = 1440;
const OLDEST_MS = 14 * 86_400_000;
const NEWEST_MS = 2 * 3_600_000;

/** Puts measurements, and answers what they were. */
export const metricOperations = (world: World) => {
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
          const { Period: periodSeconds = 60, Stat = '', Unit } = MetricStat;
          refuseBadQuery(periodSeconds, Stat);
          const metric = metricOf(region, MetricStat.Metric);
          const points = [...world.metrics.statistics(metric, { fromMs, toMs, periodSeconds }, Stat, Unit)];
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
      const { Statistics = [], ExtendedStatistics = [], Unit } = input;
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
        const range = { fromMs, toMs, periodSeconds };
        for (const { atMs, value } of world.metrics.statistics(metric, range, statistic, Unit)) {
          const point = points.get(atMs) ?? { Timestamp: new Date(atMs), Unit: Unit ?? world.metrics.unitOf(metric) };
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

  return { PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics };
};

const invalidValue = (message: string) => new ServiceError('InvalidParameterValueException', message);

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
  if (Counts.length > 0 && Counts.length !== values.length) {
    throw invalidValue(`${name}: Values and Counts must be equally many.`);
  }
  if (!values.every(Number.isFinite)) throw invalidValue(`${name}: the value must be a number, and finite.`);
  const atMs = Timestamp?.getTime() ?? now;
  if (atMs < now - OLDEST_MS || atMs > now + NEWEST_MS) {
    throw invalidValue(`${name}: the timestamp must be from two weeks ago to two hours from now.`);
  }
  const dimensions = dimensionsOf(Dimensions);
  return values.map((value, index) => ({ name, dimensions, value, count: Counts[index] ?? 1, unit, atMs }));
};
