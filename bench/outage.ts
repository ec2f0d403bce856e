/**
 * `npm run bench:outage`: how right the prober is. Scripted endpoints fail for a known time in several manners; the table
 * says how long each well-behaved client took the outage for. Medians of several runs; the last line is JSON.
 */
import {
  errorsOf,
  type Manner,
  type Run,
  runUndisturbed,
  toleranceMs,
} from '../test/failover-drill/probe/scripted-outage.ts';
import { median } from './median.ts';

const RUNS = 5;

/** Runs of half a minute are done once, side by side; the others one after the other in each manner. */
const LENGTHS_MS = [0, 200, 1000, 5000, 30_000];
const MANNERS: readonly { readonly manner: Manner; readonly clusterMode: boolean }[] = [
  { manner: 'refused', clusterMode: false },
  { manner: 'reset', clusterMode: false },
  { manner: 'silent', clusterMode: false },
  { manner: 'hung', clusterMode: false },
  { manner: 'readonly', clusterMode: false },
  { manner: 'flapping', clusterMode: false },
  { manner: 'failover after a refusal', clusterMode: true },
  { manner: 'failover after silence', clusterMode: true },
];
const runsOf = (ms: number) => (ms > 5000 ? 1 : RUNS);
/** More at once would measure how the probers disturb each other. */
const AT_ONCE = 4;

interface Row {
  readonly manner: Manner;
  readonly ms: number;
  readonly who: string;
  readonly trueMs: number;
  readonly measuredMs: number;
  readonly errorMs: number;
}

/** The median of each client and direction over several runs of the same script. */
const rowsOf = (manner: Manner, ms: number, runs: readonly Run[]): Row[] => {
  const seen = runs.map(errorsOf);
  return (seen[0] ?? []).map(({ who }, index) => {
    const errors = seen.map((one) => one[index]?.errorMs ?? Number.NaN);
    const truths = seen.map((one) => one[index]?.trueMs ?? Number.NaN);
    const [errorMs, trueMs] = [median(errors), median(truths)];
    return { manner, ms, who, trueMs, errorMs, measuredMs: trueMs + errorMs };
  });
};

const jobs = MANNERS.flatMap(({ manner, clusterMode }) => LENGTHS_MS.map((ms) => ({ manner, clusterMode, ms })))
  // Without an outage there is no manner: once without cluster mode and once with it is enough.
  .filter(({ manner, ms }) => ms > 0 || manner === 'refused' || manner === 'failover after a refusal')
  .sort((one, other) => other.ms - one.ms);
const results = new Map<(typeof jobs)[number], Row[]>();
const queue = [...jobs];
let worstShare = 0;

const work = async () => {
  for (let job = queue.shift(); job; job = queue.shift()) {
    const runs: Run[] = [];
    while (runs.length < runsOf(job.ms)) runs.push(await runUndisturbed(job.manner, job.ms, job.clusterMode));
    for (const { errorMs, trueMs, outages } of runs.flatMap(errorsOf)) {
      worstShare = Math.max(worstShare, Math.abs(errorMs) / toleranceMs(trueMs, outages));
    }
    results.set(job, rowsOf(job.manner, job.ms, runs));
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, work));

const rows = jobs.toReversed().flatMap((job) => results.get(job) ?? []);
const columns = ['manner', 'scripted ms', 'client', 'true ms', 'measured ms', 'error ms', 'error %'];
const cells = rows.map(({ manner, ms, who, trueMs, measuredMs, errorMs }) => [
  manner,
  String(ms),
  who,
  trueMs.toFixed(1),
  measuredMs.toFixed(1),
  errorMs.toFixed(1),
  trueMs > 0 ? ((100 * errorMs) / trueMs).toFixed(2) : '',
]);
const widths = columns.map((name, index) => Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)));
for (const row of [columns, ...cells]) {
  const line = row.map((cell, index) =>
    index === 0 || index === 2 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
  );
  console.log(line.join('  '));
}

const sizes = rows.map(({ errorMs }) => Math.abs(errorMs));
const figures = {
  outages_measured: jobs.reduce((sum, { ms }) => sum + runsOf(ms), 0),
  median_error_ms: median(sizes),
  worst_median_error_ms: Math.max(...sizes),
  /** 1 would be the most that is allowed: 50 ms, or 2 % of a long outage. */
  worst_share_of_tolerance: worstShare,
};
console.log(
  JSON.stringify(
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(3))])),
  ),
);
