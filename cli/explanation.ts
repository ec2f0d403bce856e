import { DRILL_WORKFLOW } from '../functions/failover-drill/drill-history.ts';
import { type DecisionRecord, type OperationRecord, type Question, standingOf } from '../functions/platform/ledger.ts';
import { maskSecrets } from '../functions/platform/mask.ts';
import { ROTATION_WORKFLOW } from '../functions/token-rotation/rotation-history.ts';
import { checkLines, checksIn, drillLines } from './drill-outcome.ts';
import { durationText } from './duration.ts';
import { rotationChecksIn, rotationLines } from './rotation-outcome.ts';
import { ASKING } from './run-workflow.ts';
import type { RunbookEntry } from './runbook.ts';

/** What is known of an execution besides the ledger. */
export interface ExecutionSeen {
  readonly status: string;
  readonly startedAt: string;
  /** The state that was entered last. */
  readonly step?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** Who asked, by its input. */
  readonly requestedBy?: string | undefined;
}

/** All that is known of one operation; what nobody knows is left out. */
export interface OperationSeen {
  readonly operationId: string;
  readonly record?: OperationRecord | undefined;
  readonly question?: Question | undefined;
  readonly execution?: ExecutionSeen | undefined;
  readonly decision?: DecisionRecord | undefined;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

export interface ExplainContext {
  readonly now: string;
  readonly runbook: (reason: string) => RunbookEntry | undefined;
  /** Appended to the commands that are recommended. */
  readonly flags: string;
}

/** A value as one line, without secrets. */
const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value, maskSecrets));

const withRunbook = (reason: string, entry: RunbookEntry | undefined): string =>
  entry ? `${reason}: ${entry.meaning} (${entry.link})` : `${reason} (docs/runbook.md#any-other-word)`;

/** Tells one operation as a story: asked, seen, decided, approved, happened, undone, next. Pure. */
export const explanation = (seen: OperationSeen, context: ExplainContext): Section[] =>
  [
    { title: 'Asked', lines: asked(seen) },
    { title: 'Seen', lines: [...found(seen.decision), ...looked(seen.record)] },
    { title: 'Decided', lines: decided(seen.decision, context) },
    { title: 'Planned calls', lines: (seen.decision?.calls ?? []).map(callLine) },
    { title: 'A person', lines: person(seen, context) },
    { title: 'Happened', lines: happened(seen, context) },
    { title: 'Undone', lines: fieldLines(seen.record?.undo) },
    { title: 'Next', lines: next(seen, context) },
  ].filter(({ lines }) => lines.length > 0);

const asked = ({ operationId, record, question, execution }: OperationSeen): string[] => {
  const who = record?.requestedBy ?? question?.requestedBy ?? execution?.requestedBy ?? 'somebody unknown';
  const startedAt = record?.startedAt ?? question?.startedAt ?? execution?.startedAt;
  const workflow = record?.workflow ?? question?.workflow;
  const about = [workflow, record?.cacheId ?? question?.cacheId].filter(Boolean).join(' for ');
  return [`${who} asked for ${operationId}${about ? ` (${about})` : ''}${startedAt ? ` at ${startedAt}` : ''}.`];
};

const found = (decision: DecisionRecord | undefined): string[] => [
  ...(decision?.differences ?? []).map(
    ({ field, wanted, found }) => `${field}: specified ${shown(wanted)}, found ${shown(found)}.`,
  ),
  ...(decision?.doubts ?? []),
];

const looked = (record: OperationRecord | undefined): string[] => {
  if (record?.workflow === DRILL_WORKFLOW) return checkLines(checksIn(record)).map((line) => line.trim());
  return record?.workflow === ROTATION_WORKFLOW ? rotationChecksIn(record).map((line) => line.trim()) : [];
};

const decided = (decision: DecisionRecord | undefined, { runbook }: ExplainContext): string[] =>
  decision
    ? [
        `${decision.action}, in mode ${decision.mode}: ${decision.summary}`,
        withRunbook(decision.reason, runbook(decision.reason)),
      ]
    : ['What was decided at first is not known: neither the ledger nor the execution holds a plan.'];

const callLine = ({ service, operation, parameters }: NonNullable<DecisionRecord['calls']>[number]): string =>
  `${service}:${operation} ${shown(parameters ?? {})}`;

