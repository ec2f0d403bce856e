import { leavingShards, shapeOf } from '../rules/topology.ts';
import type { ChangeStep } from '../schemas.ts';
import { type ChangeContext, type Changer, counted, modification, step } from './change.ts';

/** Moving slots takes 25–52 min for a small cluster (terraform-provider-aws, timings); settle’s own end is 3 h. */
const RESHARDING_SECONDS = 10_200;

/** Replicas are copied from their primaries: 27–32 min for two changes (terraform-provider-aws, timings). */
const REPLICAS_SECONDS = 5400;

const nodesPerShard = ({ spec }: ChangeContext) => 1 + shapeOf(spec).replicasPerShard;

const replicas = (context: ChangeContext, direction: 'more' | 'fewer'): ChangeStep[] => {
  const { cache, spec } = context;
  if (spec.engine === 'memcached') return [];
  const wanted = nodesPerShard(context);
  // Shards that go need no replicas; and when replicas go, those are gone already.
  const leaving = leavingShards(cache, shapeOf(spec).shards);
  const staying = cache.shards.filter(({ id }) => !leaving.includes(id));
  const shards = staying.filter(({ nodeCount }) => (direction === 'more' ? nodeCount < wanted : nodeCount > wanted));
  if (shards.length === 0) return [];
  const NewReplicaCount = wanted - 1;
  const all = shards.length === (direction === 'more' ? cache.shards : staying).length;
  const which = all
    ? { NewReplicaCount }
    : { ReplicaConfiguration: shards.map(({ id }) => ({ NodeGroupId: id, NewReplicaCount })) };
  const where = all
    ? 'each shard'
    : `the ${shards.length === 1 ? 'shard' : 'shards'} ${shards.map(({ id }) => id).join(', ')}`;
  return [
    step(
      direction === 'more' ? 'IncreaseReplicaCount' : 'DecreaseReplicaCount',
      { ReplicationGroupId: cache.cacheId, ApplyImmediately: true, ...which },
      {
        id: `${direction}-replicas`,
        says: `give ${where} ${counted(NewReplicaCount, 'replica')}`,
        fields: shards.map(({ id }) => `shards.${id}.replicas`),
        interrupts: direction === 'more' ? 'nothing' : 'for-a-moment',
        deadlineSeconds: REPLICAS_SECONDS,
      },
    ),
  ];
};

/** New replicas come before everything that could lose a primary. */
export const moreReplicas: Changer = (context) => ({ steps: replicas(context, 'more') });

export const fewerReplicas: Changer = (context) => ({ steps: replicas(context, 'fewer') });

const shards = (context: ChangeContext, direction: 'more' | 'fewer'): ChangeStep[] => {
  const { cache, spec } = context;
  const { shards: wanted, clusterMode } = shapeOf(spec);
  const there = cache.shards.length;
  if (!clusterMode || !cache.clusterMode || (direction === 'more' ? wanted <= there : wanted >= there)) return [];
  const removed = leavingShards(cache, wanted);
  return [
    step(
      'ModifyReplicationGroupShardConfiguration',
      {
        ReplicationGroupId: cache.cacheId,
        NodeGroupCount: wanted,
        ApplyImmediately: true,
        ...(direction === 'fewer' ? { NodeGroupsToRemove: removed } : {}),
      },
      {
        id: `${direction}-shards`,
        says: `spread the keys over ${counted(wanted, 'shard')} instead of ${there}`,
        fields: ['shards', ...removed.map((id) => `shards.${id}.replicas`)],
        interrupts: 'for-a-moment',
        shards: wanted,
        deadlineSeconds: RESHARDING_SECONDS,
      },
    ),
  ];
};

export const moreShards: Changer = (context) => ({ steps: shards(context, 'more') });

/** ElastiCache itself refuses when what the other shards hold would not fit (guide, online resizing). */
export const fewerShards: Changer = (context) => ({ steps: shards(context, 'fewer') });

const nodeType = (context: ChangeContext, direction: 'up' | 'down'): ReturnType<Changer> => {
  const { cache, spec, seen } = context;
  // Of Memcached it is fixed.
  if (spec.engine === 'memcached' || cache.nodeType === undefined || spec.cacheNodeType === cache.nodeType) return {};
  const allowed = seen.allowedNodeTypes ?? { up: [], down: [] };
  const isUp = allowed.up.includes(spec.cacheNodeType);
  if (direction === 'up' ? isUp : !isUp && allowed.down.includes(spec.cacheNodeType)) {
    return {
      steps: [
        modification(
          context,
          { CacheNodeType: spec.cacheNodeType },
          {
            id: 'node-type',
            says: `move the nodes from ${cache.nodeType} to ${spec.cacheNodeType}`,
            fields: ['cacheNodeType'],
            interrupts: 'for-a-moment',
            deadlineSeconds: RESHARDING_SECONDS,
          },
        ),
      ],
    };
  }
  if (direction === 'down' || allowed.down.includes(spec.cacheNodeType)) return {};
  const all = [...allowed.up, ...allowed.down];
  return {
    refused: [
      {
        path: 'cacheNodeType',
        value: spec.cacheNodeType,
        rule: `ElastiCache does not move ${cache.cacheId} from ${cache.nodeType} to ${spec.cacheNodeType}.`,
        remedy:
          all.length === 0
            ? 'It offers no other node type for this cache now: create a new cache from a snapshot.'
            : `It offers ${all.slice(0, 12).join(', ')}${all.length > 12 ? ' and more' : ''}; for others create a new cache from a snapshot.`,
      },
    ],
  };
};

export const biggerNodes: Changer = (context) => nodeType(context, 'up');

/** ElastiCache itself refuses when what the nodes hold would not fit (ListAllowedNodeTypeModifications). */
export const smallerNodes: Changer = (context) => nodeType(context, 'down');
