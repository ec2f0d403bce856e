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
import { elastiCacheUsers } from '../platform/users.ts';
import { hold } from './hold.ts';
import { HoldInput } from './schemas.ts';

/**
 * Holds connections, from inside the cache's VPC, while its tokens change. Started asynchronously, it answers by task tokens.
 */
export const handler = makeHandler({
  name: 'token-rotation/hold-connections',
  input: HoldInput,
  run: (input, { remainingMs }) =>
    hold(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      users: elastiCacheUsers(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      connect: connect(),
      ledger: dynamoLedger(dynamoClient(), environment('LEDGER_TABLE')),
      objects: s3Objects(s3Client(), environment('EVIDENCE_BUCKET')),
      tokens: stepFunctionsTokens(sfnClient()),
      remainingMs,
    }),
  report: (ended, { phase, lap }) => {
    if ('told' in ended) {
      return { says: 'Could not hold connections', reason: 'CouldNotHold', fields: { phase, lap, told: ended.told } };
    }
    const { connections, lost, commands, heldSeconds, endedBecause } = ended;
    return {
      says: 'Held connections',
      reason: lost > 0 ? 'ConnectionsLost' : 'ConnectionsHeld',
      fields: { phase, lap, connections, lost, commands, heldSeconds, endedBecause },
    };
  },
});
