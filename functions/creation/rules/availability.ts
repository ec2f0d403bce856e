import { isKnown } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';
import { isShapeKnown, shapeOf } from './topology.ts';

/** Multi-AZ needs automatic failover and, in every shard, a replica to fail over to (CreateReplicationGroup). */
export const multiAzRule: SpecRule = (spec) => {
  const { engine, multiAZEnabled, automaticFailoverEnabled } = spec;
  if (engine === 'memcached' || multiAZEnabled !== true || !isShapeKnown(spec)) return [];
  const { clusterMode, replicasPerShard } = shapeOf(spec);
  const failover = automaticFailoverEnabled ?? clusterMode;
  return faultsOf(
    'multiAZEnabled',
    multiAZEnabled,
    {
      broken: replicasPerShard === 0,
      rule: 'multiAZEnabled needs at least one replica in every shard.',
      remedy: `${addReplica(clusterMode)}, or set multiAZEnabled: false.`,
    },
    {
      broken: isKnown(spec, 'automaticFailoverEnabled') && !failover,
      rule: 'multiAZEnabled needs automaticFailoverEnabled.',
      remedy: 'Set automaticFailoverEnabled: true, or multiAZEnabled: false.',
    },
  );
};

/** Failover is always on with cluster mode, and without it needs a second node (CreateReplicationGroup). */
export const failoverRule: SpecRule = (spec) => {
  const { engine, automaticFailoverEnabled } = spec;
  if (engine === 'memcached' || automaticFailoverEnabled === undefined || !isShapeKnown(spec)) return [];
  const { clusterMode, replicasPerShard } = shapeOf(spec);
  return faultsOf(
    'automaticFailoverEnabled',
    automaticFailoverEnabled,
    {
      broken: clusterMode && !automaticFailoverEnabled,
      rule: 'With cluster mode automatic failover cannot be turned off.',
      remedy: 'Set automaticFailoverEnabled: true, or leave it out.',
    },
    {
      broken: !clusterMode && automaticFailoverEnabled && replicasPerShard === 0,
      rule: 'automaticFailoverEnabled needs a replica that can take over.',
      remedy: `${addReplica(clusterMode)}, or automaticFailoverEnabled: false.`,
    },
  );
};

const addReplica = (clusterMode: boolean): string =>
  clusterMode ? 'Set replicasPerNodeGroup to 1 or more' : 'Set numCacheClusters to 2 or more';
