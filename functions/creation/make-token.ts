import { secretsClient } from '../platform/clients.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { makeTokenSecret } from './make-token-secret.ts';
import { MakeTokenInput } from './schemas.ts';

/** Makes the secret with the cache's AUTH token, unless it is there. The token itself is never returned. */
export const handler = makeHandler({
  name: 'creation/make-token',
  input: MakeTokenInput,
  run: (input) => makeTokenSecret(input, secretsManagerSecrets(secretsClient())),
  report: ({ made, secretArn, versionId }) => ({
    says: made ? 'Made the secret for the token' : 'The secret for the token is there already',
    reason: made ? 'TokenMade' : 'TokenThere',
    fields: { secretArn, versionId },
  }),
});
