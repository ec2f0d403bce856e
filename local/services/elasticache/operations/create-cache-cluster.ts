import type {
  CreateCacheClusterCommandInput as Input,
  CreateCacheClusterCommandOutput as Output,
} from '@aws-sdk/client-elasticache';
import { operation, type Permission, ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { chooseEngine, saysCluster } from '../creating/engine-choice.ts';
import { checkNodeQuota, type Foundations, layFoundations } from '../creating/foundations.ts';
import { zonesOf } from '../creating/subnets.ts';
import { findVersion } from '../engine-versions.ts';
import { beginCreation } from '../lifecycle/create.ts';
import { newLogDeliveries } from '../log-delivery/plan.ts';
import { logPermissions, prepareLogDestinations } from '../log-delivery/prepare.ts';
import { findParameterGroup } from '../lookups.ts';
import { createMemcachedCluster } from '../memcached/create.ts';
import { viewMemcachedCluster } from '../memcached/view.ts';
import { defaultGroupName } from '../parameter-families.ts';
import { cacheKeys, permissionOn, requestTags, tagOnCreate } from '../permissions.ts';
import type { Cache } from '../state/cache.ts';
import { clusterIdIsTaken } from '../state/region-state.ts';
import { invalidCombination, invalidValue, refuseParameters } from '../validation/faults.ts';
import { checkIdentifier, LONGEST } from '../validation/identifiers.ts';
import { viewCacheCluster } from '../views/cache-cluster.ts';

/** A single node of redis that stands alone, or a memcached cluster. */
export const createCacheCluster = (planeOf: PlaneOf) =>
  operation<Input, Output>({
    permissions: (input, call) => permissions(planeOf(call), call, input),
    async handle(input, call) {
      const plane = planeOf(call);
      const id = checkIdentifier('CacheClusterId', input.CacheClusterId, LONGEST.cacheCluster);
      refuseParameters('CreateCacheCluster', input, ['ReplicationGroupId', 'OutpostMode']);
      if (input.Engine?.toLowerCase() === 'memcached') {
        const cluster = await createMemcachedCluster(plane, id, input);
        return { CacheCluster: viewMemcachedCluster(plane, cluster, false) };
      }
      checkShape(input);
      await prepareLogDestinations(plane, call, input);
      const foundations = await layFoundations(plane, 'CreateCacheCluster', id, input);
      if (foundations.parameterGroup && saysCluster(foundations.parameterGroup)) {
        throw invalidCombination(
          `The parameter group ${foundations.parameterGroup.name} has cluster-enabled set to yes. Use a replication group.`,
        );
      }
      const cache = newCluster(plane, id, input, foundations, chooseZone(input, zonesOf(foundations.subnetGroup)));
      if (clusterIdIsTaken(plane.state, id)) {
        throw new ServiceError('CacheClusterAlreadyExistsFault', `Cache cluster ${id} already exists.`);
      }
      checkNodeQuota(plane, 1);
      beginCreation(plane, cache);
      const [shard] = cache.shards;
      const [node] = shard?.nodes ?? [];
      if (!shard || !node) throw new Error(`Cache cluster ${id} was made without a node`);
      return { CacheCluster: viewCacheCluster(plane, { cache, shard, node }, false) };
    },
  });

const permissions = (plane: ControlPlane, call: { operation: string }, input: Input): readonly Permission[] => {
  const { CacheClusterId: id = '', Tags } = input;
  const context = { ...requestTags(Tags), ...cacheKeys(input) };
  const engine = input.Engine?.toLowerCase() === 'memcached' ? 'memcached' : 'redis';
  const version = findVersion(engine, input.EngineVersion) ?? findVersion(engine, undefined);
  const parameterGroup = input.CacheParameterGroupName ?? defaultGroupName(version?.family ?? '', false);
  return [
    permissionOn(plane, call, 'cluster', id, context),
    permissionOn(plane, call, 'parametergroup', parameterGroup, context),
    permissionOn(plane, call, 'subnetgroup', input.CacheSubnetGroupName ?? 'default', context),
    ...logPermissions(input),
    ...tagOnCreate(plane, 'cluster', id, Tags),
  ];
};

const checkShape = (input: Input) => {
  const engine = chooseEngine(input.Engine);
  if (engine === 'valkey') {
    throw invalidValue('CreateCacheCluster takes the engines memcached and redis. Use a replication group for valkey.');
  }
  if (input.NumCacheNodes !== undefined && input.NumCacheNodes !== 1) {
    throw invalidValue(`NumCacheNodes must be 1 for the engine redis, not ${input.NumCacheNodes}.`);
  }
  if (input.AZMode !== undefined && input.AZMode !== 'single-az') {
    throw invalidCombination(`AZMode ${input.AZMode} is for memcached only.`);
  }
  if (input.PreferredAvailabilityZones !== undefined) {
    throw invalidCombination('PreferredAvailabilityZones is for memcached only. Use PreferredAvailabilityZone.');
  }
};

const chooseZone = ({ PreferredAvailabilityZone: asked }: Input, zones: readonly string[]): string => {
  if (asked === undefined) return zones[0] ?? '';
  if (zones.includes(asked)) return asked;
  throw invalidValue(`Availability zone ${asked} is not in the subnet group, which has ${zones.join(', ')}.`);
};

const newCluster = (
  plane: ControlPlane,
  id: string,
  input: Input,
  foundations: Foundations,
  availabilityZone: string,
): Cache => {
  const { version, parameterGroup, subnetGroup, ...rest } = foundations;
  const now = plane.world.clock.now();
  const arn = arnOf(plane.region, plane.accountId, 'cluster', id);
  return {
    ...rest,
    kind: 'cluster',
    id,
    arn,
    region: plane.region,
    createdAt: new Date(now),
    status: 'creating',
    visibleFrom: now + plane.delays.readAfterWriteLagSeconds * 1000,
    description: '',
    engineVersion: version.full,
    clusterMode: false,
    shards: [
      {
        id: '0001',
        status: 'creating',
        slots: [],
        nodes: [{ id, arn, availabilityZone, status: 'creating', topicStatus: 'active', bootParameters: {} }],
      },
    ],
    parameterGroupName: findParameterGroup(plane, parameterGroup?.name ?? defaultGroupName(version.family, false)).name,
    applyingParameters: false,
    subnetGroupName: subnetGroup.name,
    automaticFailover: 'disabled',
    multiAz: false,
    atRest: false,
    tokenChangedAt: foundations.tokens.hashes.length > 0 ? new Date(now) : undefined,
    userGroupIds: [],
    logDeliveries: newLogDeliveries(
      { engine: foundations.engine, engineVersion: version.full },
      input.LogDeliveryConfigurations,
      now,
    ),
    pending: {},
  };
};
