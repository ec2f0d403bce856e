import { cloudTrailClient, secretsClient } from '../platform/clients.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { cloudTrailReaders } from '../platform/secret-readers.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { readersOf } from './readers-of.ts';
import { ListReadersInput } from './schemas.ts';

/** Lists who has fetched the new token since it became the current one, and who has not. Changes nothing. */
export const handler = makeHandler({
  name: 'token-rotation/list-readers',
  input: ListReadersInput,
  run: (input) =>
    readersOf(input, {
      readers: cloudTrailReaders(cloudTrailClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      stackName: environment('STACK_NAME'),
    }),
  report: ({ told, complete, says, ready, late }) => ({
    says,
    reason: told ? 'ReadersTold' : 'ReadersNotTold',
    fields: { complete, ready: ready.length, late: late.length },
  }),
});
