import type { z } from 'zod';
import type { Fence } from '../platform/fence.ts';
import { FixSecret, ServiceBusy } from '../platform/operator-actions.ts';
import { tokenSecretText } from '../platform/secret-format.ts';
import type { SecretSeen, Secrets } from '../platform/secrets.ts';
import { newTokenSecret } from './new-token-secret.ts';
import type { MakeTokenInput, MakeTokenOutput } from './schemas.ts';

/**
 * Makes the secret with a cache's AUTH token, unless it is there. The token goes from Secrets Manager's generator into the
 * secret and nowhere else. Safe to repeat: a secret that is there is used as it is, one that is scheduled for deletion is
 * restored, so that clients of an earlier cache of this name keep their token.
 *
 * @throws FixSecret when the secret has no value, LockLost, ServiceBusy when it came and went meanwhile
 */
export const makeTokenSecret = async (
  input: z.output<typeof MakeTokenInput>,
  { secrets, fence }: { readonly secrets: Secrets; readonly fence: Fence },
): Promise<MakeTokenOutput> => {
  const { cacheId, secretName, engine, lengthCharacters } = input;
  const found = await secrets.find(secretName);
  if (found?.deletionScheduled) {
    await fence();
    await secrets.restore(secretName);
  }
  if (found) return existing(secretName, found);

  const authToken = await secrets.randomPassword(lengthCharacters);
  await fence();
  const made = await secrets.create(newTokenSecret(input, input, tokenSecretText({ engine, cacheId, authToken })));
  if (made) return { secretArn: made.arn, versionId: made.versionId, made: true };

  // Our own earlier attempt, whose answer was lost, or somebody else's: it is there now.
  const after = await secrets.find(secretName);
  if (!after) throw new ServiceBusy(`The secret ${secretName} appeared and vanished while it was being made.`);
  return existing(secretName, after);
};

const existing = (secretName: string, { arn, currentVersionId }: SecretSeen): MakeTokenOutput => {
  if (!currentVersionId) {
    throw new FixSecret(`The secret ${secretName} exists without a value: delete it at once, and ask again.`);
  }
  return { secretArn: arn, versionId: currentVersionId, made: false };
};
