import { DEFAULT_OPT_IN_TAG, MODE_TAG } from '../../functions/platform/names.ts';
import { type CacheStatus, listCaches } from '../caches.ts';
import { connect } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../table.ts';

export interface StatusOptions {
  readonly local: boolean;
  readonly json: boolean;
}

const shape = ({ clusterMode, shards }: CacheStatus) => {
  const nodes = shards[0]?.nodes.length ?? 0;
  const replicas = Math.max(0, nodes - 1);
  if (clusterMode) return `${shards.length} shards × ${1 + replicas} nodes`;
  return `1 primary + ${replicas} replica${replicas === 1 ? '' : 's'}`;
};

/** Whether the autopilot may touch a cache, and how far it may go. */
const touch = ({ tags }: CacheStatus) =>
  tags[DEFAULT_OPT_IN_TAG] === 'true' ? (tags[MODE_TAG] ?? 'observe') : 'not opted in';

/** `autopilot status`: every cache of the Region. */
export const status = async ({ local, json }: StatusOptions): Promise<ExitCode> => {
  const { region } = await connect({ local });
  const caches = await listCaches(region);
  if (json) {
    console.log(JSON.stringify({ region, caches }, null, 2));
  } else if (caches.length === 0) {
    console.log(`There is no cache in ${region}.`);
  } else {
    const rows = caches.map((cache) => [
      cache.id,
      `${cache.engine} ${cache.engineVersion}`,
      cache.nodeType,
      shape(cache),
      cache.status,
      cache.tls ? 'yes' : 'no',
      cache.authRequired ? 'yes' : 'no',
      touch(cache),
      cache.endpoints.configuration ?? cache.endpoints.primary,
    ]);
    console.log(
      table(['cache', 'engine', 'node type', 'shape', 'status', 'TLS', 'AUTH', 'autopilot', 'endpoint'], rows, ''),
    );
  }
  return EXIT.done;
};
