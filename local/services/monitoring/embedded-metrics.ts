import { z } from 'zod';
import type { Datum } from './metric-store.ts';

/** CloudWatch Logs, "Embedded metric format specification". */
const Embedded = z.looseObject({
  _aws: z.looseObject({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.looseObject({
        Namespace: z.string().min(1),
        Dimensions: z.array(z.array(z.string()).max(30)),
        Metrics: z.array(z.looseObject({ Name: z.string().min(1), Unit: z.string().default('None') })).max(100),
      }),
    ),
  }),
});
const Values = z.union([z.number().transform((value) => [value]), z.array(z.number()).max(100)]);

/** The metrics that a line of a function's log holds. Any other line holds none, and is no error. */
export const embeddedMetrics = (line: string, region: string): Datum[] => {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const start = line.indexOf('{');
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.slice(start));
  } catch {
    return [];
  }
  const entry = Embedded.safeParse(parsed);
  if (!entry.success) return [];
  const { _aws: aws, ...members } = entry.data;
  return aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      // A dimension is named here and has its value beside; without one there is nothing to count by.
      if (!names.every((name) => Object.hasOwn(members, name))) return [];
      const dimensions = Object.fromEntries(names.map((name) => [name, String(members[name])]));
      return Metrics.flatMap(({ Name: name, Unit: unit }) =>
        (Values.safeParse(members[name]).data ?? []).map((value) => ({
          region,
          namespace,
          name,
          dimensions,
          value,
          unit,
          atMs: aws.Timestamp,
        })),
      );
    }),
  );
};
