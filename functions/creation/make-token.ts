import { secretsClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { lockFence } from '../platform/fence.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { makeTokenSecret } from './make-token-secret.ts';
import { MakeTokenInput } from './schemas.ts';

/** Makes the secret with the cache's AUTH token, unless it is there. The token itself is never returned. */
export const handler = makeHandler({
  name: 'creation/make-token',
  input: MakeTokenInput,
  run: (input) =>
    makeTokenSecret(input, {
      secrets: secretsManagerSecrets(secretsClient()),
      fence: lockFence(
        dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
        { region: environment('AWS_REGION'), cacheId: input.cacheId },
        input,
      ),
    }),
  report: ({ made, secretArn, versionId }) => ({
    says: made ? 'Made the secret for the token' : 'The secret for the token is there already',
    reason: made ? 'TokenMade' : 'TokenThere',
    fields: { secretArn, versionId },
  }),
});
