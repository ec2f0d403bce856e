import { describe, expect, it } from 'vitest';
import type { ProbeLane } from '../../../functions/failover-drill/probe-log.ts';
import { failedSpans, latencyLines, oncePerColumn } from '../../../functions/failover-drill/timeline/columns.ts';

const lane = (attempts: readonly (readonly [number, number, number])[]): ProbeLane => ({
  client: 'cluster',
  does: 'write',
  shard: 'tested',
  shardId: '0001',
  sentAtMs: attempts.map(([sentAtMs]) => sentAtMs),
  tookMs: attempts.map(([, tookMs]) => tookMs),
  outcome: attempts.map(([, , outcome]) => outcome),
  number: attempts.map((_, number) => number),
});
const columns = { fromMs: 0, toMs: 1000, count: 10 };

describe('latencyLines', () => {
  it('makes one point of all answers in a column: their median and the slowest', () => {
    const lines = latencyLines(
      lane([
        [10, 1, 0],
        [20, 9, 0],
        [90, 2, 0],
      ]),
      columns,
    );
    expect(lines).toEqual([[{ atMs: 50, medianMs: 2, slowestMs: 9 }]]);
  });

  it('draws nothing across an outage, and counts no failure as an answer', () => {
    const lines = latencyLines(
      lane([
        [50, 1, 0],
        [150, 1, 0],
        [250, 500, 1],
        [850, 1, 0],
      ]),
      columns,
    );
    expect(lines.map((line) => line.map(({ atMs }) => atMs))).toEqual([[50, 150], [850]]);
  });

  it('draws through columns without any attempt', () => {
    const lines = latencyLines(
      lane([
        [50, 1, 0],
        [950, 1, 0],
      ]),
      columns,
    );
    expect(lines).toHaveLength(1);
  });

  it('leaves out what was sent outside the picture', () => {
    expect(
      latencyLines(
        lane([
          [-1, 1, 0],
          [1000, 1, 0],
        ]),
        columns,
      ),
    ).toEqual([]);
  });
});

describe('failedSpans', () => {
  it('reaches from when a failed attempt was sent until it was given up', () => {
    expect(failedSpans([lane([[210, 300, 1]])], columns)).toEqual([{ fromMs: 200, toMs: 600 }]);
  });

  it('makes one span of failures that touch, and two of those with an answer between them', () => {
    const spans = failedSpans(
      [
        lane([
          [110, 1, 1],
          [210, 1, 2],
          [310, 1, 0],
          [410, 1, 1],
        ]),
      ],
      columns,
    );
    expect(spans).toEqual([
      { fromMs: 100, toMs: 300 },
      { fromMs: 400, toMs: 500 },
    ]);
  });

  it('shows the failures of any of its lanes, cut at the edges', () => {
    const lanes = [lane([[-50, 100, 1]]), lane([[950, 9999, 1]]), lane([[5000, 1, 1]])];
    expect(failedSpans(lanes, columns)).toEqual([
      { fromMs: 0, toMs: 100 },
      { fromMs: 900, toMs: 1000 },
    ]);
  });
});

describe('oncePerColumn', () => {
  it('keeps one moment of each column that has any', () => {
    expect(oncePerColumn([1, 2, 99, 150, -5, 1000], columns)).toEqual([50, 150]);
  });
});
