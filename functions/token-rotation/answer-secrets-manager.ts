import type { z } from 'zod';
import type { secretsManagerRotation } from '../../events/secrets-manager-rotation.ts';
import type { Executions } from '../platform/executions.ts';
import type { Ledger } from '../platform/ledger.ts';
import { ownerOfSecret } from '../platform/names.ts';
import { AskAgain, FixInput } from '../platform/operator-actions.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { TaskTokens } from '../platform/task-tokens.ts';
import type { IsoTime } from '../platform/units.ts';
import { attemptAtWork, attemptName, BEGIN_ANEW, endingOf, newestAttempt } from './rotation-attempts.ts';
import { type WaitTools, waitFor } from './wait-for-rotation.ts';

interface Tools extends WaitTools {
  readonly secrets: Pick<Secrets, 'find' | 'readVersion'>;
  readonly rotations: Executions;
  readonly ledger: Pick<Ledger, 'tokenLeft' | 'question'>;
  readonly tokens: Pick<TaskTokens, 'succeed'>;
  readonly now: () => IsoTime;
}

/** What Secrets Manager wants rotated. */
interface Rotation {
  readonly cacheId: string;
  readonly userId?: string;
  readonly secretArn: string;
  readonly versionId: string;
}

export interface Answered {
  readonly cacheId: string;
  /** Left out when the version was the current one already. */
  readonly operationId?: string;
  readonly says: string;
}

/**
 * One step of Secrets Manager's rotation. The work is done by `rotate-token`, which this starts, and each step waits until that has
 * come as far as the step means. Each can come again, and goes on where it was. No value of the secret is kept or told.
 *
 * @throws NotReady when its time is over before the workflow has come so far, or that has only brought an earlier rotation to its
 *   end: Secrets Manager asks again
 * @throws AskAgain when the workflow has ended without success, with its sentence
 */
export const answerSecretsManager = async (
  { Step, SecretId: secretArn, ClientRequestToken: versionId }: z.output<typeof secretsManagerRotation.schema>,
  tools: Tools,
): Promise<Answered> => {
  const owner = ownerOfSecret(secretArn);
  if (!owner) {
    throw new FixInput(
      `${secretArn} is not the secret of a cache: give autopilot/<cache>/auth-token or autopilot/<cache>/users/<user> this rotation function, and no other.`,
    );
  }
  const rotation = { ...owner, secretArn, versionId };
  const { cacheId } = owner;
  const standing = await standingOf(rotation, tools);
  if (standing === 'current') return { cacheId, says: 'The version is the current one already' };
  if (standing === 'neither') throw new AskAgain(await givenUp(rotation, tools));
  return { cacheId, ...(await STEPS[Step](rotation, tools)) };
};

type Step = (rotation: Rotation, tools: Tools) => Promise<Omit<Answered, 'cacheId'>>;

/** The workflow gives the version its value. */
const createSecret: Step = async (rotation, tools) => {
  const { secrets, rotations, now } = tools;
  const operationId = await attemptAtWork(namesFor(rotation), requestFor(rotation), rotations, now());
  await waitFor(operationId, 'the new version to have its value', tools, async () => {
    // The execution as well: the next step has to find it.
    const isTold = (await rotations.find(operationId)) !== undefined;
    return isTold && (await secrets.readVersion(rotation.secretArn, rotation.versionId)) !== undefined;
  });
  return { operationId, says: 'The new version has its value' };
};

/** Both tokens are accepted on every node: only then the workflow waits for the last step. */
const setSecret: Step = async (rotation, tools) => {
  const operationId = await beganBefore(rotation, tools);
  await waitUntilTried(operationId, tools);
  return { operationId, says: 'Every node accepts the new token, and the old one' };
};

const testSecret: Step = async (rotation, tools) => {
  const begun = await newestAttempt(namesFor(rotation), tools.rotations);
  if (!begun) return testOnly(rotation, tools);
  await waitUntilTried(begun.operationId, tools);
  return { operationId: begun.operationId, says: 'Every node was seen to accept the new token' };
};

