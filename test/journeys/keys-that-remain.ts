import { readFileSync } from 'node:fs';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Cluster } from 'ioredis';
import type { CacheStatus } from '../../cli/caches.ts';
import type { JourneyAccount } from './an-account.ts';

/** How many of the keys that `useCache` wrote an application still reads, with their values, from a cluster. */
export const keysThatRemain = async (account: JourneyAccount, cache: CacheStatus): Promise<number> => {
  const [host = '', port] = (cache.endpoints.configuration ?? '').split(':');
  const { SecretString = '{}' } = await account
    .as(SecretsManagerClient)
    .send(new GetSecretValueCommand({ SecretId: `autopilot/${cache.id}/auth-token` }));
  const client = new Cluster([{ host, port: Number(port) }], {
    redisOptions: {
      password: JSON.parse(SecretString).authToken,
      tls: { ca: readFileSync(account.world.certificateAuthority.certFile) },
    },
    dnsLookup: (address, callback) => callback(null, address),
  });
  try {
    const values = await Promise.all(Array.from({ length: 60 }, (_, index) => client.get(`demo:${index}`)));
    return values.filter((value, index) => value === `value ${index}`).length;
  } finally {
    client.disconnect();
  }
};
