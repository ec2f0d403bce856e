import { secondsAfter } from '../../functions/platform/units.ts';
import { ROTATION_WORKFLOW } from '../../functions/token-rotation/rotation-history.ts';
import { type Connection, connect } from '../connection.ts';
import { checkLines } from '../drill-outcome.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Step } from '../follow.ts';
import { countdown, parseExtension, rotationInGrace } from '../grace.ts';
import { ledgerOf } from '../ledger.ts';
import { exitCodeOf } from '../outcome.ts';
import { GRACE, heldTable, type RotationOutcome, rotationLines, rotationOutcomeOf } from '../rotation-outcome.ts';
import { ASKING, newOperationId, onInterruption, printAnswers, progressMark, runWorkflow } from '../run-workflow.ts';

export interface RotateOptions {
  readonly plan: boolean;
  readonly local: boolean;
  readonly json: boolean;
  /** Keep waiting through the grace period, and when a person has to approve; otherwise the command ends with exit code 4. */
  readonly wait: boolean;
  /** A user of the cache's user group; left out: the cache's AUTH token. */
  readonly user?: string | undefined;
  /** Retire what may be valid and is in no secret. */
  readonly dropUnknown: boolean;
  /** Move the end of the grace period by this, instead of rotating. */
  readonly extend?: string | undefined;
}

/** `autopilot rotate <cache>`: rotates its AUTH token, or a user's password, and tells who noticed. */
export const rotate = async (cacheId: string, options: RotateOptions): Promise<ExitCode> => {
  const { extend, plan, dropUnknown, json, local } = options;
  if (extend !== undefined) {
    if (plan || dropUnknown || options.wait) {
      console.error('--extend rotates nothing: leave out --plan, --wait and --drop-unknown.');
      return EXIT.inputRefused;
    }
    return extendGrace(cacheId, extend, options);
  }
  const connection = await connect(options);
  const started = performance.now();
  const operationId = newOperationId(ROTATION_WORKFLOW, cacheId);
  if (!json) console.log(`Operation ${operationId}; it goes on in the account when this command is interrupted.`);
  const forget = onInterruption(operationId, local);
  const outcome = await holdRotation(connection, cacheId, {
    operationId,
    userId: options.user,
    planOnly: plan,
    dropUnknown,
    wait: options.wait,
    onStep: ({ name }) => {
      if (json) return;
      console.log(`  ${progressMark(started)}  ${name}`);
      if (options.wait && ASKING.includes(name)) {
        console.log('            A person is asked; explain tells what, and this is how to answer:');
        printAnswers(operationId, local);
      }
    },
    onGrace: (endsAt) => {
      if (!json) console.log(`            ${countdown(endsAt, connection.now())} left, until ${endsAt}`);
    },
  });
  forget();
  if (json) console.log(JSON.stringify(outcome, null, 2));
  else printOutcome(outcome, options);
  return exitCodeOf(outcome, plan);
};

export interface HoldRotationOptions {
  readonly operationId: string;
  readonly userId?: string | undefined;
  /** Only say what would be rotated, and what is valid now. */
  readonly planOnly: boolean;
  readonly dropUnknown?: boolean;
  readonly wait: boolean;
  readonly onStep?: (step: Step) => void;
  /** Told again and again how the grace period goes on, with its end by then. */
  readonly onGrace?: (endsAt: string) => void;
}

/** Real milliseconds between two words about the grace period. */
const GRACE_SAID_MS = 5000;

