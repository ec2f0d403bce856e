import { secretsClient } from '../platform/clients.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { fenceOf } from './fence-of.ts';
import { forgetPendingVersion } from './forget-pending-version.ts';
import { ForgetPendingInput } from './schemas.ts';

/** Lets go of a new token that is not valid anywhere. */
export const handler = makeHandler({
  name: 'token-rotation/forget-pending',
  input: ForgetPendingInput,
  run: (input) =>
    forgetPendingVersion(input, { secrets: secretsManagerSecrets(secretsClient()), fence: fenceOf(input) }),
  report: ({ forgotten }) => ({
    says: forgotten ? 'Let go of the new token' : 'The new token was let go of before',
    reason: 'NewTokenForgotten',
  }),
});
