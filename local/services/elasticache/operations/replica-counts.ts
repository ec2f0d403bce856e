import type {
  ConfigureShard,
  DecreaseReplicaCountCommandInput,
  DecreaseReplicaCountCommandOutput,
  IncreaseReplicaCountCommandInput,
  IncreaseReplicaCountCommandOutput,
} from '@aws-sdk/client-elasticache';
import { operation, ServiceError } from '../../../service.ts';
import type { ControlPlane, PlaneOf } from '../control-plane.ts';
import { checkNodeQuota } from '../creating/foundations.ts';
import { checkFreeAddresses } from '../creating/free-addresses.ts';
import { zonesOf } from '../creating/subnets.ts';
import { chooseZones, nextNodeIds, type PlannedShardNodes, preferredZones } from '../lifecycle/new-nodes.ts';
import { beginAddingReplicas, beginRemovingReplicas } from '../lifecycle/replicas.ts';
import { notAvailable } from '../lifecycle/request-change.ts';
import { findGroup, findSubnetGroup } from '../lookups.ts';
import { permissionOn } from '../permissions.ts';
import { type Cache, type Node, nodesOf, type Shard } from '../state/cache.ts';
import { checkInteger, invalidCombination, invalidValue } from '../validation/faults.ts';
import { checkClusterSize, checkShardIds } from '../validation/resizing.ts';
import { checkMultiAz, MOST_REPLICAS } from '../validation/topology.ts';
import { viewReplicationGroup } from '../views/replication-group.ts';

interface Request {
  readonly ReplicationGroupId?: string | undefined;
  readonly NewReplicaCount?: number | undefined;
  readonly ReplicaConfiguration?: readonly ConfigureShard[] | undefined;
  readonly ReplicasToRemove?: readonly string[] | undefined;
  readonly ApplyImmediately?: boolean | undefined;
}

export const increaseReplicaCount = (planeOf: PlaneOf) =>
  operation<IncreaseReplicaCountCommandInput, IncreaseReplicaCountCommandOutput>({
    permissions: (input, call) => permissions(planeOf(call), call, input),
    async handle(input, call) {
      const plane = planeOf(call);
      const cache = findChangeable(plane, input);
      const coming = planNewReplicas(plane, cache, input);
      const zones = coming.flatMap(({ nodes }) => nodes.map(({ availabilityZone }) => availabilityZone));
      await checkFreeAddresses(plane, cache, zones);
      // Planned again after EC2 was asked: of two calls at once one has to be refused.
      beginAddingReplicas(plane, cache, planNewReplicas(plane, findChangeable(plane, input), input));
      return { ReplicationGroup: await viewReplicationGroup(plane, cache) };
    },
  });

export const decreaseReplicaCount = (planeOf: PlaneOf) =>
  operation<DecreaseReplicaCountCommandInput, DecreaseReplicaCountCommandOutput>({
    permissions: (input, call) => permissions(planeOf(call), call, input),
    async handle(input, call) {
      const plane = planeOf(call);
      const primaries = await plane.engines.primaries(findChangeable(plane, input));
      // Looked at again after the engine was asked: of two calls at once one has to be refused.
      const cache = findChangeable(plane, input);
      const leaving = planLeavingReplicas(cache, input, primaries);
      checkWhatStays(cache, leaving);
      beginRemovingReplicas(
        plane,
        cache,
        leaving.map(({ id }) => id),
      );
      return { ReplicationGroup: await viewReplicationGroup(plane, cache) };
    },
  });

const permissions = (plane: ControlPlane, call: { operation: string }, request: Request) => {
  const count = request.NewReplicaCount;
  const context = count === undefined ? {} : { 'elasticache:ReplicasPerNodeGroup': String(count) };
  return [permissionOn(plane, call, 'replicationgroup', request.ReplicationGroupId ?? '', context)];
};

const findChangeable = (plane: ControlPlane, request: Request): Cache => {
  const cache = findGroup(plane, request.ReplicationGroupId);
  if (request.ApplyImmediately !== true) {
    throw invalidValue('ApplyImmediately must be true: a change of the replica count cannot wait.');
  }
  checkOneWay(request);
  if (cache.status !== 'available') throw notAvailable(cache);
  return cache;
};

const checkOneWay = ({ NewReplicaCount, ReplicaConfiguration, ReplicasToRemove }: Request) => {
  const ways = [
    NewReplicaCount !== undefined,
    Boolean(ReplicaConfiguration?.length),
    Boolean(ReplicasToRemove?.length),
  ];
  if (ways.filter(Boolean).length === 1) return;
  throw invalidCombination('Say in exactly one way which replicas: one count for all, or each node group by itself.');
};

/** A shard and how many replicas it is to have. */
interface Wanted {
  readonly shard: Shard;
  readonly replicas: number;
  readonly preferredZones: readonly string[] | undefined;
}

