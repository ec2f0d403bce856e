import type { CreateCacheClusterCommandInput as Input } from '@aws-sdk/client-elasticache';
import { ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane } from '../control-plane.ts';
import { chooseVersion } from '../creating/engine-choice.ts';
import { checkNodeQuota, layGround, refuseUnknown } from '../creating/foundations.ts';
import { zonesOf } from '../creating/subnets.ts';
import { findParameterGroup } from '../lookups.ts';
import { defaultGroupName } from '../parameter-families.ts';
import { clusterIdIsTaken } from '../state/region-state.ts';
import { checkInteger, invalidCombination, notEmulated } from '../validation/faults.ts';
import { beginCreation } from './life.ts';
import { placeNodes } from './placement.ts';
import { type MemcachedCluster, newNodes } from './state.ts';

/** memcached's usual port (API reference, Port). */
const DEFAULT_PORT = 11_211;

/**
 * Begins a memcached cluster of any number of nodes.
 *
 * @throws ServiceError with the code that AWS gives for the first rule broken
 */
export const createMemcachedCluster = async (
  plane: ControlPlane,
  id: string,
  input: Input,
): Promise<MemcachedCluster> => {
  refuseWhatRedisHas(input);
  refuseUnknown('CreateCacheCluster', input);
  if (input.TransitEncryptionEnabled) throw notEmulated('encryption in transit of memcached');
  const nodeCount = input.NumCacheNodes ?? 1;
  checkInteger('NumCacheNodes', nodeCount, 1, Number.MAX_SAFE_INTEGER);
  checkNodesPerCluster(plane, nodeCount);
  const ground = await layGround(plane, id, input, chooseVersion('memcached', input.EngineVersion), DEFAULT_PORT);
  if (input.AZMode === 'cross-az' && nodeCount === 1) {
    throw invalidCombination('AZMode cross-az needs more than one node. Raise NumCacheNodes or use single-az.');
  }
  const zones = placeNodes(
    {
      azMode: input.AZMode,
      zone: input.PreferredAvailabilityZone,
      zones: input.PreferredAvailabilityZones,
      zonesName: 'PreferredAvailabilityZones',
      nodeCount,
    },
    zonesOf(ground.subnetGroup),
  );
  await plane.memcached.checkReady();
  // Looked at last, with no wait between here and the writing: of two calls at once only one gets the id.
  if (clusterIdIsTaken(plane.state, id)) {
    throw new ServiceError('CacheClusterAlreadyExistsFault', `Cache cluster ${id} already exists.`);
  }
  checkNodeQuota(plane, nodeCount);

  const { version, parameterGroup, subnetGroup, snapshotWindow: _none, ...rest } = ground;
  const now = plane.world.clock.now();
  const createdAt = new Date(now);
  const numbers = { lastNodeNumber: 0 };
  const nodes = newNodes(numbers, zones, createdAt);
  const cluster: MemcachedCluster = {
    ...rest,
    ...numbers,
    kind: 'cluster',
    id,
    arn: arnOf(plane.region, plane.accountId, 'cluster', id),
    region: plane.region,
    createdAt,
    status: 'creating',
    visibleFrom: now + plane.delays.readAfterWriteLagSeconds * 1000,
    engineVersion: version.full,
    nodes,
    parameterGroupName: findParameterGroup(plane, parameterGroup?.name ?? defaultGroupName(version.family, false)).name,
    subnetGroupName: subnetGroup.name,
    topicStatus: 'active',
    pending: {},
  };
  beginCreation(plane, cluster);
  return cluster;
};

/** What of a request is for redis and valkey only. */
interface RedisOnly {
  readonly AuthToken?: unknown;
  readonly SnapshotRetentionLimit?: number | undefined;
  readonly SnapshotWindow?: unknown;
  readonly SnapshotArns?: unknown;
  readonly SnapshotName?: unknown;
  readonly LogDeliveryConfigurations?: unknown;
}

/** @throws ServiceError InvalidParameterCombination for tokens, snapshots and logs, which memcached does not have */
export const refuseWhatRedisHas = ({ SnapshotRetentionLimit: days = 0, ...input }: RedisOnly): void => {
  if (days !== 0) throw invalidCombination('The engine memcached has no snapshots. Leave SnapshotRetentionLimit at 0.');
  const { AuthToken, SnapshotWindow, SnapshotArns, SnapshotName, LogDeliveryConfigurations } = input;
  const others = { AuthToken, SnapshotWindow, SnapshotArns, SnapshotName, LogDeliveryConfigurations };
  const given = Object.entries(others).find(([, value]) => value !== undefined);
  if (given) throw invalidCombination(`${given[0]} is not for the engine memcached.`);
};

/** @throws ServiceError NodeQuotaForClusterExceeded */
export const checkNodesPerCluster = ({ quotas }: ControlPlane, nodeCount: number): void => {
  const { nodesPerMemcachedCluster: most } = quotas;
  if (nodeCount <= most) return;
  const message = `${nodeCount} nodes exceed the quota of ${most} nodes of a memcached cluster.`;
  throw new ServiceError('NodeQuotaForClusterExceededFault', message);
};
