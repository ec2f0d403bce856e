import { elastiCacheClient, secretsClient } from '../platform/clients.ts';
import { elastiCacheCaches } from '../platform/elasticache-caches.ts';
import { connect } from '../platform/engine-client.ts';
import { handler as makeHandler } from '../platform/handler.ts';
import { secretsManagerSecrets } from '../platform/secrets.ts';
import { elastiCacheUsers } from '../platform/users.ts';
import { LookAtNodesInput } from './schemas.ts';
import { tryTokens } from './try-tokens.ts';

/** Tries, from inside the cache's VPC, which tokens each node accepts. */
export const handler = makeHandler({
  name: 'token-rotation/look-at-nodes',
  input: LookAtNodesInput,
  run: (input) =>
    tryTokens(input, {
      caches: elastiCacheCaches(elastiCacheClient()),
      users: elastiCacheUsers(elastiCacheClient()),
      secrets: secretsManagerSecrets(secretsClient()),
      connect: connect(),
      now: () => new Date().toISOString(),
    }),
  report: ({ nodes, current, pending, previous, open, clients, clientsNotSeen }) => ({
    says: 'Tried the tokens on every node',
    reason: 'TokensTried',
    fields: { nodes, current, pending, previous, open, connections: clients?.connections, clientsNotSeen },
  }),
});
