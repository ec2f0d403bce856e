import { parameterGroupName } from '../../platform/names.ts';
import { PARAMETERS_PER_CALL, plannedParameterGroup } from '../planned-calls.ts';
import { besidesOf, familyOf } from '../rules/parameters.ts';
import { shapeOf } from '../rules/topology.ts';
import type { ChangeStep, Fault } from '../schemas.ts';
import { type ChangeContext, type Changer, modification, step } from './change.ts';

/** The parameter group that the cache should use; undefined when the specification leaves it open. */
export const wantedParameterGroup = ({ spec, seen }: Pick<ChangeContext, 'spec' | 'seen'>): string | undefined => {
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
  const differing = Object.entries(group.parameters).filter(([name, value]) => there[name] !== value);
  const surplus = besidesOf(spec, seen).map(([name]) => name);
  const refused = [...differing.map(([name]) => name), ...surplus].flatMap((name) => unbootable(context, name));
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
  return { steps, refused };
};

/** With cluster mode ElastiCache restarts no node on request (ElastiCache guide, "Rebooting nodes"). */
const unbootable = ({ cache, seen, spec }: ChangeContext, name: string): Fault[] =>
  cache.clusterMode && seen.parameters[name]?.changeType === 'requires-reboot'
    ? [
        {
          path: `parameters.${name}`,
          value: spec.parameters?.[name],
          rule: `${name} takes effect when a node starts, and the nodes of a cache with cluster mode cannot be restarted.`,
          remedy: 'Take a snapshot, create a cache with this parameter from it, and move the applications there.',
        },
      ]
    : [];

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

/** Whether this change sets a parameter that only a starting node takes. */
const setsBootValues = (context: ChangeContext): boolean => {
  const { spec, seen } = context;
  const there = seen.parameterGroup?.values ?? {};
  return Object.entries(spec.parameters ?? {}).some(
    ([name, value]) => there[name] !== value && seen.parameters[name]?.changeType === 'requires-reboot',
  );
};

/**
 * Parameters that wait for a restart get it, a node at a time. ElastiCache forgets what a primary holds when it is
 * restarted and its replicas forget it too, so the primary goes first and a snapshot before all.
 */
export const restarts: Changer = (context) => {
  const { cache, spec } = context;
  if (spec.parameters === undefined && spec.cacheParameterGroupName === undefined) return {};
  const will = setsBootValues(context);
  const waiting = (cache.members ?? []).filter(({ parameterStatus }) => will || parameterStatus === 'pending-reboot');
  if (cache.clusterMode || waiting.length === 0) return {};
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