/** The workflow makes the version the current one when it is told that Secrets Manager wants that now. */
const finishSecret: Step = async (rotation, tools) => {
  const { ledger, tokens } = tools;
  const operationId = await beganBefore(rotation, tools);
  let answered: string | undefined;
  await waitFor(operationId, 'the new version to become the current one', tools, async () => {
    const taskToken = await ledger.tokenLeft(operationId, 'finish');
    if (taskToken !== undefined && taskToken !== answered) {
      await tokens.succeed(taskToken, { finish: true });
      answered = taskToken;
    }
    return (await standingOf(rotation, tools)) === 'current';
  });
  return { operationId, says: 'The new version is the current one' };
};

const STEPS = { createSecret, setSecret, testSecret, finishSecret } as const;

/**
 * Somebody sets the rotation up without rotating now: Secrets Manager makes a version, has it tested, and takes it away again
 * (RotateSecret, RotateImmediately). The workflow looks whether it could rotate, and changes nothing.
 */
const testOnly: Step = async (rotation, tools) => {
  const { rotations, now } = tools;
  const names = namesFor(rotation, 'test');
  const before = await newestAttempt(names, rotations);
  const wentWell = before && endingOf(before.execution).outcome === 'observed';
  const operationId = wentWell
    ? before.operationId
    : await attemptAtWork(names, { ...requestFor(rotation), mode: 'observe' }, rotations, now());
  await waitFor(operationId, 'the look whether it could be rotated', tools, async () => {
    const execution = await rotations.find(operationId);
    return execution !== undefined && endingOf(execution).outcome === 'observed';
  });
  return { operationId, says: 'It could be rotated; nothing was changed' };
};

const namesFor = ({ cacheId, secretArn, versionId }: Rotation, purpose?: 'test') =>
  attemptName(cacheId, secretArn, versionId, purpose);

const requestFor = ({ cacheId, userId, versionId }: Rotation) => ({
  cacheId,
  ...(userId === undefined ? {} : { userId }),
  versionId,
  bySecretsManager: true,
  requestedBy: 'secretsmanager',
});

/** @throws FixInput when there is no such secret */
const standingOf = async (
  { secretArn, versionId }: Rotation,
  { secrets }: Tools,
): Promise<'current' | 'pending' | 'neither'> => {
  const secret = await secrets.find(secretArn);
  if (!secret || secret.deletionScheduled)
    throw new FixInput(`There is no secret ${secretArn}, or it is being deleted.`);
  if (secret.currentVersionId === versionId) return 'current';
  return secret.pendingVersionId === versionId ? 'pending' : 'neither';
};

const givenUp = async (rotation: Rotation, { rotations }: Tools): Promise<string> => {
  const newest = await newestAttempt(namesFor(rotation), rotations);
  const ended = newest ? ` ${newest.operationId}: ${endingOf(newest.execution).says}` : '';
  return `The version ${rotation.versionId} of ${rotation.secretArn} is not, or no longer, to become the current one (AWSPENDING).${ended} Rotate the secret again.`;
};

/** @throws AskAgain when none has begun */
const beganBefore = async (rotation: Rotation, { rotations }: Tools): Promise<string> => {
  const newest = await newestAttempt(namesFor(rotation), rotations);
  if (newest) return newest.operationId;
  throw new AskAgain(
    `No rotation of ${rotation.cacheId} has begun for the version ${rotation.versionId}: its first step, createSecret, begins it. To begin anew, ${BEGIN_ANEW}.`,
  );
};

const waitUntilTried = (operationId: string, tools: Tools): Promise<void> =>
  waitFor(operationId, 'every node to accept the new token', tools, async () => {
    return (await tools.ledger.tokenLeft(operationId, 'finish')) !== undefined;
  });
