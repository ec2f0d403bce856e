import type {
  CreateReplicationGroupCommandInput as Input,
  CreateReplicationGroupCommandOutput as Output,
} from '@aws-sdk/client-elasticache';
import { operation, type Permission, ServiceError } from '../../../service.ts';
import { arnOf } from '../arns.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { chooseEngine, saysCluster } from '../creating/engine-choice.ts';
import { checkNodeQuota, type Foundations, layFoundations } from '../creating/foundations.ts';
import { zonesOf } from '../creating/subnets.ts';
import { checkUserGroups } from '../creating/user-groups.ts';
import { findVersion } from '../engine-versions.ts';
import { beginCreation } from '../lifecycle/create.ts';
import { checkTransitMode, checkTransitVersion } from '../lifecycle/plan-transit.ts';
import { newLogDeliveries } from '../log-delivery/plan.ts';
import { logPermissions, prepareLogDestinations } from '../log-delivery/prepare.ts';
import { findParameterGroup } from '../lookups.ts';
import { defaultGroupName } from '../parameter-families.ts';
import { cacheKeys, keyPermissions, permissionOn, requestTags, tagOnCreate } from '../permissions.ts';
import type { Cache } from '../state/cache.ts';
import { invalidCombination, notEmulated, refuseParameters } from '../validation/faults.ts';
import { checkIdentifier, LONGEST } from '../validation/identifiers.ts';
import { planTopology, type Topology } from '../validation/topology.ts';
import { viewReplicationGroup } from '../views/replication-group.ts';

/** Other ways to make a group: each comes with its own capability. */
const LATER = ['PrimaryClusterId', 'GlobalReplicationGroupId', 'ServerlessCacheSnapshotName', 'Durability'] as const;

export const createReplicationGroup = (planeOf: PlaneOf) =>
  operation<Input, Output>({
    permissions: (input, call) => permissions(planeOf(call), call, input),
    async handle(input, call) {
      const plane = planeOf(call);
      const id = checkIdentifier('ReplicationGroupId', input.ReplicationGroupId, LONGEST.replicationGroup);
      refuseParameters('CreateReplicationGroup', input, LATER);
      checkModes(input);
      await prepareLogDestinations(plane, call, input);
      const foundations = await layFoundations(plane, 'CreateReplicationGroup', id, input);
      if (input.TransitEncryptionMode === 'preferred') {
        checkTransitVersion({ engine: foundations.engine, engineVersion: foundations.version.full });
      }
      const topology = planTopology(input, {
        parameterGroupSaysCluster: foundations.parameterGroup && saysCluster(foundations.parameterGroup),
        zones: zonesOf(foundations.subnetGroup),
        quotas: plane.quotas,
      });
      const userGroupIds = chooseUserGroups(plane, input, foundations);
      const cache = newGroup(plane, id, input, foundations, topology, userGroupIds);
      // Looked at last, with no wait between here and the writing: of two calls at once only one gets the id.
      checkIsFree(plane, cache);
      checkNodeQuota(
        plane,
        cache.shards.reduce((sum, { nodes }) => sum + nodes.length, 0),
      );
      beginCreation(plane, cache);
      return { ReplicationGroup: await viewReplicationGroup(plane, cache) };
    },
  });

const permissions = (plane: ControlPlane, call: { operation: string }, input: Input): readonly Permission[] => {
  const { ReplicationGroupId: id = '', Tags } = input;
  const context = { ...requestTags(Tags), ...cacheKeys(input) };
  const parameterGroup = input.CacheParameterGroupName ?? defaultGroup(input);
  return [
    permissionOn(plane, call, 'replicationgroup', id, context),
    permissionOn(plane, call, 'parametergroup', parameterGroup, context),
    permissionOn(plane, call, 'subnetgroup', input.CacheSubnetGroupName ?? 'default', context),
    ...(input.UserGroupIds ?? []).map((group) => permissionOn(plane, call, 'usergroup', group, context)),
    ...tagOnCreate(plane, 'replicationgroup', id, Tags),
    ...logPermissions(input),
    ...(input.KmsKeyId === undefined ? [] : keyPermissions(plane, input.KmsKeyId)),
  ];
};

/** The group that a request without one means; an engine that does not exist is refused later, by name. */
const defaultGroup = (input: Input): string => {
  const engine = input.Engine?.toLowerCase() === 'valkey' ? 'valkey' : 'redis';
  const family = (findVersion(engine, input.EngineVersion) ?? findVersion(engine, undefined))?.family ?? '';
  const shards = input.NumNodeGroups ?? input.NodeGroupConfiguration?.length ?? 1;
  return defaultGroupName(family, input.ClusterMode === 'enabled' || shards > 1);
};

