import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';
import type { Ledger } from '../platform/ledger.ts';
import type { Objects } from '../platform/objects.ts';
import { FixInput } from '../platform/operator-actions.ts';
import { parse } from '../platform/parse.ts';
import { DRILL_WORKFLOW, drillsOf } from './drill-history.ts';
import { evidenceKeys } from './evidence-keys.ts';
import { measure } from './measure.ts';
import { ProbeLog } from './probe-log.ts';
import type { DrillResult, JudgeInput, Verdict } from './schemas.ts';
import type { TimelineView } from './timeline/timeline-view.ts';
import { pastOutage, trendIn, verdictOf } from './verdict.ts';

interface Tools {
  readonly objects: Objects;
  readonly ledger: Pick<Ledger, 'operations'>;
  readonly region: string;
  readonly bucket: string;
  readonly draw: (view: TimelineView) => Promise<{ readonly svg: string; readonly png: Uint8Array }>;
}

/** How many earlier drills a trend tells of. */
const TREND_DRILLS = 12;

/** Measures a drill by the prober's log, judges it, and keeps the picture beside the log. Repeated, it writes the same again. */
export const judgeDrill = async (input: z.output<typeof JudgeInput>, tools: Tools): Promise<Verdict> => {
  const { operationId, cacheId, shardId, targetSeconds } = input;
  const { region, ledger, objects } = tools;
  const [log, operations] = await Promise.all([
    readLog(objects, evidenceKeys(input).log),
    ledger.operations({ region, cacheId, workflow: DRILL_WORKFLOW, limit: TREND_DRILLS * 4 }),
  ]);
  const earlier = drillsOf(operations).filter((drill) => drill.operationId !== operationId);
  const measurement = log && measure(log);
  const judged = verdictOf(measurement, `shard ${shardId} of ${cacheId}`, targetSeconds);
  // Of a log that does not show the failover the figures would be zeros, and the next drill would be measured by them.
  const told = judged.reason === 'NotMeasured' ? undefined : measurement;
  const trend = earlier.filter((drill) => pastOutage(drill) !== undefined).slice(0, TREND_DRILLS);
  return {
    ...judged,
    ...(told ? { measurement: told } : {}),
    trend,
    trendSays: trendIn(told?.writeUnavailableMs, trend),
    ...(log && measurement ? { pictures: await keepPictures(input, { log, measurement, judged, trend }, tools) } : {}),
  };
};

/** Undefined when there is no such log, so that nothing is measured. @throws FixInput for one that is none */
const readLog = async (objects: Objects, key: string): Promise<ProbeLog | undefined> => {
  const packed = await objects.get(key);
  return packed && parse(ProbeLog, unpacked(packed, key), `the probe log ${key}`);
};

const unpacked = (packed: Uint8Array, key: string): unknown => {
  try {
    return JSON.parse(gunzipSync(packed).toString('utf8'));
  } catch (cause) {
    throw new FixInput(`the probe log ${key} is not as it should be: it cannot be unpacked.`, { cause });
  }
};

/** How the picture is coloured: what nobody saw was neither passed nor failed. */
const outcomeOf = ({ passed, reason }: Pick<Verdict, 'passed' | 'reason'>): TimelineView['verdict']['outcome'] => {
  if (reason === 'NotMeasured') return 'unclear';
  return passed ? 'passed' : 'failed';
};

const keepPictures = async (
  input: z.output<typeof JudgeInput>,
  seen: {
    readonly log: ProbeLog;
    readonly measurement: NonNullable<Verdict['measurement']>;
    readonly judged: Pick<Verdict, 'passed' | 'reason' | 'summary'>;
    readonly trend: readonly DrillResult[];
  },
  { objects, bucket, draw }: Tools,
): Promise<NonNullable<Verdict['pictures']>> => {
  const { svg, png } = await draw({
    log: seen.log,
    measurement: seen.measurement,
    verdict: { outcome: outcomeOf(seen.judged), says: seen.judged.summary },
    targetSeconds: input.targetSeconds,
    orderedAt: input.orderedAt,
    marks: input.marks,
    past: seen.trend.toReversed().flatMap((drill) => {
      const writeUnavailableMs = pastOutage(drill);
      return writeUnavailableMs === undefined ? [] : [{ at: drill.at, writeUnavailableMs }];
    }),
  });
  const keys = evidenceKeys(input);
  await objects.put(keys.svg, svg, 'image/svg+xml');
  await objects.put(keys.png, png, 'image/png');
  return { svg: `s3://${bucket}/${keys.svg}`, png: `s3://${bucket}/${keys.png}` };
};
