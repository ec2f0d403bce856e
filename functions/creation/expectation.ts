import type { CacheSeen } from '../platform/caches.ts';
import { foundTls, type TlsMode, wantedTls } from './changes/security.ts';
import type { CreatableSpec } from './planned-calls.ts';
import { shapeOf } from './rules/topology.ts';
import type { Expectation } from './schemas.ts';

/** What must be found at the real cache of a specification. */
export const expectationOf = (spec: CreatableSpec): Expectation => ({
  ...shapeOf(spec),
  ...tlsIn(wantedTls(spec)),
  auth: spec.authToken !== undefined,
});

/** What must be found at a cache that stays as it is, as far as ElastiCache tells. */
export const expectationFrom = (cache: CacheSeen): Expectation => ({
  clusterMode: cache.clusterMode,
  shards: cache.shards.length,
  replicasPerShard: Math.min(...cache.shards.map(({ nodeCount }) => nodeCount - 1)),
  ...tlsIn(foundTls(cache)),
  auth: cache.authToken,
});

const tlsIn = (mode: TlsMode): Pick<Expectation, 'tls' | 'plaintextAllowed'> =>
  mode === 'preferred' ? { tls: true, plaintextAllowed: true } : { tls: mode === 'required' };
