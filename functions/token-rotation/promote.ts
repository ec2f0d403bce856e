import { secretsClient } from '../platform/clients.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { fenceOf } from './fence-of.ts';
import { promotePending } from './promote-pending.ts';
import { PromoteInput } from './schemas.ts';

/** Makes the version with the new token the current one. */
export const handler = makeHandler({
  name: 'token-rotation/promote',
  input: PromoteInput,
  run: (input) => promotePending(input, { secrets: secretsManagerSecrets(secretsClient()), fence: fenceOf(input) }),
  report: ({ versions }) => ({
    says: 'Made the new token the current one',
    reason: 'NewTokenCurrent',
    fields: { versionId: versions.current },
  }),
});