const wantedCounts = (cache: Cache, { NewReplicaCount, ReplicaConfiguration = [] }: Request): readonly Wanted[] => {
  checkInteger('NewReplicaCount', NewReplicaCount, 0, MOST_REPLICAS);
  for (const shard of ReplicaConfiguration) checkInteger('NewReplicaCount', shard.NewReplicaCount, 0, MOST_REPLICAS);
  if (NewReplicaCount !== undefined) {
    return cache.shards.map((shard) => ({ shard, replicas: NewReplicaCount, preferredZones: undefined }));
  }
  const known = cache.shards.map(({ id }) => id);
  const ids = checkShardIds(
    ReplicaConfiguration.map(({ NodeGroupId }) => NodeGroupId),
    known,
  );
  return cache.shards.flatMap((shard) => {
    const asked = ReplicaConfiguration[ids.indexOf(shard.id)];
    if (!asked) return [];
    const { NewReplicaCount: replicas = 0, PreferredAvailabilityZones } = asked;
    return [{ shard, replicas, preferredZones: PreferredAvailabilityZones }];
  });
};

const noOperation = () =>
  new ServiceError('NoOperationFault', 'The node groups have that many replicas already. Nothing to do.');

const planNewReplicas = (plane: ControlPlane, cache: Cache, request: Request): readonly PlannedShardNodes[] => {
  const wanted = wantedCounts(cache, request);
  const zones = zonesOf(findSubnetGroup(plane, cache.subnetGroupName));
  const coming = wanted.flatMap(({ shard, replicas, preferredZones: preferred }) => {
    const more = replicas - (shard.nodes.length - 1);
    if (more < 0) {
      throw invalidValue(`Node group ${shard.id} has more than ${replicas} replicas. Use DecreaseReplicaCount.`);
    }
    const used = shard.nodes.map(({ availabilityZone }) => availabilityZone);
    const places = preferred
      ? preferredZones(preferred, used, more, zones)
      : chooseZones(used, more, zones, cache.shards.indexOf(shard));
    const ids = nextNodeIds(cache, shard.id, shard.nodes, more);
    const nodes = ids.map((id, index) => ({ id, availabilityZone: places[index] ?? '' }));
    return nodes.length > 0 ? [{ shardId: shard.id, nodes }] : [];
  });
  if (coming.length === 0) throw noOperation();
  const more = coming.reduce((sum, { nodes }) => sum + nodes.length, 0);
  if (cache.clusterMode) checkClusterSize(nodesOf(cache).length + more, plane.quotas);
  checkNodeQuota(plane, more);
  return coming;
};

const planLeavingReplicas = (
  cache: Cache,
  request: Request,
  primaries: ReadonlyMap<string, string>,
): readonly Node[] => {
  if (request.ReplicasToRemove?.length) return namedReplicas(cache, request.ReplicasToRemove, primaries);
  const leaving = wantedCounts(cache, request).flatMap(({ shard, replicas }) => {
    const fewer = shard.nodes.length - 1 - replicas;
    if (fewer < 0) {
      throw invalidValue(`Node group ${shard.id} has fewer than ${replicas} replicas. Use IncreaseReplicaCount.`);
    }
    return chooseReplicas(shard, fewer, primaries.get(shard.id));
  });
  if (leaving.length === 0) throw noOperation();
  return leaving;
};

const namedReplicas = (cache: Cache, named: readonly string[], primaries: ReadonlyMap<string, string>) => {
  const ids = [...new Set(named.map((id) => id.toLowerCase()))];
  return ids.map((id) => {
    const node = nodesOf(cache).find((member) => member.id === id);
    if (!node) throw invalidValue(`${id} of ReplicasToRemove is no member of ${cache.id}.`);
    if ([...primaries.values()].includes(id)) {
      throw invalidValue(`${id} of ReplicasToRemove is a primary. Only replicas can be removed.`);
    }
    return node;
  });
};

/** Those that go: where the shard has most nodes in a zone, so that it stays spread, and of these the latest. */
const chooseReplicas = (shard: Shard, count: number, primaryId: string | undefined): readonly Node[] => {
  if (count > 0 && primaryId === undefined) {
    throw new ServiceError('InvalidReplicationGroupStateFault', `Node group ${shard.id} has no primary at present.`);
  }
  const staying = [...shard.nodes];
  const crowd = ({ availabilityZone }: Node) =>
    staying.filter((other) => other.availabilityZone === availabilityZone).length;
  return Array.from({ length: count }).flatMap(() => {
    const replicas = staying.filter(({ id }) => id !== primaryId);
    const fullest = Math.max(...replicas.map(crowd));
    const goes = replicas.findLast((node) => crowd(node) === fullest);
    if (goes) staying.splice(staying.indexOf(goes), 1);
    return goes ? [goes] : [];
  });
};

/** Multi-AZ needs a replica in every shard, and automatic failover without cluster mode needs one to fail over to. */
const checkWhatStays = (cache: Cache, leaving: readonly Node[]) => {
  const shards = cache.shards.map(({ id, nodes }) => ({
    id,
    zones: nodes.filter((node) => !leaving.includes(node)).map(({ availabilityZone }) => availabilityZone),
  }));
  if (cache.multiAz) checkMultiAz(true, shards);
  const failsOver = !cache.clusterMode && cache.automaticFailover !== 'disabled';
  if (failsOver && shards.some(({ zones }) => zones.length < 2)) {
    throw invalidCombination('Automatic failover needs at least 2 cache clusters: a primary and a replica.');
  }
};
