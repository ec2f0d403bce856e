import type { ProbeLane } from '../probe-log.ts';

type Column = Float64Array | Int32Array | Uint8Array;

/** Samples of one lane, by column: four numbers for each attempt instead of an object. */
export interface Columns {
  /** Adds an attempt that nobody has answered yet. @returns its row, or undefined when the columns are full */
  add(sentAtMs: number, number: number): number | undefined;
  settle(row: number, tookMs: number, outcome: number, number?: number): void;
  /** The samples so far, rounded to 10 µs: finer than any clock of an event loop, and half as long in a file. */
  read(): Pick<ProbeLane, 'sentAtMs' | 'tookMs' | 'outcome' | 'number'>;
}

const FIRST_ROWS = 1024;

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

/** @param mostRows what can be sent until the time limit; more is not kept, so that memory has a bound */
export const createColumns = (mostRows: number): Columns => {
  let rows = 0;
  let sentAtMs = new Float64Array(FIRST_ROWS);
  let tookMs = new Float64Array(FIRST_ROWS);
  let outcome = new Uint8Array(FIRST_ROWS);
  let number = new Int32Array(FIRST_ROWS);

  const grow = () => {
    const twice = <T extends Column>(column: T, larger: T): T => {
      larger.set(column);
      return larger;
    };
    sentAtMs = twice(sentAtMs, new Float64Array(rows * 2));
    tookMs = twice(tookMs, new Float64Array(rows * 2));
    outcome = twice(outcome, new Uint8Array(rows * 2));
    number = twice(number, new Int32Array(rows * 2));
  };

  return {
    add(sent, value) {
      if (rows >= mostRows) return undefined;
      if (rows === sentAtMs.length) grow();
      sentAtMs[rows] = sent;
      number[rows] = value;
      rows += 1;
      return rows - 1;
    },
    settle(row, took, result, value) {
      tookMs[row] = took;
      outcome[row] = result;
      if (value !== undefined) number[row] = value;
    },
    read: () => ({
      sentAtMs: Array.from(sentAtMs.subarray(0, rows), rounded),
      tookMs: Array.from(tookMs.subarray(0, rows), rounded),
      outcome: Array.from(outcome.subarray(0, rows)),
      number: Array.from(number.subarray(0, rows)),
    }),
  };
};
