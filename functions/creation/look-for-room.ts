import type { CacheSeen } from '../platform/caches.ts';
import type { Surroundings } from './look.ts';
import type { NodeQuotasSeen, Observation } from './observation.ts';
import { isNodeType } from './rules/node-type.ts';
import { nodesToAdd, shapeOf } from './rules/topology.ts';
import type { ReadableSpec } from './spec.ts';

type Room = Pick<Observation, 'nodeTypeOffered' | 'logGroups' | 'userGroups' | 'nodeQuotas' | 'doubts'>;

/** The specification, the cache of its id if there is one, and the subnet group in which its nodes would be. */
interface Place {
  readonly spec: ReadableSpec;
  readonly cache: CacheSeen | undefined;
  readonly subnetGroup: Observation['subnetGroup'];
}

/**
 * Looks whether the account has room for what would come, and asks only for that: a specification that adds nothing costs no
 * call. Quotas are the one thing of which a failure is only said: ElastiCache watches over them itself.
 */
export const lookForRoom = async (
  { spec, cache, subnetGroup }: Place,
  surroundings: Pick<Surroundings, 'isNodeTypeOffered' | 'logGroups' | 'userGroups' | 'nodeQuotas'>,
): Promise<Room> => {
  const { cacheNodeType = '', logDeliveryConfigurations: logs = [], userGroupIds } = spec;
  const isNewType = isNodeType(cacheNodeType) && cacheNodeType !== cache?.nodeType;
  const groups = logs.filter(({ destinationType }) => destinationType === 'cloudwatch-logs');
  const streams = logs.filter(({ destinationType }) => destinationType === 'kinesis-firehose');
  const grows = nodesToAdd(spec, cache) > 0;
  const isNewGroup = userGroupIds?.some((id) => !cache?.userGroupIds?.includes(id)) ?? false;
  const [nodeTypeOffered, logGroups, userGroups, quotas] = await Promise.all([
    isNewType ? surroundings.isNodeTypeOffered(cacheNodeType) : undefined,
    groups.length > 0 ? surroundings.logGroups(groups.map(({ destination }) => destination)) : undefined,
    isNewGroup ? surroundings.userGroups(userGroupIds ?? []) : undefined,
    grows ? quotasOrDoubt(surroundings) : undefined,
  ]);
  return {
    nodeTypeOffered,
    logGroups,
    userGroups,
    nodeQuotas: quotas?.seen,
    doubts: [
      ...(quotas?.doubts ?? []),
      ...(quotas?.seen ? untoldQuotas(spec, quotas.seen) : []),
      ...(grows && subnetGroup && subnetGroup.freeAddresses === undefined
        ? [`How many addresses are left in the subnet group ${subnetGroup.name} could not be read.`]
        : []),
      ...streams.map(
        ({ destination }) =>
          `Whether Firehose has the delivery stream ${destination} was not looked up: check its name.`,
      ),
    ],
  };
};

const quotasOrDoubt = async (
  surroundings: Pick<Surroundings, 'nodeQuotas'>,
): Promise<{ readonly seen?: NodeQuotasSeen; readonly doubts: readonly string[] }> => {
  try {
    return { seen: await surroundings.nodeQuotas(), doubts: [] };
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown error';
    return { doubts: [`Whether the quotas of nodes suffice could not be read (${name}): ElastiCache will say.`] };
  }
};

/** Service Quotas leaves out what it does not know. */
const untoldQuotas = (spec: ReadableSpec, seen: NodeQuotasSeen): string[] => {
  const untold = (what: string) =>
    `Service Quotas does not tell how many nodes ${what} may have: ElastiCache will say.`;
  const isMemcached = spec.engine === 'memcached';
  const perCache = isMemcached ? seen.nodesPerMemcached : seen.nodesPerCluster;
  return [
    ...(seen.nodesPerRegion === undefined ? [untold('the Region')] : []),
    ...(perCache === undefined && (isMemcached || shapeOf(spec).clusterMode) ? [untold('a cache')] : []),
  ];
};
