import * as z from 'zod';

import { Measurement } from '../functions/failover-drill/measurement.ts';
import { Check, DrillPlan, DrillResult, Mark } from '../functions/failover-drill/schemas.ts';
import { sayLength } from '../functions/failover-drill/timeline/say-length.ts';
import type { OperationRecord } from '../functions/platform/ledger.ts';
import type { Followed } from './follow.ts';
import { type Result, resultOf } from './outcome.ts';
import { table } from './table.ts';

const { clients: _, ...figures } = Measurement.shape;

/** What a drill leaves in the figures of its record; one that was refused leaves its checks only. */
const Figures = z.looseObject({
  ...z.object(figures).partial().shape,
  shardId: z.string().optional(),
  targetSeconds: z.number().optional(),
  pictures: z.object({ svg: z.string(), png: z.string() }).optional(),
  checks: z.array(Check).catch([]),
});
const Evidence = z.looseObject({
  events: z.array(Mark).optional().catch(undefined),
  clients: Measurement.shape.clients.optional().catch(undefined),
  trend: z.array(DrillResult).optional().catch(undefined),
});

/** How a drill ended, or that it still waits for a person. */
export interface DrillOutcome extends Omit<Result, 'plan' | 'evidence'> {
  readonly plan?: DrillPlan | undefined;
  readonly figures?: z.infer<typeof Figures> | undefined;
  readonly clients?: Measurement['clients'] | undefined;
  readonly trend?: readonly DrillResult[] | undefined;
}

const Output = z.looseObject({ plan: z.unknown() });

/**
 * Reads the result of a followed drill. Anything that is not a clear answer is `failed`; the figures are those of the ledger, which
 * has them of a drill that failed, too.
 */
export const drillOutcomeOf = (
  execution: Followed,
  record: OperationRecord | undefined,
  operationId: string,
  cacheId: string,
): DrillOutcome => {
  const output = Output.safeParse(execution.output);
  const { plan: planned, ...rest } = output.success ? output.data : { plan: undefined };
  const plan = DrillPlan.safeParse(planned);
  const {
    plan: _plan,
    evidence: _evidence,
    ...result
  } = resultOf(output.success ? { ...execution, output: rest } : execution, operationId, cacheId);
  const read = Figures.safeParse(record?.figures);
  const evidence = Evidence.safeParse(record?.evidence);
  return {
    ...result,
    ...(plan.success ? { plan: plan.data } : {}),
    ...(read.success ? { figures: read.data } : {}),
    ...(evidence.success ? { clients: evidence.data.clients, trend: evidence.data.trend } : {}),
  };
};

const shown = (ms: number | 'not-over' | undefined): string =>
  ms === undefined ? '' : ms === 'not-over' ? 'not over' : ms === 0 ? 'none' : sayLength(ms);

/** Without cluster mode the endpoint's name leads to the new primary, and whoever opens his connection anew is there. */
const WITHOUT_CLUSTER_MODE =
  '  Without cluster mode, a naive client comes back when its connection breaks and the old address leads to the new primary, as it\n  does in the local account; on AWS the name does, and who keeps its old address stays out.';

/** What each client felt, a row each; and what that does not say. */
export const clientTable = (clients: Measurement['clients']): string => {
  const cameBack = clients.some(
    ({ client, does, outageMs }) => client === 'naive' && does === 'write' && outageMs !== 'not-over',
  );
  const hasControl = clients.some(({ shard }) => shard === 'control');
  return `${rowsOf(clients)}${cameBack && !hasControl ? `\n\n${WITHOUT_CLUSTER_MODE}` : ''}`;
};

const rowsOf = (clients: Measurement['clients']): string =>
  table(
    ['client', 'shard', 'does', 'outage', 'longest gap', 'failed', 'p99 before', 'p99 after', 'lost', 'stale'],
    clients.map((felt) => [
      felt.client,
      felt.shard,
      felt.does,
      `${shown(felt.unavailableMs)}${felt.outages > 1 ? ` in ${felt.outages}` : ''}`,
      sayLength(felt.longestGapMs),
      `${felt.failures} of ${felt.attempts}`,
      felt.latency.before && `${felt.latency.before.p99Ms.toFixed(1)} ms`,
      felt.latency.after && `${felt.latency.after.p99Ms.toFixed(1)} ms`,
      felt.lostAcknowledgedWrites,
      felt.staleReads,
    ]),
  );

/** The checks before a drill: what was looked at, and what was found. */
export const checkLines = (
  checks: readonly (Omit<Check, 'reason'> & { readonly reason?: string | undefined })[],
): string[] => checks.map(({ passed, name, says }) => `  ${passed ? 'ok ' : 'NO '} ${name.padEnd(20)} ${says}`);

/** What the ledger has of a drill that has ended, in lines: what ElastiCache said, what clients felt, where the picture is. */
export const drillLines = ({
  figures: found,
  evidence: kept,
}: Pick<OperationRecord, 'figures' | 'evidence'>): string[] => {
  const read = Figures.safeParse(found).data;
  const { events = [], clients = [] } = Evidence.safeParse(kept).data ?? {};
  return [
    ...events.map(({ at, says }) => `${at} ElastiCache: ${says}`),
    ...(clients.length > 0 ? clientTable(clients).split('\n') : []),
    ...Object.values(read?.pictures ?? {}).map((address) => `timeline: ${address}`),
  ];
};

/** What was looked at before a drill, by its record. */
export const checksIn = ({ figures: found }: Pick<OperationRecord, 'figures'>): readonly Check[] =>
  Figures.safeParse(found).data?.checks ?? [];
