import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheUsers } from '../platform/users.ts';
import { fenceOf } from './fence-of.ts';
import { makePendingVersion } from './make-pending-version.ts';
import { MakePendingInput } from './schemas.ts';

/** Makes the new token, as the version of the secret that is to become the current one. The token itself is never returned. */
export const handler = makeHandler({
  name: 'token-rotation/make-pending',
  input: MakePendingInput,
  run: (input) =>
    makePendingVersion(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      users: elastiCacheUsers(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      fence: fenceOf(input),
    }),
  report: ({ made, versions }) => ({
    says: made ? 'Made the new token' : 'The new token is there already',
    reason: made ? 'NewTokenMade' : 'NewTokenThere',
    fields: { versionId: versions.pending },
  }),
});
