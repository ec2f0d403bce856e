import { s3Client, sfnClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { s3Objects } from '../platform/objects.ts';
import { stepFunctionsTokens } from '../platform/task-tokens.ts';
import { EndProbeInput } from './schemas.ts';
import { tellProbeToEnd } from './tell-probe-to-end.ts';

/** Tells the prober to end. It looks into the ledger once a second, and answers the token when its log is kept. */
export const handler = makeHandler({
  name: 'failover-drill/end-probe',
  input: EndProbeInput,
  run: (input) =>
    tellProbeToEnd(input, {
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      objects: s3Objects(s3Client(), environment('EVIDENCE_BUCKET')),
      tokens: stepFunctionsTokens(sfnClient()),
    }),
  report: ({ told }) => ({ says: told ? 'Told the prober to end' : 'The prober had ended by itself' }),
});