const checkModes = (input: Input) => {
  chooseEngine(input.Engine);
  if (input.DataTieringEnabled) throw notEmulated('data tiering');
  if (input.ClusterMode === 'compatible') throw notEmulated('ClusterMode compatible');
  const mode = checkTransitMode(input.TransitEncryptionMode);
  if (mode !== undefined && !input.TransitEncryptionEnabled) {
    throw invalidCombination('To modify transit encryption mode, set encryption-in-transit as enabled.');
  }
  if (input.KmsKeyId !== undefined && !encryptsAtRest(input)) {
    throw invalidCombination('KmsKeyId needs AtRestEncryptionEnabled to be true.');
  }
};

/** On by default for Valkey, off for Redis OSS (API reference). */
const encryptsAtRest = ({ AtRestEncryptionEnabled, Engine }: Input) =>
  AtRestEncryptionEnabled ?? Engine?.toLowerCase() === 'valkey';

const chooseUserGroups = (plane: ControlPlane, input: Input, { tls, engine, version }: Foundations) => {
  const ids = input.UserGroupIds ?? [];
  if (ids.length > 0 && input.AuthToken !== undefined) {
    throw invalidCombination('A user group cannot be combined with an AUTH token. Use one of the two.');
  }
  return checkUserGroups(plane, { tls, engine, engineVersion: version.full }, ids);
};

const checkIsFree = ({ state }: ControlPlane, cache: Cache) => {
  if (!state.groups.has(cache.id)) return;
  throw new ServiceError('ReplicationGroupAlreadyExistsFault', `Replication group ${cache.id} already exists.`);
};

const newGroup = (
  plane: ControlPlane,
  id: string,
  input: Input,
  foundations: Foundations,
  { clusterMode, shards }: Topology,
  userGroupIds: readonly string[],
): Cache => {
  const { region, accountId, world } = plane;
  const { version, parameterGroup, subnetGroup, snapshotRetentionLimit, ...rest } = foundations;
  const nodeId = (shardId: string, index: number) =>
    [id, ...(clusterMode ? [shardId] : []), String(index + 1).padStart(3, '0')].join('-');
  const now = world.clock.now();
  const failover = input.AutomaticFailoverEnabled ?? false;
  const cache: Cache = {
    ...rest,
    kind: 'replication-group',
    id,
    arn: arnOf(region, accountId, 'replicationgroup', id),
    region,
    createdAt: new Date(now),
    status: 'creating',
    visibleFrom: now + plane.delays.readAfterWriteLagSeconds * 1000,
    description: input.ReplicationGroupDescription ?? '',
    engineVersion: version.full,
    clusterMode,
    shards: shards.map((shard) => ({
      id: shard.id,
      status: 'creating',
      slots: shard.slots,
      nodes: shard.zones.map((availabilityZone, index) => ({
        id: nodeId(shard.id, index),
        arn: arnOf(region, accountId, 'cluster', nodeId(shard.id, index)),
        availabilityZone,
        status: 'creating',
        topicStatus: 'active',
        bootParameters: {},
      })),
    })),
    parameterGroupName: findParameterGroup(plane, parameterGroup?.name ?? defaultGroupName(version.family, clusterMode))
      .name,
    applyingParameters: false,
    subnetGroupName: subnetGroup.name,
    // With cluster mode it is on at once, without it is switched on once the replicas are there (API reference).
    automaticFailover: failover ? (clusterMode ? 'enabled' : 'enabling') : 'disabled',
    multiAz: input.MultiAZEnabled ?? false,
    atRest: encryptsAtRest(input),
    kmsKeyId: input.KmsKeyId,
    transitMode: foundations.tls ? checkTransitMode(input.TransitEncryptionMode) : undefined,
    tokenChangedAt: foundations.tokens.hashes.length > 0 ? new Date(now) : undefined,
    userGroupIds,
    logDeliveries: newLogDeliveries(
      { engine: foundations.engine, engineVersion: version.full },
      input.LogDeliveryConfigurations,
      now,
    ),
    snapshotRetentionLimit,
    pending: {},
  };
  // Backups are taken from the last replica, which spares the primary; with cluster mode from every shard.
  if (!clusterMode && snapshotRetentionLimit > 0) cache.snapshottingNodeId = cache.shards[0]?.nodes.at(-1)?.id;
  return cache;
};
