import type { ProbeLane } from '../probe-log.ts';

/** The part of the time axis that is drawn, cut into columns of equal width. */
export interface Columns {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** The answers to what was sent within one column. */
export interface LatencyPoint {
  readonly atMs: number;
  readonly medianMs: number;
  readonly slowestMs: number;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const columnOf = (ms: number, { fromMs, toMs, count }: Columns) =>
  Math.floor(((ms - fromMs) / (toMs - fromMs)) * count);

const startOf = (column: number, { fromMs, toMs, count }: Columns) => fromMs + (column / count) * (toMs - fromMs);

/**
 * How long the answers of one lane took: at most a point for each column. A new line begins where attempts failed, so
 * that nothing is drawn across an outage.
 */
export const latencyLines = (lane: ProbeLane, columns: Columns): LatencyPoint[][] => {
  const took: number[][] = Array.from({ length: columns.count }, () => []);
  const failed = new Uint8Array(columns.count);
  lane.sentAtMs.forEach((sentAtMs, attempt) => {
    const column = columnOf(sentAtMs, columns);
    if (column < 0 || column >= columns.count) return;
    if (lane.outcome[attempt] === 0) took[column]?.push(lane.tookMs[attempt] ?? 0);
    else failed[column] = 1;
  });

  const lines: LatencyPoint[][] = [];
  let line: LatencyPoint[] = [];
  const breakLine = () => {
    if (line.length > 0) lines.push(line);
    line = [];
  };
  took.forEach((answers, column) => {
    if (failed[column]) breakLine();
    if (answers.length > 0) line.push(pointOf(answers, startOf(column + 0.5, columns)));
    if (failed[column]) breakLine();
  });
  breakLine();
  return lines;
};

const pointOf = (answers: number[], atMs: number): LatencyPoint => {
  const sorted = answers.toSorted((one, other) => one - other);
  const medianMs = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return { atMs, medianMs, slowestMs: sorted.at(-1) ?? medianMs };
};

/** When attempts failed, each from when it was sent until it was given up; columns that touch make one span. */
export const failedSpans = (lanes: readonly ProbeLane[], columns: Columns): Span[] => {
  const failed = new Uint8Array(columns.count);
  for (const lane of lanes) {
    lane.sentAtMs.forEach((sentAtMs, attempt) => {
      if (lane.outcome[attempt] === 0) return;
      const first = Math.max(0, columnOf(sentAtMs, columns));
      const last = Math.min(columns.count - 1, columnOf(sentAtMs + (lane.tookMs[attempt] ?? 0), columns));
      if (first <= last) failed.fill(1, first, last + 1);
    });
  }

  const spans: Span[] = [];
  let begun = -1;
  for (let column = 0; column <= columns.count; column += 1) {
    const fails = column < columns.count && failed[column] === 1;
    if (fails && begun < 0) begun = column;
    if (!fails && begun >= 0) {
      spans.push({ fromMs: startOf(begun, columns), toMs: startOf(column, columns) });
      begun = -1;
    }
  }
  return spans;
};

/** One moment for each column in which there is at least one. */
export const oncePerColumn = (momentsMs: readonly number[], columns: Columns): number[] => {
  const inside = new Set(momentsMs.map((ms) => columnOf(ms, columns)));
  return [...inside]
    .filter((column) => column >= 0 && column < columns.count)
    .map((column) => startOf(column + 0.5, columns));
};
