import type { z } from 'zod';
import type { Caches } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import { AskAgain, FixSecret, ServiceBusy } from '../platform/operator-actions.ts';
import { endpointOf, userIn, withNewPassword, withNewToken } from '../platform/secret-format.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Users } from '../platform/users.ts';
import type { MakePendingInput, MakePendingOutput } from './schemas.ts';
import { tokenOf } from './token-of.ts';

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly users: Pick<Users, 'find'>;
  readonly secrets: Pick<Secrets, 'find' | 'readVersion' | 'putPending' | 'randomPassword'>;
  readonly fence: Fence;
}

/**
 * How long a new token is: of letters and digits, which all of AWS's documents about tokens and passwords agree on. They allow
 * 16–128 characters (ElastiCache guide, "Authenticating with AUTH").
 */
const TOKEN_CHARACTERS = 64;

/**
 * Gives the version that is to become current its value, unless it has one: then clients may use that already, and it stays.
 * The new token goes from Secrets Manager's generator into the secret and nowhere else.
 *
 * @throws AskAgain when the secret's labels have moved meanwhile, FixSecret when it does not hold what it should, LockLost
 */
export const makePendingVersion = async (
  { target, versions, versionId }: z.output<typeof MakePendingInput>,
  { caches, users, secrets, fence }: Tools,
): Promise<z.infer<typeof MakePendingOutput>> => {
  const { secretArn, cacheId, userId } = target;
  const look = async () => {
    const secret = await secrets.find(secretArn);
    if (secret?.currentVersionId === versions.current) return secret;
    throw new AskAgain(`Another version of ${secretArn} is the current one than at the beginning: ask again.`);
  };
  const made = { ...versions, pending: versionId };
  const { pendingVersionId } = await look();
  if (pendingVersionId !== undefined && pendingVersionId !== versionId && pendingVersionId !== versions.current) {
    throw new AskAgain(
      `Another version of ${secretArn} is to become the current one than at the beginning: ask again.`,
    );
  }
  if ((await secrets.readVersion(secretArn, versionId)) !== undefined) {
    if (pendingVersionId === versionId) return { versions: made, made: false };
    throw new AskAgain(`Version ${versionId} of ${secretArn} is not to become the current one any more: ask again.`);
  }

  const text = await secrets.readVersion(secretArn, versions.current);
  if (text === undefined) throw new FixSecret(`The current version of ${secretArn} has no value.`);
  const cache = await caches.find(cacheId);
  const endpoint = cache && endpointOf(cache);
  if (userId !== undefined) await mustBeOf(userId, userIn(text, secretArn).username, secretArn, users);
  const token = await secrets.randomPassword(TOKEN_CHARACTERS);
  const value =
    userId === undefined
      ? withNewToken(text, secretArn, { token, endpoint })
      : withNewPassword(text, secretArn, { password: token, endpoint });
  // Says FixSecret for a generator's answer that ElastiCache would not take.
  tokenOf(value, target);
  await fence();
  if (await secrets.putPending(secretArn, { id: versionId, value })) return { versions: made, made: true };
  throw new ServiceBusy(`Another attempt gave version ${versionId} of ${secretArn} its value at the same moment.`);
};

/** @throws FixSecret */
const mustBeOf = async (userId: string, username: string, secretArn: string, users: Pick<Users, 'find'>) => {
  const user = await users.find(userId);
  if (user?.name === username) return;
  throw new FixSecret(
    `The username in the secret ${secretArn} is not the name of user ${userId}, ${user ? `which is ${user.name}` : 'who is not there'}: correct it.`,
  );
};
