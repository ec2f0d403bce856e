import type { Felt } from '../measurement.ts';
import { ClientKind, type ProbeLane, type ProbeLog } from '../probe-log.ts';
import { type Columns, failedSpans, oncePerColumn, type Span } from './columns.ts';
import { sayLength } from './say-length.ts';
import type { TimelineView } from './timeline-view.ts';

/** One row of the picture: when one client could not do its work. All spans lie within the picture. */
export interface Strip {
  readonly label: string;
  /** Left out for the control shard, whose clients share a row. */
  readonly client?: ClientKind;
  /** When anything was attempted; left out when nothing was, in this part of the log. */
  readonly attempted?: Span;
  /** The longest one; of the others the failures are drawn. */
  readonly outage?: Span;
  /** Whether the outage reaches beyond the right edge of the picture. */
  readonly goesOn: boolean;
  readonly failed: readonly Span[];
  /** When acknowledged writes were sent that were gone in the end. */
  readonly lostAtMs: readonly number[];
  /** For how long it failed, all outages together, and the kinds of errors, or why there are none. */
  readonly says: string;
}

/** A row for each client's writes and reads of the tested shard, and below them one for the control shard. */
export const stripsOf = (view: TimelineView, columns: Columns): Strip[] => [
  ...ClientKind.options.flatMap((client) =>
    (['write', 'read'] as const).flatMap((does) => testedStrip(view, columns, client, does)),
  ),
  ...controlStrip(view, columns),
];

const testedStrip = (
  { log, measurement }: TimelineView,
  columns: Columns,
  client: ClientKind,
  does: ProbeLane['does'],
): Strip[] => {
  const isThis = (each: { client: string; does: string; shard: string }) =>
    each.client === client && each.does === does && each.shard === 'tested';
  const lanes = log.lanes.filter(isThis);
  const felt = measurement.clients.find(isThis);
  if (lanes.length === 0 && !felt) return [];
  const lostAtMs = does === 'write' ? lanes.flatMap((lane) => sentAt(lane, lostNumbers(log, client))) : [];
  return [
    {
      ...commonOf(log, lanes, felt ? [felt] : [], columns),
      label: `${client} ${does}s`,
      client,
      lostAtMs: oncePerColumn(lostAtMs, columns),
      says: sayFelt(lanes, felt, log.lastedMs),
    },
  ];
};

const controlStrip = ({ log, measurement }: TimelineView, columns: Columns): Strip[] => {
  const lanes = log.lanes.filter(({ shard }) => shard === 'control');
  const felt = measurement.clients.filter(({ shard }) => shard === 'control');
  if (lanes.length === 0 && felt.length === 0) return [];
  const longest = felt.toSorted((one, other) => sizeOf(other) - sizeOf(one))[0];
  return [
    {
      ...commonOf(log, lanes, felt, columns),
      label: `control ${lanes[0]?.shardId ?? 'shard'}`,
      lostAtMs: [],
      says: sayFelt(lanes, longest, log.lastedMs),
    },
  ];
};

const sizeOf = ({ unavailableMs }: Felt) => (unavailableMs === 'not-over' ? Number.POSITIVE_INFINITY : unavailableMs);

const commonOf = (log: ProbeLog, lanes: readonly ProbeLane[], felt: readonly Felt[], columns: Columns) => {
  const attempts = lanes.flatMap(({ sentAtMs, tookMs }) => {
    const last = sentAtMs.length - 1;
    return last < 0 ? [] : [{ fromMs: sentAtMs[0] ?? 0, toMs: (sentAtMs[last] ?? 0) + (tookMs[last] ?? 0) }];
  });
  const outages = felt.flatMap(({ outageFromMs, outageToMs }) =>
    outageFromMs === undefined ? [] : [{ fromMs: outageFromMs, toMs: outageToMs ?? log.lastedMs }],
  );
  const attempted = within(hullOf(attempts), columns);
  const wholeOutage = hullOf(outages);
  const outage = within(wholeOutage, columns);
  return {
    ...(attempted ? { attempted } : {}),
    ...(outage ? { outage } : {}),
    goesOn: wholeOutage !== undefined && wholeOutage.toMs > columns.toMs,
    failed: failedSpans(lanes, columns),
  };
};

const hullOf = (spans: readonly Span[]): Span | undefined =>
  spans.length === 0
    ? undefined
    : {
        fromMs: Math.min(...spans.map(({ fromMs }) => fromMs)),
        toMs: Math.max(...spans.map(({ toMs }) => toMs)),
      };

const within = (span: Span | undefined, { fromMs, toMs }: Columns): Span | undefined => {
  if (!span || span.toMs < fromMs || span.fromMs > toMs) return undefined;
  return { fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) };
};

const lostNumbers = ({ kept }: ProbeLog, client: ClientKind): ReadonlySet<number> =>
  new Set(
    kept
      .filter((each) => each.client === client && each.shard === 'tested')
      .flatMap((each) => (each.lostNumbers === 'unknown' ? [] : each.lostNumbers)),
  );

const sentAt = ({ number, sentAtMs }: ProbeLane, numbers: ReadonlySet<number>): number[] =>
  numbers.size === 0 ? [] : sentAtMs.filter((_, attempt) => numbers.has(number[attempt] ?? -1));

const sayFelt = (lanes: readonly ProbeLane[], felt: Felt | undefined, lastedMs: number): string => {
  if (lanes.every(({ sentAtMs }) => sentAtMs.length === 0)) return 'nothing was attempted';
  if (!felt) return 'not measured';
  if (felt.failures === 0) return 'no failure';
  const kinds = Object.entries(felt.errors)
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([kind, times]) => `${times} × ${kind}`)
    .join(', ');
  const length =
    felt.unavailableMs === 'not-over'
      ? `not over after ${sayLength(lastedMs - (felt.outageFromMs ?? lastedMs))}`
      : `${sayLength(felt.unavailableMs)}${felt.outages > 1 ? ` in ${felt.outages} outages` : ''}`;
  return kinds === '' ? length : `${length} · ${kinds}`;
};
