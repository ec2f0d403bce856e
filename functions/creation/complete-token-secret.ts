import type { z } from 'zod';
import type { Caches } from '../platform/caches.ts';
import type { Fence } from '../platform/fence.ts';
import { tokenSecretName } from '../platform/names.ts';
import { FixSecret, NotReady } from '../platform/operator-actions.ts';
import { endpointIn, endpointOf, tokenIn, withNewToken } from '../platform/secret-format.ts';
import type { Secrets } from '../platform/secrets.ts';
import { completedSecret } from './completed-secret.ts';
import type { CompleteSecretInput, CompleteSecretOutput } from './schemas.ts';

/**
 * Writes into the secret of a cache's token where the cache is, so that an application needs nothing else. The token stays as it
 * is: the version before, which becomes AWSPREVIOUS, holds the same. Safe to repeat: what says so already is left alone.
 *
 * @throws NotReady when ElastiCache tells no endpoint, FixSecret, LockLost
 */
export const completeTokenSecret = async (
  { operationId, cacheId }: z.output<typeof CompleteSecretInput>,
  { caches, secrets, fence }: { readonly caches: Caches; readonly secrets: Secrets; readonly fence: Fence },
): Promise<CompleteSecretOutput> => {
  const secretName = tokenSecretName(cacheId);
  const cache = await caches.find(cacheId);
  const endpoint = cache && endpointOf(cache);
  if (!endpoint) throw new NotReady(`ElastiCache does not tell the endpoint of ${cacheId}.`);

  const text = await secrets.read(secretName);
  const named = endpointIn(text);
  if (named?.host === endpoint.host && named.port === endpoint.port) return { secretName, written: false };

  const value = withNewToken(text, secretName, { token: tokenIn(text, secretName), endpoint });
  await fence();
  if (await secrets.putCurrent(secretName, completedSecret({ operationId, secretName }, value))) {
    return { secretName, written: true };
  }
  // An earlier attempt of ours has made this version, and it is not what the secret holds now.
  throw new FixSecret(`Somebody else changed the secret ${secretName} just now, so it was left as it is.`);
};
