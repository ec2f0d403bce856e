import type { CacheSeen } from '../../platform/caches.ts';
import type { ReadableSpec } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';

/** The ports on which ElastiCache's engines listen unless told otherwise (CreateReplicationGroup, CreateCacheCluster). */
const USUAL_PORT = 6379;
const USUAL_PORT_OF_MEMCACHED = 11_211;

/** The port on which the cache listens, for good when it is there already, or will listen. */
export const portOf = ({ engine, port }: ReadableSpec, cache?: Pick<CacheSeen, 'port'>): number =>
  cache?.port ?? port ?? (engine === 'memcached' ? USUAL_PORT_OF_MEMCACHED : USUAL_PORT);

/** A TCP port that needs no privilege; ElastiCache takes no lower one. */
export const portRule: SpecRule = ({ engine, port }) =>
  port === undefined
    ? []
    : faultsOf('port', port, {
        broken: port < 1024 || port > 65_535,
        rule: 'port is 1024 to 65535.',
        remedy: `Remove it for the usual ${portOf({ engine })}.`,
      });
