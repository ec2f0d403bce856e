import * as z from 'zod';
import type { OperationRecord } from '../functions/platform/ledger.ts';
import { Check, Held, Readers, RotationPlan, Tried } from '../functions/token-rotation/schemas.ts';
import { checkLines } from './drill-outcome.ts';
import type { Followed } from './follow.ts';
import { type Result, resultOf } from './outcome.ts';
import { table } from './table.ts';

/** What a rotation leaves in the figures and the evidence of its record. */
const Figures = z.looseObject({
  userId: z.string().optional(),
  what: z.string().optional(),
  nodes: z.number().optional(),
  graceSince: z.string().optional(),
  graceEndsAt: z.string().optional(),
  checks: z.array(Check).catch([]),
});
const Evidence = z.looseObject({
  valid: Tried.optional().catch(undefined),
  held: z
    .object({ bringIn: Held.optional().catch(undefined), retire: Held.optional().catch(undefined) })
    .optional()
    .catch(undefined),
  readers: Readers.optional().catch(undefined),
  clients: Tried.shape.clients.catch(undefined),
  clientsNotSeen: z.string().optional().catch(undefined),
});

/** How a rotation ended, that it waits for a person, or that its grace period has begun. */
export interface RotationOutcome extends Omit<Result, 'plan' | 'evidence'> {
  readonly plan?: RotationPlan | undefined;
  readonly figures?: z.infer<typeof Figures> | undefined;
  readonly evidence?: z.infer<typeof Evidence> | undefined;
  /** While both tokens are valid: until when. */
  readonly graceEndsAt?: string | undefined;
}

const Output = z.looseObject({ plan: z.unknown() });

/** Reads the result of a followed rotation. Anything that is not a clear answer is `failed`; the evidence is the ledger's. */
export const rotationOutcomeOf = (
  execution: Followed,
  record: OperationRecord | undefined,
  graceEndsAt: string | undefined,
  { operationId, cacheId }: { readonly operationId: string; readonly cacheId: string },
): RotationOutcome => {
  const output = Output.safeParse(execution.output);
  const { plan: planned, ...rest } = output.success ? output.data : { plan: undefined };
  const plan = RotationPlan.safeParse(planned);
  const {
    plan: _plan,
    evidence: _evidence,
    ...result
  } = resultOf(output.success ? { ...execution, output: rest } : execution, operationId, cacheId);
  if (execution.status === 'RUNNING' && graceEndsAt !== undefined && isInGrace(execution)) {
    return {
      ...result,
      reason: 'GracePeriod',
      graceEndsAt,
      summary: `The new one is the current one. The old one is valid until ${graceEndsAt}; it is retired then by itself, or a person is asked first when somebody has not fetched the new one (autopilot approvals).`,
    };
  }
  return {
    ...result,
    ...(plan.success ? { plan: plan.data } : {}),
    ...(record?.figures ? { figures: Figures.safeParse(record.figures).data } : {}),
    ...(record?.evidence ? { evidence: Evidence.safeParse(record.evidence).data } : {}),
  };
};

/** The state in which a rotation waits until applications have fetched the new token. */
export const GRACE = 'Wait for the grace period';

const isInGrace = ({ steps }: Followed): boolean => steps.at(-1)?.name === GRACE;

/** How the connections fared that were held while the tokens changed. */
export const heldTable = (held: z.infer<typeof Evidence>['held']): string => {
  const rows = (
    [
      ['the new one came in', held?.bringIn],
      ['the old one was retired', held?.retire],
    ] as const
  ).map(([phase, seen]) =>
    seen
      ? [phase, seen.connections, seen.lost, seen.commands, `${Math.round(seen.heldSeconds)} s`]
      : [phase, 'not known'],
  );
  return table(['while', 'connections', 'lost', 'commands', 'held'], rows);
};

/** What a rotation has seen, in lines for people. */
export const rotationLines = ({ figures, evidence }: Pick<OperationRecord, 'figures' | 'evidence'>): string[] => {
  const { graceSince, graceEndsAt } = Figures.safeParse(figures ?? {}).data ?? {};
  const { valid, held, readers, clients, clientsNotSeen } = Evidence.safeParse(evidence ?? {}).data ?? {};
  return [
    ...(valid
      ? [
          `on ${valid.nodes} nodes, tried at ${valid.at}: the current one is accepted ${valid.current}, the one before ${valid.previous}, one that is to come ${valid.pending}`,
        ]
      : []),
    ...(graceSince && graceEndsAt ? [`grace period: from ${graceSince} to ${graceEndsAt}`] : []),
    ...(held && (held.bringIn || held.retire) ? heldTable(held).split('\n') : []),
    ...(clients
      ? [
          `${clients.connections} connections when the old one was retired, ${clients.olderThanCurrent} of them older than the new one`,
          ...clients.groups.map(
            ({ name, user, connections, oldestSeconds }) =>
              `  ${name} as ${user}: ${connections}, the oldest since ${Math.round(oldestSeconds)} s`,
          ),
        ]
      : []),
    ...(clientsNotSeen ? [clientsNotSeen] : []),
    ...(readers
      ? [
          readers.says,
          ...readers.ready.map(({ who, at }) => `  has fetched the new one: ${who}, last at ${at}`),
          ...readers.late.map(
            ({ who, at }) => `  has NOT fetched the new one: ${who}, which fetched the old one last at ${at}`,
          ),
        ]
      : []),
  ];
};

/** What was looked at before a rotation, by its record. */
export const rotationChecksIn = ({ figures }: Pick<OperationRecord, 'figures'>): string[] =>
  checkLines(Figures.safeParse(figures ?? {}).data?.checks ?? []);