/** Whether it waits for an answer now: before it has begun its work, or, as a rotation does, once more in the middle of it. */
const waitsForAnswer = ({ record, question, execution }: OperationSeen, now: string): boolean => {
  if (!question || standingOf(question, now) !== 'open' || record?.outcome !== undefined) return false;
  return record === undefined || ASKING.includes(execution?.step ?? '');
};

const person = (seen: OperationSeen, { now }: ExplainContext): string[] => {
  const { record, question } = seen;
  const answeredBy = record?.answeredBy ?? question?.answer?.answeredBy;
  if (question?.answer) {
    const { approved, answeredAt } = question.answer;
    return [`${answeredBy} ${approved ? 'approved' : 'rejected'} it at ${answeredAt}.`];
  }
  if (answeredBy) return [`${answeredBy} ${record?.outcome === 'rejected' ? 'rejected' : 'approved'} it.`];
  if (!question) return [];
  if (waitsForAnswer(seen, now)) return [`Nobody has answered yet. Silence until ${question.answerBefore} is a no.`];
  // It went on, so somebody has answered; who did is told by its end.
  if (record) return record.outcome === undefined ? ['It was approved.'] : ['Nobody is known to have answered.'];
  return [`Nobody answered until ${question.answerBefore}.`];
};

const happened = (seen: OperationSeen, context: ExplainContext): string[] => {
  const { record, question, execution } = seen;
  if (record?.outcome !== undefined) {
    const took = record.closedAt ? ` after ${durationText(record.startedAt, record.closedAt)}` : '';
    const steps = record.figures?.steps;
    return [
      `${record.outcome}${took}: ${record.summary}`,
      ...(record.reason ? [withRunbook(record.reason, context.runbook(record.reason))] : []),
      ...(Array.isArray(steps) ? steps.map((step) => `done: ${String(step)}`) : []),
      ...faultLines(record.figures?.faults),
      ...evidenceLines(record),
      ...fieldLines(withoutTrace(record.problem)).map((line) => `problem: ${line}`),
    ];
  }
  if (execution && execution.status !== 'RUNNING') {
    const why = [execution.error, execution.cause].filter(Boolean).join(': ');
    return [
      `Its execution ended ${execution.status}${why ? ` (${why})` : ''}, and the ledger has no outcome${record ? ' yet' : ''}.`,
    ];
  }
  const at = execution?.step ? ` in “${execution.step}”` : '';
  return [
    question && waitsForAnswer(seen, context.now)
      ? `It waits for a person: ${question.question}`
      : `It is running${at}.`,
  ];
};

const evidenceLines = (record: OperationRecord): string[] => {
  if (record.workflow === DRILL_WORKFLOW) return drillLines(record);
  if (record.workflow === ROTATION_WORKFLOW) return rotationLines(record);
  return fieldLines(record.evidence).map((line) => `seen by a real client: ${line}`);
};

/** A function's error as its name and sentence: its trace is in the log, and in \`--json\`. */
const withoutTrace = (problem: unknown): unknown => {
  if (problem === null || typeof problem !== 'object' || !('cause' in problem)) return problem;
  const [, errorMessage] = /"errorMessage":"((?:\\.|[^"\\])*)"/.exec(String(problem.cause)) ?? [];
  return errorMessage === undefined ? problem : { ...problem, cause: errorMessage.replaceAll('\\"', '"') };
};

const faultLines = (faults: unknown): string[] =>
  Array.isArray(faults)
    ? faults.map(({ path, value, rule, remedy }) => {
        const wrong = value === undefined || value === null ? '' : ` (found ${shown(value)})`;
        return `${path}${wrong}: ${rule} → ${remedy}`;
      })
    : [];

const fieldLines = (value: unknown): string[] => {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return [String(value)];
  return Object.entries(value).map(([name, each]) =>
    typeof each === 'string' ? `${name}: ${String(maskSecrets(name, each))}` : `${name}: ${shown(each)}`,
  );
};

const next = (seen: OperationSeen, context: ExplainContext): string[] => {
  const { operationId, record, execution } = seen;
  const { runbook, flags, now } = context;
  if (record?.outcome !== undefined) return [runbook(record.reason ?? '')?.action ?? 'Read what happened, above.'];
  if (execution && execution.status !== 'RUNNING') {
    return ['Look again in a minute: an execution that ended without its report is closed as `Abandoned`.'];
  }
  if (waitsForAnswer(seen, now)) {
    return ['approve', 'reject'].map((word) => `npx autopilot ${word} ${operationId}${flags}`);
  }
  return ['None: it goes on by itself. Ask again later.'];
};