/** Starts rotate-token for a cache and follows it until it ends, until it waits for a person, or until its grace period begins. */
export const holdRotation = async (
  connection: Connection,
  cacheId: string,
  { operationId, userId, planOnly, dropUnknown = false, wait, onStep, onGrace }: HoldRotationOptions,
): Promise<RotationOutcome> => {
  const ledger = ledgerOf(connection.region);
  let countingDown: NodeJS.Timeout | undefined;
  const stopCounting = () => clearInterval(countingDown);
  const sayGrace = () =>
    void ledger
      .graceOf(operationId)
      .then((grace) => grace && onGrace?.(grace.endsAt))
      // Only a word on the way: the next one comes, and the outcome is told by the execution.
      .catch(() => undefined);
  const told = new Set<string>();
  const execution = await runWorkflow(connection, ROTATION_WORKFLOW, {
    operationId,
    input: {
      cacheId,
      requestedBy: connection.callerArn,
      ...(userId === undefined ? {} : { userId }),
      ...(dropUnknown ? { dropUnknown } : {}),
      ...(planOnly ? { mode: 'observe' } : {}),
    },
    wait,
    alsoUntil: [GRACE],
    onStep(step) {
      stopCounting();
      // It looks many times how far it is; the first look is told.
      if (!told.has(step.name)) onStep?.(step);
      told.add(step.name);
      if (step.name !== GRACE) return;
      sayGrace();
      countingDown = setInterval(sayGrace, GRACE_SAID_MS);
    },
  }).finally(stopCounting);
  const [record, grace] = [await ledger.record(operationId), await ledger.graceOf(operationId)];
  return rotationOutcomeOf(execution, record, grace?.endsAt, { operationId, cacheId });
};

const printOutcome = (outcome: RotationOutcome, { plan: planOnly, local }: RotateOptions): void => {
  const { plan, figures, evidence, operationId } = outcome;
  const checks = plan?.checks ?? figures?.checks ?? [];
  if (plan && checks.length > 0 && (planOnly || outcome.outcome === 'refused')) {
    console.log(`\n${plan.why}\n\n${checkLines(checks).join('\n')}`);
  }
  const isOver = !planOnly && evidence?.held !== undefined && (evidence.held.bringIn ?? evidence.held.retire);
  if (isOver) {
    console.log(`\n${heldTable(evidence?.held)}`);
    const rest = rotationLines({ evidence: { ...evidence, held: undefined } });
    if (rest.length > 0) console.log(`\n${rest.map((line) => `  ${line}`).join('\n')}`);
  }
  console.log(`\n${outcome.outcome}: ${outcome.summary} (${outcome.reason})`);
  for (const doubt of plan?.doubts ?? []) console.log(`  note: ${doubt}`);
  if (outcome.outcome !== 'waiting') return;
  if (outcome.reason === 'GracePeriod') {
    console.log(`  to give more time: npx autopilot rotate ${outcome.cacheId} --extend 2h${local ? ' --local' : ''}`);
    console.log(`  to look at it:     npx autopilot explain ${operationId}${local ? ' --local' : ''}`);
  } else printAnswers(operationId, local);
};

const extendGrace = async (
  cacheId: string,
  extension: string,
  options: Pick<RotateOptions, 'local' | 'json' | 'user'>,
): Promise<ExitCode> => {
  const seconds = parseExtension(extension);
  if (seconds === undefined) {
    console.error(
      `--extend takes minutes, hours or days, a week at most, such as 90m, 2h or 1d, and not ${extension}.`,
    );
    return EXIT.inputRefused;
  }
  const { region, callerArn, now } = await connect(options);
  const ledger = ledgerOf(region);
  const found = await rotationInGrace(ledger, { region, cacheId, userId: options.user }, now());
  if (!found) {
    const whose = options.user === undefined ? '' : ` of user ${options.user}`;
    console.error(`No rotation${whose} of ${cacheId} in ${region} is in its grace period: there is nothing to extend.`);
    return EXIT.notAllowed;
  }
  const { operationId } = found.record;
  const endsAt = secondsAfter(found.endsAt, seconds);
  const grace = await ledger.extendGrace(operationId, { endsAt, extendedBy: callerArn });
  if (options.json) console.log(JSON.stringify({ cacheId, operationId, ...grace }, null, 2));
  else
    console.log(
      `The old one is valid until ${grace?.endsAt} now: ${countdown(grace?.endsAt ?? endsAt, now())} left (${operationId}, extended by ${callerArn}).`,
    );
  return EXIT.done;
};
