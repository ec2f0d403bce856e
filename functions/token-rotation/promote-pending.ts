import type { z } from 'zod';
import type { Fence } from '../platform/fence.ts';
import { AskAgain } from '../platform/operator-actions.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { PromoteInput, PromoteOutput } from './schemas.ts';

interface Tools {
  readonly secrets: Pick<Secrets, 'find' | 'makeCurrent'>;
  readonly fence: Fence;
}

/**
 * Makes the version with the new token the current one, and so tells every application that asks. Looks first, so that a repeated
 * step changes nothing. From here on the old token is the one before (AWSPREVIOUS).
 *
 * @throws AskAgain when somebody else has moved the labels, LockLost
 */
export const promotePending = async (
  { target: { secretArn }, versions: { current, pending } }: z.output<typeof PromoteInput>,
  { secrets, fence }: Tools,
): Promise<z.infer<typeof PromoteOutput>> => {
  const changed = () => new AskAgain(`Somebody else has moved the labels of ${secretArn}: nothing was made current.`);
  if (pending === undefined) throw changed();
  const before = await secrets.find(secretArn);
  if (before?.currentVersionId !== pending) {
    if (before?.currentVersionId !== current || before.pendingVersionId !== pending) throw changed();
    await fence();
    await secrets.makeCurrent(secretArn, pending, current);
  }
  return { versions: { current: pending, previous: current } };
};
