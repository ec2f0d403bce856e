import { ClientKind } from '../probe-log.ts';
import { type Columns, type LatencyPoint, latencyLines } from './columns.ts';
import type { Focus } from './focus.ts';
import { CLIENTS, COLOURS, type Shape, signOf } from './look.ts';
import type { TimelineView } from './timeline-view.ts';

/** One client's answers, in lines that end where attempts failed. */
export interface ClientLatency {
  readonly client: ClientKind;
  readonly lines: readonly (readonly LatencyPoint[])[];
}

export const GRID_LINE = { lineStyle: { color: COLOURS.grid } } as const;

/** Where a point of the panel is in the picture, in pixels. */
type Place = (atMs: number, tookMs: number) => readonly [number, number];

/** Faster answers are drawn as if they took so long: a logarithmic axis has no zero. */
const SHORTEST_MS = 0.05;

const SIGN_EVERY_PX = 90;
const SIGN_PX = 4.5;

/** The axis from and to a power of ten around all points, at least one decade of it. */
export const latencyRange = (clients: readonly ClientLatency[]): { readonly fromMs: number; readonly toMs: number } => {
  let shortest = Number.POSITIVE_INFINITY;
  let longest = 0;
  for (const { medianMs, slowestMs } of clients.flatMap(({ lines }) => lines.flat())) {
    shortest = Math.min(shortest, medianMs);
    longest = Math.max(longest, slowestMs);
  }
  const fromMs = 10 ** Math.floor(Math.log10(Math.max(SHORTEST_MS, Math.min(shortest, 1))));
  return { fromMs, toMs: Math.max(fromMs * 10, 10 ** Math.ceil(Math.log10(Math.max(longest, 10)))) };
};

/** A client's medians as a line with its sign, over a shade that reaches up to the slowest answers. */
const latencyShapes = ({ client, lines }: ClientLatency, order: number, place: Place): Shape[] => {
  const { colour } = CLIENTS[client];
  // Each client's signs begin elsewhere, so that lines of equal height do not hide each other's.
  let nextSignPx = Number.NEGATIVE_INFINITY;
  return lines.flatMap((line) => {
    const medians = line.map(({ atMs, medianMs }) => place(atMs, medianMs));
    const slowest = line.map(({ atMs, slowestMs }) => place(atMs, slowestMs));
    const signs = medians.filter(([x], index) => {
      const atAnEnd = index === 0 || index === medians.length - 1;
      if (x < nextSignPx && !(atAnEnd && x > nextSignPx - SIGN_EVERY_PX + 20)) return false;
      nextSignPx = x + SIGN_EVERY_PX * (nextSignPx < 0 ? (order + 1) / 3 : 1);
      return true;
    });
    return [
      {
        type: 'polygon',
        silent: true,
        shape: { points: [...slowest, ...medians.toReversed()] },
        style: { fill: colour, opacity: 0.22 },
      },
      {
        type: 'polyline',
        silent: true,
        shape: { points: medians },
        style: { stroke: colour, lineWidth: 1.6, fill: 'none' },
      },
      ...signs.map(([x, y]) => signOf(client, x, y, SIGN_PX)),
    ];
  });
};

/** `0.1 ms`, `10 ms`, `1 s`. */
const sayLatency = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${Number(ms.toPrecision(3))} ms`);

/** The writes of each client to the tested shard. */
export const latencyOf = ({ log }: TimelineView, columns: Columns): ClientLatency[] =>
  ClientKind.options.flatMap((client) =>
    log.lanes
      .filter((lane) => lane.client === client && lane.does === 'write' && lane.shard === 'tested')
      .map((lane) => ({ client, lines: latencyLines(lane, columns) })),
  );

/** The vertical axis of the panel. */
export const latencyAxis = (latency: readonly ClientLatency[]) => {
  const { fromMs, toMs } = latencyRange(latency);
  return {
    type: 'log',
    gridIndex: 0,
    min: fromMs,
    max: toMs,
    // Not at the zero of the time axis, where the order is.
    axisLine: { onZero: false, show: false },
    axisTick: { show: false },
    axisLabel: { color: COLOURS.text, formatter: sayLatency },
    splitLine: GRID_LINE,
    name: 'how long a write took',
    nameLocation: 'middle',
    nameGap: 62,
  };
};

/** What ECharts draws for one client. */
export const latencySeries = (latency: ClientLatency, order: number, { zeroMs }: Focus) => ({
  type: 'custom',
  xAxisIndex: 0,
  yAxisIndex: 0,
  clip: true,
  data: [[0, SHORTEST_MS]],
  renderItem: (_: unknown, api: { coord: (point: [number, number]) => [number, number] }) => ({
    type: 'group',
    children: latencyShapes(latency, order, ((atMs, tookMs) =>
      api.coord([(atMs - zeroMs) / 1000, Math.max(SHORTEST_MS, tookMs)])) satisfies Place),
  }),
});
