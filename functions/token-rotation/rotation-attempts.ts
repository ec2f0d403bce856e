import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Execution, Executions } from '../platform/executions.ts';
import { AskAgain } from '../platform/operator-actions.ts';
import type { IsoTime } from '../platform/units.ts';

/** One execution of `rotate-token` for a version that Secrets Manager has made. */
export interface Attempt {
  /** The execution's name, and so the operation's id. */
  readonly operationId: string;
  readonly execution: Execution;
}

/** How an attempt ended: the workflow's own word and sentence. */
export interface Ending {
  readonly outcome: string;
  readonly says: string;
}

/**
 * So many executions at most for one version. Secrets Manager tries a rotation that failed again by itself, from its first step
 * on, some times and not for ever (Secrets Manager guide, "Rotation by Lambda function").
 */
const MOST_ATTEMPTS = 10;
/** Who has said no, or nothing, is not asked again by a retry that comes minutes later. */
const ASK_AGAIN_AFTER_HOURS = 24;

/**
 * What the executions for one version are called: always the same, so that a step that comes twice finds what it has started
 * before. An execution keeps its name for 90 days after its end (StartExecution), so each attempt has its number.
 *
 * @param purpose `test`: nothing is rotated, it is only looked whether it could be
 */
export const attemptName = (
  cacheId: string,
  secretArn: string,
  versionId: string,
  purpose: 'rotate' | 'test' = 'rotate',
): ((attempt: number) => string) => {
  const readable = cacheId.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 30);
  const unique = createHash('sha256').update(`${secretArn} ${versionId}`).digest('hex').slice(0, 32);
  const base = `rotate-${readable}-${unique}${purpose === 'test' ? '-test' : ''}`;
  return (attempt) => (attempt === 1 ? base : `${base}-${attempt}`);
};

/** The newest of the executions for a version; undefined when there was none. */
export const newestAttempt = async (
  nameOf: (attempt: number) => string,
  rotations: Pick<Executions, 'find'>,
): Promise<(Attempt & { readonly number: number }) | undefined> => {
  let newest: (Attempt & { readonly number: number }) | undefined;
  for (let number = 1; number <= MOST_ATTEMPTS; number += 1) {
    const operationId = nameOf(number);
    const execution = await rotations.find(operationId);
    if (!execution) break;
    newest = { number, operationId, execution };
  }
  return newest;
};

/**
 * The execution that is at work for a version, started now when there is none.
 *
 * @throws AskAgain when there were too many already, or a person has just said no
 */
export const attemptAtWork = async (
  nameOf: (attempt: number) => string,
  input: Readonly<Record<string, unknown>>,
  rotations: Executions,
  now: IsoTime,
): Promise<string> => {
  const newest = await newestAttempt(nameOf, rotations);
  if (newest?.execution.status === 'running') return newest.operationId;
  if (newest) mayTryAgain(newest, now);
  const operationId = nameOf((newest?.number ?? 0) + 1);
  // False: the same step has come twice, and the other has started it, perhaps so lately that it was not told yet.
  await rotations.start(operationId, input);
  return operationId;
};

const mayTryAgain = ({ number, operationId, execution }: Attempt & { number: number }, now: IsoTime): void => {
  const { outcome, says } = endingOf(execution);
  if (number >= MOST_ATTEMPTS) {
    throw new AskAgain(
      `${operationId} was the last of ${MOST_ATTEMPTS} attempts for this version: ${says} To begin anew, ${BEGIN_ANEW}.`,
    );
  }
  const endedAt = execution.status === 'running' ? undefined : execution.endedAt;
  const hours = endedAt === undefined ? 0 : (Date.parse(now) - Date.parse(endedAt)) / 3_600_000;
  if (outcome === 'rejected' && hours < ASK_AGAIN_AFTER_HOURS) {
    throw new AskAgain(
      `${operationId} was not approved: ${says} Nobody is asked again within ${ASK_AGAIN_AFTER_HOURS} hours.`,
    );
  }
};

/** What a person does with a version that will not become the current one. */
export const BEGIN_ANEW =
  'take AWSPENDING off this version (aws secretsmanager update-secret-version-stage) and rotate the secret again';

const Output = z.looseObject({ outcome: z.string().min(1), summary: z.string().min(1) });

/** How an execution ended, in the workflow's words. An end that says nothing is no good end. */
export const endingOf = (execution: Execution): Ending => {
  if (execution.status === 'running') return { outcome: 'running', says: 'It has not ended.' };
  const { status, output, cause } = execution;
  const read = Output.safeParse(output);
  if (status === 'succeeded' && read.success) return { outcome: read.data.outcome, says: read.data.summary };
  return { outcome: 'failed', says: cause || 'It ended without saying how.' };
};
