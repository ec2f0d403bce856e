import { elastiCacheClientWithoutRetries, secretsClient } from '../platform/clients.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheTokenChanges } from '../platform/token-changes.ts';
import { fenceOf } from './fence-of.ts';
import { orderChange } from './order-change.ts';
import { OrderInput } from './schemas.ts';

/** Orders one change of the valid tokens. */
export const handler = makeHandler({
  name: 'token-rotation/order',
  input: OrderInput,
  run: (input) =>
    orderChange(input, {
      secrets: secretsManagerSecrets(secretsClient()),
      changes: elastiCacheTokenChanges(elastiCacheClientWithoutRetries()),
      fence: fenceOf(input),
    }),
  report: ({ ordered }, { change }) => ({
    says: 'Ordered a change of the valid tokens',
    reason: 'TokenChangeOrdered',
    fields: { change, ordered },
  }),
});
