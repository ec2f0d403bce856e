import { parameterGroupName } from '../../platform/names.ts';
import type { Observation } from '../observation.ts';
import { PARAMETERS_PER_CALL, plannedParameterGroup } from '../planned-calls.ts';
import { besidesOf, familyOf } from '../rules/parameters.ts';
import { shapeOf } from '../rules/topology.ts';
import type { ChangeStep, Fault } from '../schemas.ts';
import type { ReadableSpec } from '../spec.ts';
import { type ChangeContext, type Changer, modification, step } from './change.ts';

/** The parameter group that the cache should use; undefined when the specification leaves it open. */
export const wantedParameterGroup = ({
  spec,
  seen,
}: {
  readonly spec: ReadableSpec & Pick<ChangeContext['spec'], 'cacheId'>;
  readonly seen: Pick<Observation, 'engineVersions' | 'remembered'>;
}): string | undefined => {
  const family = familyOf(spec, seen);
  if (spec.parameters) return parameterGroupName(spec.cacheId, family);
  if (spec.cacheParameterGroupName) return spec.cacheParameterGroupName;
  // The last specification had its own, and this one gives them up.
  const before = seen.remembered ?? {};
  const had = before.parameters !== undefined || before.cacheParameterGroupName !== undefined;
  return had ? `default.${family}${shapeOf(spec).clusterMode ? '.cluster.on' : ''}` : undefined;
};

/**
 * Makes and fills the cache's own parameter group. Whether its nodes have to be restarted for it, ElastiCache says later. No
 * value is safe without a person: one that takes effect at once may evict keys or close connections at once.
 */
export const parameterValues: Changer = (context) => {
  const { spec, seen } = context;
  const group = plannedParameterGroup(spec, familyOf(spec, seen), {
    ...context,
    exists: seen.parameterGroup !== undefined,
  });
  if (!group) return {};
  const CacheParameterGroupName = group.name;
  const there = seen.parameterGroup?.values ?? {};
  const surplus = besidesOf(spec, seen).map(([name]) => name);
  const steps: ChangeStep[] = [];
  if (!group.exists) {
    steps.push(
      step(
        'CreateCacheParameterGroup',
        {
          CacheParameterGroupName,
          CacheParameterGroupFamily: group.family,
          Description: group.description,
          Tags: group.tags,
        },
        {
          id: 'make-parameter-group',
          says: `make the parameter group ${group.name}`,
          fields: ['parameterGroup'],
        },
      ),
    );
  }
  // Parts of the whole specification, not of what is left of it: a later plan knows the same part by the same id.
  const all = Object.entries(group.parameters);
  for (let first = 0; first < all.length; first += PARAMETERS_PER_CALL) {
    const part = all.slice(first, first + PARAMETERS_PER_CALL).filter(([name, value]) => there[name] !== value);
    if (part.length === 0) continue;
    steps.push(
      step(
        'ModifyCacheParameterGroup',
        {
          CacheParameterGroupName,
          ParameterNameValues: part.map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue })),
        },
        {
          id: `set-parameters${first === 0 ? '' : `-from-${first + 1}`}`,
          says: `set ${part.map(([name, value]) => `${name} to ${value}`).join(', ')}`,
          fields: part.map(([name]) => `parameters.${name}`),
        },
      ),
    );
  }
  if (surplus.length > 0) {
    steps.push(
      step(
        'ResetCacheParameterGroup',
        {
          CacheParameterGroupName,
          ParameterNameValues: surplus.map((ParameterName) => ({ ParameterName })),
        },
        {
          id: 'reset-parameters',
          says: `set ${surplus.join(', ')} back to the engine’s default`,
          fields: surplus.map((name) => `parameters.${name}`),
        },
      ),
    );
  }
  return { steps };
};

/** Gives the cache its parameter group; an upgrade to another family brings its group with it. */
export const parameterGroup: Changer = (context) => {
  const { cache } = context;
  const wanted = wantedParameterGroup(context);
  if (wanted === undefined || wanted === cache.parameterGroup || changesFamily(context)) return {};
  return {
    steps: [
      modification(
        context,
        { CacheParameterGroupName: wanted },
        {
          id: 'use-parameter-group',
          says: `use the parameter group ${wanted}`,
          fields: ['parameterGroup'],
        },
      ),
    ],
  };
};

/** Whether the specification's version belongs to another parameter family than the cache's own. */
export const changesFamily = ({ spec, cache, seen }: ChangeContext): boolean => {
  const [major, minor] = (cache.engineVersion ?? '').split('.');
  const now = seen.engineVersions.find(
    ({ version }) => version === `${major}.${minor}` || version === cache.engineVersion,
  );
  return now !== undefined && now.family !== familyOf(spec, seen);
};

/** What this change sets to another value, and only a starting node takes. */
const changedBootValues = (context: ChangeContext): string[] => {
  const { spec, cache, seen } = context;
  const own = spec.parameters ?? {};
  if (seen.bootValues && wantedParameterGroup(context) !== cache.parameterGroup && !changesFamily(context)) {
    const { from, to } = seen.bootValues;
    const names = new Set([...Object.keys(from), ...Object.keys(to)]);
    // Whether cluster mode is on is fixed, and refused as such.
    names.delete('cluster-enabled');
    return [...names].filter((name) => (own[name] ?? to[name] ?? '') !== (from[name] ?? ''));
  }
  const there = seen.parameterGroup?.values ?? {};
  const changed = Object.keys(own).filter((name) => there[name] !== own[name]);
  const reset = spec.parameters ? besidesOf(spec, seen).map(([name]) => name) : [];
  return [...changed, ...reset].filter((name) => seen.parameters[name]?.changeType === 'requires-reboot');
};

/**
 * Parameters that wait for a restart get it, a node at a time. ElastiCache forgets what a primary holds when it is
 * restarted and its replicas forget it too, so the primary goes first and a snapshot before all. With cluster mode it restarts
 * no node on request (ElastiCache guide, "Rebooting nodes").
 */
export const restarts: Changer = (context) => {
  const { cache, spec } = context;
  if (wantedParameterGroup(context) === undefined) return {};
  const changed = changedBootValues(context);
  if (cache.clusterMode) return { refused: changed.map((name) => unbootable(name, spec.parameters?.[name])) };
  const waiting = (cache.members ?? []).filter(
    ({ parameterStatus }) => changed.length > 0 || parameterStatus === 'pending-reboot',
  );
  const primaryFirst = waiting.toSorted(
    (one, other) => Number(other.role === 'primary') - Number(one.role === 'primary'),
  );
  return {
    steps: primaryFirst.map(({ id, nodeIds = ['0001'] }) =>
      step(
        'RebootCacheCluster',
        { CacheClusterId: id, CacheNodeIdsToReboot: nodeIds },
        {
          id: `restart-${id}`,
          says: `restart ${id}, which forgets what it holds`,
          fields: ['parameterStatus'],
          interrupts: 'loses-data',
        },
      ),
    ),
  };
};

const unbootable = (name: string, value: string | undefined): Fault => ({
  path: `parameters.${name}`,
  value,
  rule: `${name} takes effect when a node starts, and the nodes of a cache with cluster mode cannot be restarted.`,
  remedy: 'Take a snapshot, create a cache with this parameter from it, and move the applications there.',
});
