import { GetFunctionConfigurationCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { MODE_TAG } from '../../functions/platform/names.ts';
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

/** The function that plans knows which tag opts a cache in; where it is not deployed, nothing does. */
const PLAN_FUNCTION = 'autopilot-creation-plan';

const optInTagOf = async (region: string): Promise<string | undefined> => {
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: PLAN_FUNCTION });
    return (await new LambdaClient({ region }).send(command)).Environment?.Variables?.OPT_IN_TAG;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

/** Whether the autopilot may touch a cache, and how far it may go; undefined while that cannot be known. */
const touch = ({ tags }: CacheStatus, optInTag: string | undefined): string | undefined => {
  if (!tags) return undefined;
  return optInTag && tags[optInTag] === 'true' ? (tags[MODE_TAG] ?? 'observe') : 'not opted in';
};

/** `autopilot status`: every cache of the Region. */
export const status = async ({ local, json }: StatusOptions): Promise<ExitCode> => {
  const { region } = await connect({ local });
  const caches = await listCaches(region);
  if (json) {
    console.log(JSON.stringify({ region, caches }, null, 2));
  } else if (caches.length === 0) {
    console.log(`There is no cache in ${region}.`);
  } else {
    const optInTag = await optInTagOf(region);
    const rows = caches.map((cache) => [
      cache.id,
      `${cache.engine} ${cache.engineVersion}`,
      cache.nodeType,
      shape(cache),
      cache.status,
      cache.tls ? 'yes' : 'no',
      cache.authRequired ? 'yes' : 'no',
      touch(cache, optInTag),
      cache.endpoints.configuration ?? cache.endpoints.primary,
    ]);
    console.log(
      table(['cache', 'engine', 'node type', 'shape', 'status', 'TLS', 'AUTH', 'autopilot', 'endpoint'], rows, ''),
    );
  }
  return EXIT.done;
};
