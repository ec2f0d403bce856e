import { parameterGroupName } from '../../platform/names.ts';
import { closestTo } from '../closest.ts';
import type { Observation, ParameterSeen } from '../observation.ts';
import type { Fault } from '../schemas.ts';
import type { ReadableSpec } from '../spec.ts';
import { nearestVersion } from './engine-version.ts';
import { isEvictionPolicy } from './eviction.ts';
import { type AccountRule, faultsOf, type SpecRule } from './rule.ts';
import { isShapeKnown, shapeOf } from './topology.ts';

/** Own parameters or a named group; and `cluster-enabled` follows from the topology, so nobody sets it by hand. */
export const parameterSourceRule: SpecRule = ({ parameters, cacheParameterGroupName, engine }) => [
  ...faultsOf('cacheParameterGroupName', cacheParameterGroupName, {
    broken: cacheParameterGroupName !== undefined && parameters !== undefined,
    rule: 'A cache takes its parameters from a named group or from `parameters`, not from both.',
    remedy: 'Remove one of the two.',
  }),
  ...faultsOf('parameters.cluster-enabled', parameters?.['cluster-enabled'], {
    broken: engine !== 'memcached' && parameters?.['cluster-enabled'] !== undefined,
    rule: 'cluster-enabled follows from numNodeGroups.',
    remedy: 'Remove it from the parameters.',
  }),
];

/** Each parameter exists in the engine's family, may be changed, and has a value that ElastiCache allows. */
export const knownParametersRule: AccountRule = ({ engine, parameters = {} }, { parameters: known }) => {
  // Without the family's list (an engine that cannot be read) there is nothing to compare with.
  if (Object.keys(known).length === 0) return [];
  return Object.entries(parameters).flatMap(([name, value]): Fault[] => {
    // Named by rules of their own already, which need no account.
    const isNamed = name === 'cluster-enabled' || (name === 'maxmemory-policy' && !isEvictionPolicy(value));
    if (isNamed && engine !== 'memcached') return [];
    const path = `parameters.${name}`;
    const parameter = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!parameter) {
      const guess = closestTo(name, Object.keys(known));
      const remedy = guess ? `Did you mean ${guess}?` : 'Remove it.';
      // Without its value: what nobody knows may be a secret.
      return [{ path, rule: `This engine has no parameter ${name}.`, remedy }];
    }
    return faultsOf(
      path,
      value,
      {
        broken: !parameter.modifiable,
        rule: `ElastiCache does not let anybody change ${name}.`,
        remedy: 'Remove it.',
      },
      {
        broken: parameter.modifiable && !isAllowed(value, parameter),
        rule: `${name} takes ${parameter.allowedValues}.`,
        remedy: 'Choose a value that ElastiCache allows.',
      },
    );
  });
};

/** ElastiCache writes `yes,no`, or for numbers `1-20000`, `1-` or `0,20-7200`, or nothing at all. */
const isAllowed = (value: string, { allowedValues, dataType }: ParameterSeen): boolean => {
  if (allowedValues === undefined || allowedValues === '') return true;
  return allowedValues.split(',').some((part) => {
    const [, least, most] = /^\s*(-?\d+)\s*-\s*(\d*)\s*$/.exec(part) ?? [];
    if (least === undefined || dataType === 'string') return part.trim() === value;
    if (!/^-?\d+$/.test(value)) return false;
    return Number(value) >= Number(least) && (!most || Number(value) <= Number(most));
  });
};

/** The family of the specification's version, `redis7` for example; empty when there is no such version. */
export const familyOf = (spec: ReadableSpec, { engineVersions }: Pick<Observation, 'engineVersions'>): string =>
  engineVersions.find(({ version }) => version === spec.engineVersion)?.family ?? '';

/**
 * The family by which parameters can be judged already: where the version does not exist, that of the nearest, so that its
 * fault does not hide theirs. Undefined when the engine has no versions.
 */
export const likelyFamilyOf = (spec: ReadableSpec, seen: Pick<Observation, 'engineVersions'>): string | undefined => {
  const nearest = nearestVersion(
    spec.engineVersion ?? '',
    seen.engineVersions.map(({ version }) => version),
  );
  return seen.engineVersions.find(({ version }) => version === nearest)?.family;
};

/** What a parameter group of ours sets besides the specification's own parameters and those that its shape brings. */
export const besidesOf = (spec: ReadableSpec, seen: Observation): [name: string, value: string][] => {
  const wanted = [...Object.keys(spec.parameters ?? {}), ...(shapeOf(spec).clusterMode ? ['cluster-enabled'] : [])];
  return Object.entries(seen.parameterGroup?.values ?? {}).filter(([name]) => !wanted.includes(name));
};

/** Nor may such a group bring along what an earlier cache wanted: nobody asked for it now. */
export const leftOverValuesRule: AccountRule = (spec, seen) =>
  spec.parameters === undefined || seen.cache !== undefined
    ? []
    : besidesOf(spec, seen).map(([name, value]) => ({
        path: `parameters.${name}`,
        rule: `The parameter group ${parameterGroupName(spec.cacheId ?? '', familyOf(spec, seen))}, left from an earlier cache, sets ${name} to ${value}.`,
        remedy: `Delete that parameter group, which no cache uses, or write ${name} into the specification.`,
      }));

/** The named parameter group exists and fits the engine's version. */
export const namedGroupRule: AccountRule = (spec, seen) => {
  const name = spec.cacheParameterGroupName;
  // With own parameters besides, one of the two has to go first.
  if (name === undefined || spec.parameters !== undefined) return [];
  const family = seen.engineVersions.find(({ version }) => version === spec.engineVersion)?.family;
  const found = seen.namedParameterGroup?.family;
  const { clusterMode } = shapeOf(spec);
  return faultsOf(
    'cacheParameterGroupName',
    name,
    {
      broken: found === undefined,
      rule: `There is no parameter group ${name}.`,
      remedy: 'Create it first, or write `parameters` instead.',
    },
    {
      broken: found !== undefined && family !== undefined && found !== family,
      rule: `The parameter group ${name} is for ${found}, not for ${family}.`,
      remedy: `Name a group of the family ${family}.`,
    },
    {
      broken:
        spec.engine !== 'memcached' &&
        isShapeKnown(spec) &&
        seen.namedParameterGroup !== undefined &&
        seen.namedParameterGroup.clusterEnabled !== clusterMode,
      rule: `The parameter group ${name} ${clusterMode ? 'has not' : 'has'} cluster-enabled: yes.`,
      remedy: clusterMode
        ? `Name a group for cluster mode, e.g. default.${family ?? 'redis7'}.cluster.on.`
        : 'Name a group without it.',
    },
  );
};
