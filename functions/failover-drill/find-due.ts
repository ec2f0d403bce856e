import { createHash } from 'node:crypto';
import type { Fleet } from '../platform/fleet.ts';
import type { Ledger, OperationRecord } from '../platform/ledger.ts';
import type { FailoverDrillPolicy } from '../platform/policy.ts';
import { DRILL_WORKFLOW, drillsOf } from './drill-history.ts';
import { dueBecause, wasLately } from './due.ts';
import { lastMajorChange } from './major-change.ts';
import type { ListDueOutput } from './schemas.ts';

/** How many operations of a cache are read for its last drill. */
const OPERATIONS_READ = 100;
/**
 * No more are looked at, since each look asks AWS some ten questions; of these the policy says how many are started. Which ones
 * they are changes every hour: none waits behind others that are due and not possible.
 */
const MOST_AT_ONCE = 10;
/** One an hour: asked for twice in it, it is one operation, and one that was refused is asked for again in the next. */
const idOf = (cacheId: string, now: string): string =>
  `drill-${cacheId.slice(0, 60)}-${now.slice(0, 13).replaceAll(/[-T]/g, '')}`;

interface Memory {
  readonly region: string;
  readonly ledger: Pick<Ledger, 'operations' | 'openQuestions'>;
}

/** Which of the caches that opted in are due for a drill. Those that could not fail over at all are never. */
export const findDue = async (
  { managed }: Fleet,
  now: string,
  { everyDays, startedPerLook }: Pick<FailoverDrillPolicy, 'everyDays' | 'startedPerLook'>,
  { region, ledger }: Memory,
): Promise<ListDueOutput> => {
  const due: ListDueOutput['due'] = [];
  const isAskedAbout = await cachesAskedAbout(now, ledger);
  for (const { cache } of managed) {
    const { cacheId, kind, shards } = cache;
    if (kind === 'cluster' || !shards.some(({ nodeCount }) => nodeCount > 1)) continue;
    if (isAskedAbout.has(cacheId)) continue;
    const operations = await ledger.operations({ region, cacheId, limit: OPERATIONS_READ });
    const because = dueBecause(
      { observedAt: now, drills: drillsOf(operations), lastMajorChange: lastMajorChange(operations) },
      everyDays,
    );
    if (because && !wasAskedLately(operations, now)) due.push({ cacheId, operationId: idOf(cacheId, now), because });
  }
  const turnOf = ({ cacheId }: ListDueOutput['due'][number]) => hashOf(`${now.slice(0, 13)} ${cacheId}`);
  const inTurn = due.sort((one, other) => turnOf(one).localeCompare(turnOf(other)));
  return { due: inTurn.slice(0, MOST_AT_ONCE), startedPerLook };
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * A drill that waits for a person has no record yet. Asked for again it would be another operation with another question, and two
 * yeses would be two failovers.
 */
const cachesAskedAbout = async (now: string, ledger: Pick<Ledger, 'openQuestions'>): Promise<ReadonlySet<string>> => {
  const questions = await ledger.openQuestions(now, Number.POSITIVE_INFINITY);
  return new Set(questions.filter(({ workflow }) => workflow === DRILL_WORKFLOW).map(({ cacheId }) => cacheId));
};

const wasAskedLately = (operations: readonly OperationRecord[], now: string): boolean =>
  operations.some(
    ({ workflow, startedAt, outcome }) =>
      workflow === DRILL_WORKFLOW && outcome !== 'refused' && wasLately(startedAt, now),
  );
