import { createHash } from 'node:crypto';
import type { Fleet } from '../platform/fleet.ts';
import type { OperationRecord } from '../platform/ledger.ts';
import { DRILL_WORKFLOW, drillsOf } from './drill-history.ts';
import { dueBecause } from './due.ts';
import { lastMajorChange } from './major-change.ts';
import type { ListDueOutput } from './schemas.ts';

/** How many operations of a cache are read for its last drill. */
const OPERATIONS_READ = 100;
/**
 * Whoever was asked, and has said no or nothing, is not asked again every hour. A drill that was refused has asked nobody. Half a day less
 * than a week, so that a window of one hour a week is not missed by minutes.
 */
const ASK_AGAIN_AFTER_DAYS = 6.5;
/**
 * No more at one look, so that an account in which every cache is due does not ask for all of them at once. Which ones they are
 * changes every hour: none waits behind others that are due and not possible.
 */
const MOST_AT_ONCE = 10;
/** One a day, so that the same hour asked for twice is one operation. */
const idOf = (cacheId: string, now: string): string =>
  `drill-${cacheId.slice(0, 60)}-${now.slice(0, 10).replaceAll('-', '')}`;

/** Which of the caches that opted in are due for a drill. Those that could not fail over at all are never. */
export const findDue = async (
  { managed }: Fleet,
  now: string,
  everyDays: number,
  operationsOf: (cacheId: string, limit: number) => Promise<readonly OperationRecord[]>,
): Promise<ListDueOutput> => {
  const due: ListDueOutput['due'] = [];
  for (const { cache } of managed) {
    const { cacheId, kind, shards } = cache;
    if (kind === 'cluster' || !shards.some(({ nodeCount }) => nodeCount > 1)) continue;
    const operations = await operationsOf(cacheId, OPERATIONS_READ);
    const because = dueBecause(
      { observedAt: now, drills: drillsOf(operations), lastMajorChange: lastMajorChange(operations) },
      everyDays,
    );
    if (because && !wasAskedLately(operations, now)) due.push({ cacheId, operationId: idOf(cacheId, now), because });
  }
  const turnOf = ({ cacheId }: ListDueOutput['due'][number]) => hashOf(`${now.slice(0, 13)} ${cacheId}`);
  const inTurn = due.sort((one, other) => turnOf(one).localeCompare(turnOf(other)));
  return { due: inTurn.slice(0, MOST_AT_ONCE) };
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const wasAskedLately = (operations: readonly OperationRecord[], now: string): boolean =>
  operations.some(
    ({ workflow, startedAt, outcome }) =>
      workflow === DRILL_WORKFLOW &&
      outcome !== 'refused' &&
      Date.parse(now) - Date.parse(startedAt) < ASK_AGAIN_AFTER_DAYS * 86_400_000,
  );
