import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { type Followed, lookAt } from '../../cli/follow.ts';
import { eventually } from '../builders/eventually.ts';
import type { JourneyAccount } from './an-account.ts';
import { nodesAccepting, type RotationWatch, tokenWith } from './rotation-watch.ts';

/** How a run went, for whoever reads a test that failed. */
export const said = ({ status, error, cause, output, steps }: Followed): string =>
  `${status} ${error} ${cause} ${JSON.stringify(output)?.slice(0, 3000)} ${steps.map(({ name }) => name).join(' → ')}`;

/** How a run ended, in the workflow's own words. */
export const ending = ({ output, status, error }: Followed): { outcome: string; reason: string } =>
  (output as { outcome: string; reason: string } | undefined) ?? { outcome: status, reason: error ?? '' };

export const startRotation = (
  account: JourneyAccount,
  cacheId: string,
  operationId: string,
  more: object = {},
): Promise<string> => account.startWorkflow('rotate-token', { cacheId, requestedBy: 'alice', ...more }, operationId);

export const rotate = async (
  account: JourneyAccount,
  cacheId: string,
  operationId: string,
  more: object = {},
): Promise<Followed> => account.finish(await startRotation(account, cacheId, operationId, more));

/** Waits until a run has entered a state, or has ended without. */
export const untilIn = (account: JourneyAccount, executionArn: string, state: string): Promise<Followed> =>
  eventually(
    () => lookAt(account.as(SFNClient), executionArn),
    ({ status, steps }) => status !== 'RUNNING' || steps.some(({ name }) => name === state),
  );

/** What an earlier run had ordered goes on for a while without it, and so may its end: then it is asked again, as a person would. */
const ASKED_AGAIN = ['CacheBusy', 'ChangesPending', 'CacheLocked', 'FailoverUnderWay', 'RotationUnderWay', 'NotReady'];

/** Asks for a rotation until one is not refused because of what goes on. The name has a number for each attempt. */
const askUntilTaken = async (
  follow: (operationId: string) => Promise<Followed>,
  name: string,
): Promise<{ readonly run: Followed; readonly operationId: string }> => {
  for (let attempt = 1; ; attempt += 1) {
    const operationId = `${name}-${attempt}`;
    const run = await follow(operationId);
    const { outcome, reason } = ending(run);
    if (outcome !== 'refused' || !ASKED_AGAIN.includes(reason) || attempt === 20) return { run, operationId };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};

/** A rotation that begins as soon as the cache is free for it, and that ends. */
export const rotateWhenFree = async (account: JourneyAccount, cacheId: string, name: string): Promise<Followed> =>
  (await askUntilTaken((operationId) => rotate(account, cacheId, operationId), name)).run;

/** A rotation that has come to this state. */
export interface Begun {
  readonly executionArn: string;
  readonly operationId: string;
}

/** Begins a rotation as soon as the cache is free for it, and waits until it is in this state. */
export const beginUntil = async (
  account: JourneyAccount,
  cacheId: string,
  state: string,
  name: string,
): Promise<Begun> => {
  const { run, operationId } = await askUntilTaken(
    async (id) => untilIn(account, await startRotation(account, cacheId, id), state),
    name,
  );
  expect(
    run.steps.map((step) => step.name),
    said(run),
  ).toContain(state);
  expect(run.status, said(run)).toBe('RUNNING');
  return { executionArn: run.executionArn, operationId };
};

/** The same, and somebody stops it there. The answer is its id. */
export const stopIn = async (
  account: JourneyAccount,
  cacheId: string,
  state: string,
  name: string,
): Promise<string> => {
  const { executionArn, operationId } = await beginUntil(account, cacheId, state, name);
  const stop = { executionArn, error: 'Enough', cause: 'somebody pressed the button' };
  await account.as(SFNClient).send(new StopExecutionCommand(stop));
  return operationId;
};

/** Each node lets in who comes with the current token, and nobody who comes with one of before, or with none. */
export const expectOnlyCurrentIsValid = async (
  account: JourneyAccount,
  cacheId: string,
  { tokens }: Pick<RotationWatch, 'tokens'>,
): Promise<void> => {
  const current = await tokenWith(account, cacheId);
  const before = [...tokens, await tokenWith(account, cacheId, 'AWSPREVIOUS')].filter(
    (token) => token !== undefined && token !== current,
  );
  expect(await nodesAccepting(account, cacheId, current)).not.toEqual([]);
  for (const token of [...before, undefined]) expect(await nodesAccepting(account, cacheId, token)).toEqual([]);
};
