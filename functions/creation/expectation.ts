import type { CacheSeen } from '../platform/caches.ts';
import { foundTls, type TlsMode, wantedTls } from './changes/security.ts';
import { shapeOf } from './rules/topology.ts';
import type { Expectation } from './schemas.ts';
import type { CacheSpec } from './spec.ts';

/** What must be found at the real cache of a specification. */
export const expectationOf = (spec: CacheSpec): Expectation => ({
  ...shapeOf(spec),
  ...(spec.engine === 'memcached' ? { memcachedNodes: spec.numCacheNodes ?? 1 } : {}),
  ...tlsIn(wantedTls(spec)),
  auth: spec.authToken !== undefined || spec.userGroupIds !== undefined,
  ...(spec.userGroupIds && spec.userSecretName ? { asUser: true, secretArn: spec.userSecretName } : {}),
});

/** What must be found at a cache that stays as it is, as far as ElastiCache tells. */
export const expectationFrom = (cache: CacheSeen, spec: CacheSpec): Expectation => ({
  clusterMode: cache.clusterMode,
  shards: cache.shards.length,
  ...(cache.engine === 'memcached'
    ? { replicasPerShard: 0, memcachedNodes: cache.shards[0]?.nodeCount ?? 1 }
    : { replicasPerShard: Math.min(...cache.shards.map(({ nodeCount }) => nodeCount - 1)) }),
  ...tlsIn(foundTls(cache)),
  auth: cache.authToken || (cache.userGroupIds?.length ?? 0) > 0,
  ...(cache.userGroupIds?.length && spec.userSecretName ? { asUser: true, secretArn: spec.userSecretName } : {}),
});

const tlsIn = (mode: TlsMode): Pick<Expectation, 'tls' | 'plaintextAllowed'> =>
  mode === 'preferred' ? { tls: true, plaintextAllowed: true } : { tls: mode === 'required' };
