import { connect } from '../connection.ts';
import { durationText } from '../duration.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ledgerOf } from '../ledger.ts';
import { openQuestions } from '../open-questions.ts';
import { runsOf } from '../runs.ts';
import { table } from '../table.ts';

export interface RunsOptions {
  readonly cache?: string;
  readonly limit: number;
  readonly local: boolean;
  readonly json: boolean;
}

/** `autopilot runs`: the newest operations, those that wait for a person before all others. */
export const runs = async ({ cache: cacheId, limit, local, json }: RunsOptions): Promise<ExitCode> => {
  const { region, now } = await connect({ local });
  const ledger = ledgerOf(region);
  const [records, questions] = await Promise.all([
    ledger.operations({ region, cacheId, limit }),
    openQuestions(ledger, now(), limit),
  ]);
  const listed = runsOf(records, questions, { cacheId, limit });
  if (json) {
    console.log(JSON.stringify({ region, runs: listed }, null, 2));
  } else if (listed.length === 0) {
    console.log(`The ledger of ${region} has no operation${cacheId === undefined ? '' : ` on ${cacheId}`}.`);
  } else {
    const heads = ['operation', 'workflow', 'cache', 'started', 'took', 'outcome', 'reason'];
    const rows = listed.map(({ startedAt, closedAt, ...run }) => [
      run.operationId,
      run.workflow,
      run.cacheId,
      startedAt,
      startedAt && closedAt ? durationText(startedAt, closedAt) : undefined,
      run.outcome,
      run.reason,
    ]);
    console.log(table(heads, rows, ''));
  }
  return EXIT.done;
};
