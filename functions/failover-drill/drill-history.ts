import * as z from 'zod';
import type { OperationRecord } from '../platform/ledger.ts';
import type { DrillResult } from './schemas.ts';

/** The state machine's name, by which its operations are found again. */
export const DRILL_WORKFLOW = 'failover-drill';

const Length = z
  .union([z.number(), z.literal('not-over')])
  .optional()
  .catch(undefined);
/** What a drill leaves in the figures of its record. Loose: others may add theirs. */
const DrillFigures = z.looseObject({
  shardId: z.string().min(1),
  writeOutageMs: Length,
  writeUnavailableMs: Length,
});

/** The drills among the operations of a cache that have ended and chose a shard, in the same order. */
export const drillsOf = (operations: readonly OperationRecord[]): DrillResult[] =>
  operations.flatMap(({ operationId, workflow, startedAt, outcome, reason = 'Unknown', figures }) => {
    const read = DrillFigures.safeParse(figures);
    if (workflow !== DRILL_WORKFLOW || outcome === undefined || !read.success) return [];
    const { shardId, writeOutageMs, writeUnavailableMs } = read.data;
    return [
      {
        operationId,
        at: startedAt,
        shardId,
        outcome,
        reason,
        ...(writeOutageMs === undefined ? {} : { writeOutageMs }),
        ...(writeUnavailableMs === undefined ? {} : { writeUnavailableMs }),
      },
    ];
  });
