import { leavingShards, shapeOf } from '../rules/topology.ts';
import { type ChangeContext, type Changer, modification } from './change.ts';

/**
 * What is left out stays as it is, as far as the rest allows: where no replica stays it is what it would be for a new cache
 * (ElastiCache keeps the last replica as long as failover or Multi-AZ needs it), and Multi-AZ goes when failover goes.
 */
const wantedOf = ({ spec, cache }: ChangeContext) => {
  const { clusterMode, replicasPerShard } = shapeOf(spec);
  const hasReplicas = replicasPerShard > 0;
  const failover = spec.automaticFailoverEnabled ?? (hasReplicas ? cache.automaticFailover : clusterMode);
  const multiAZ = spec.multiAZEnabled ?? (hasReplicas && failover && cache.multiAZ);
  return { AutomaticFailoverEnabled: failover, MultiAZEnabled: multiAZ };
};

const words = { AutomaticFailoverEnabled: 'automatic failover', MultiAZEnabled: 'Multi-AZ' };
const fieldOf = { AutomaticFailoverEnabled: 'automaticFailoverEnabled', MultiAZEnabled: 'multiAZEnabled' };

const switched = (context: ChangeContext, to: boolean): ReturnType<Changer> => {
  const { cache, spec } = context;
  const wanted = wantedOf(context);
  const found = { AutomaticFailoverEnabled: cache.automaticFailover, MultiAZEnabled: cache.multiAZ };
  const changed = (['AutomaticFailoverEnabled', 'MultiAZEnabled'] as const).filter(
    (name) => wanted[name] === to && found[name] !== to,
  );
  if (changed.length === 0) return {};
  if (!to && cache.clusterMode && changed.includes('AutomaticFailoverEnabled') && shapeOf(spec).clusterMode) {
    const rule = 'A cache with cluster mode always has automatic failover.';
    return {
      refused: [{ path: 'automaticFailoverEnabled', value: false, rule, remedy: 'Set it to true, or leave it out.' }],
    };
  }
  const parameters = Object.fromEntries(changed.map((name) => [name, to]));
  return {
    steps: [
      modification(context, parameters, {
        id: to ? 'failover-on' : 'failover-off',
        says: `switch ${changed.map((name) => words[name]).join(' and ')} ${to ? 'on' : 'off'}`,
        fields: changed.map((name) => fieldOf[name]),
        // Without a replica in each shard ElastiCache would refuse it, and somebody has to add one first.
        safe: to && cache.shards.every(({ nodeCount }) => nodeCount > 1),
      }),
    ],
  };
};

/** Shards that go get no replicas before, and a shard without one keeps Multi-AZ off. */
const waitsForShardsToGo = ({ spec, cache }: ChangeContext): boolean => {
  const leaving = leavingShards(cache, shapeOf(spec).shards);
  return cache.shards.some(({ id, nodeCount }) => leaving.includes(id) && nodeCount < 2);
};

/** As soon as the replicas are there. */
export const failoverOn: Changer = (context) => (waitsForShardsToGo(context) ? {} : switched(context, true));

/** The same once shards without replicas are gone. */
export const failoverOnAtLast: Changer = (context) => (waitsForShardsToGo(context) ? switched(context, true) : {});

/** Before the last replicas go: ElastiCache keeps one as long as failover is on. */
export const failoverOff: Changer = (context) => switched(context, false);
