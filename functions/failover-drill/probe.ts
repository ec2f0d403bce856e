import { elastiCacheClient, s3Client, secretsClient, sfnClient } from '../platform/clients.ts';
import { dynamoClient } from '../platform/dynamo-client.ts';
import { dynamoLedger } from '../platform/dynamo-ledger.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { connect } from '../platform/engine-client.ts';
import { environment } from '../platform/environment.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { s3Objects } from '../platform/objects.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { stepFunctionsTokens } from '../platform/task-tokens.ts';
import { runProbe } from './run-probe.ts';
import { ProbeInput } from './schemas.ts';

/** Measures, from inside the cache's VPC, what clients feel of a failover. Started asynchronously, it answers by task tokens. */
export const handler = makeHandler({
  name: 'failover-drill/probe',
  input: ProbeInput,
  run: (input, { remainingMs }) =>
    runProbe(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      connect: connect(),
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      objects: s3Objects(s3Client(), environment('EVIDENCE_BUCKET')),
      tokens: stepFunctionsTokens(sfnClient()),
      remainingMs,
    }),
  report: (ended, { shardId }) =>
    'told' in ended
      ? { says: 'Could not probe the shard', reason: 'CouldNotProbe', fields: { shardId, told: ended.told } }
      : { says: 'Probed the shard', reason: 'Probed', fields: { shardId, endedBecause: ended.endedBecause } },
});
