import { s3Client, sfnClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { s3Objects } from '../platform/objects.ts';
import { stepFunctionsTokens } from '../platform/task-tokens.ts';
import { LetGoInput } from './schemas.ts';
import { tellHolder } from './tell-holder.ts';

/** Tells who holds connections to let them go. It looks into the ledger once a second, and answers the token with how they fared. */
export const handler = makeHandler({
  name: 'token-rotation/let-go',
  input: LetGoInput,
  run: (input) =>
    tellHolder(input, {
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      objects: s3Objects(s3Client(), environment('EVIDENCE_BUCKET')),
      tokens: stepFunctionsTokens(sfnClient()),
    }),
  report: ({ told }) => ({
    says: told ? 'Told the holder to let its connections go' : 'The holder had ended by itself',
  }),
});
