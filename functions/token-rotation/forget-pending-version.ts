import type { z } from 'zod';
import type { Fence } from '../platform/fence.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { ForgetPendingInput, ForgetPendingOutput } from './schemas.ts';

interface Tools {
  readonly secrets: Pick<Secrets, 'find' | 'dropPending'>;
  readonly fence: Fence;
}

/**
 * Lets go of a new token that no node accepts: the next rotation makes another. Only after that was seen at every node; as long as
 * one accepts it, its version keeps the label, so that the next rotation goes on with it.
 *
 * @throws LockLost
 */
export const forgetPendingVersion = async (
  { target: { secretArn }, versions: { current, pending } }: z.output<typeof ForgetPendingInput>,
  { secrets, fence }: Tools,
): Promise<z.infer<typeof ForgetPendingOutput>> => {
  const secret = await secrets.find(secretArn);
  const isLeft = pending !== undefined && secret?.pendingVersionId === pending && secret.currentVersionId === current;
  if (!isLeft) return { forgotten: false };
  await fence();
  await secrets.dropPending(secretArn, pending);
  return { forgotten: true };
};
