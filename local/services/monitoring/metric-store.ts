/** One measurement of a metric. */
export interface Datum {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** How often the value was measured; 1 unless said otherwise. */
  readonly count?: number;
  /** As CloudWatch spells it: `Count`, `Percent`, `Milliseconds`; `None` unless said otherwise. */
  readonly unit?: string;
  /** Account time, milliseconds; now unless said otherwise. */
  readonly atMs?: number;
}

/** Names one metric: in CloudWatch, each set of dimensions is a metric of its own. */
export type MetricId = Pick<Datum, 'region' | 'namespace' | 'name' | 'dimensions'>;

export interface Datapoint {
  /** Start of the period, milliseconds. */
  readonly atMs: number;
  readonly value: number;
}

export interface MetricStore {
  record(datum: Datum): void;
  /** Every metric of a Region that was measured in the last two weeks, as `ListMetrics` has it. */
  list(region: string): readonly MetricId[];
  /** The unit that a metric was first measured in. */
  unitOf(metric: MetricId): string | undefined;
  /**
   * One datapoint for each period that has measurements, oldest first. `statistic` is `Sum`, `p99` and so on.
   * With a `unit`, only what was measured in it counts: CloudWatch converts none.
   */
  statistics(metric: MetricId, range: Range, statistic: string, unit?: string): readonly Datapoint[];
}

export interface Range {
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
  /** A multiple of 60. */
  readonly periodSeconds: number;
}

interface Series {
  readonly metric: MetricId;
  readonly unit: string;
  /** By the start of its minute. */
  readonly minutes: Map<number, Sample[]>;
}

interface Sample {
  readonly unit: string;
  readonly value: number;
  readonly count: number;
}

const MINUTE_MS = 60_000;
/** CloudWatch keeps minutes for 15 days, and lists what was measured in the last two weeks (user guide, "Metrics"). */
const KEPT_MS = 15 * 86_400_000;
const LISTED_MS = 14 * 86_400_000;

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;
const STATISTICS: Readonly<Record<string, (samples: readonly Sample[]) => number>> = {
  SampleCount: (samples) => countOf(samples),
  Sum: (samples) => sumOf(samples),
  Average: (samples) => sumOf(samples) / countOf(samples),
  Minimum: (samples) => samples.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY),
  Maximum: (samples) => samples.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY),
};

const countOf = (samples: readonly Sample[]) => samples.reduce((sum, { count }) => sum + count, 0);
const sumOf = (samples: readonly Sample[]) => samples.reduce((sum, { value, count }) => sum + value * count, 0);

/** The value below which that share of the measurements lies. */
const percentile = (samples: readonly Sample[], percent: number): number => {
  const sorted = samples.toSorted((left, right) => left.value - right.value);
  let left = Math.max(1, Math.ceil((percent / 100) * countOf(samples)));
  for (const { value, count } of sorted) {
    left -= count;
    if (left <= 0) return value;
  }
  return sorted.at(-1)?.value ?? Number.NaN;
};

/** Whether this store can compute a statistic. */
export const isStatistic = (name: string): boolean => Object.hasOwn(STATISTICS, name) || PERCENTILE.test(name);

const statisticOf = (samples: readonly Sample[], name: string): number => {
  const plain = STATISTICS[name];
  if (plain) return plain(samples);
  const [, percent] = PERCENTILE.exec(name) ?? [];
  if (percent === undefined) throw new RangeError(`There is no statistic ${name}`);
  return percentile(samples, Number(percent));
};

const keyOf = ({ region, namespace, name, dimensions }: MetricId) =>
  JSON.stringify([
    region,
    namespace,
    name,
    Object.entries(dimensions).sort(([left], [right]) => (left < right ? -1 : 1)),
  ]);

/** What was measured, minute by minute, in memory. */
export const createMetricStore = (now: () => number): MetricStore => {
  const all = new Map<string, Series>();

  const forgetOld = ({ minutes }: Series) => {
    const oldest = now() - KEPT_MS;
    for (const minute of minutes.keys()) {
      if (minute >= oldest) break;
      minutes.delete(minute);
    }
  };

  return {
    record(datum) {
      const { region, namespace, name, dimensions, value, count = 1, unit = 'None', atMs = now() } = datum;
      const metric = { region, namespace, name, dimensions };
      const key = keyOf(metric);
      const series = all.get(key) ?? { metric, unit, minutes: new Map<number, Sample[]>() };
      all.set(key, series);
      const minute = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
      const samples = series.minutes.get(minute) ?? [];
      samples.push({ unit, value, count });
      series.minutes.set(minute, samples);
      forgetOld(series);
    },
    list: (region) =>
      [...all.values()]
        .filter(({ metric, minutes }) => {
          const latest = Math.max(...minutes.keys());
          return metric.region === region && latest >= now() - LISTED_MS;
        })
        .map(({ metric }) => metric),
    unitOf: (metric) => all.get(keyOf(metric))?.unit,
    statistics(metric, { fromMs, toMs, periodSeconds }, statistic, unit) {
      const periodMs = periodSeconds * 1000;
      const periods = new Map<number, Sample[]>();
      for (const [minute, measured] of all.get(keyOf(metric))?.minutes ?? []) {
        const samples = unit === undefined ? measured : measured.filter((sample) => sample.unit === unit);
        if (samples.length === 0) continue;
        const period = Math.floor(minute / periodMs) * periodMs;
        if (period < Math.floor(fromMs / periodMs) * periodMs || minute >= toMs) continue;
        periods.set(period, [...(periods.get(period) ?? []), ...samples]);
      }
      return [...periods]
        .sort(([left], [right]) => left - right)
        .map(([atMs, samples]) => ({ atMs, value: statisticOf(samples, statistic) }));
    },
  };
};
