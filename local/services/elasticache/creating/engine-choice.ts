import type { ControlPlane } from '../control-plane.ts';
import { type AnyEngine, type EngineVersion, findVersion, versionsOf } from '../engine-versions.ts';
import { findParameterGroup } from '../lookups.ts';
import { familyOfNodeType, isNodeType, tiersData } from '../node-types.ts';
import type { EngineName } from '../state/cache.ts';
import type { ParameterGroup } from '../state/region-state.ts';
import { invalidCombination, invalidValue, notEmulated } from '../validation/faults.ts';

/** @throws ServiceError InvalidParameterValue */
export const chooseEngine = (engine = 'redis'): EngineName => {
  const name = engine.toLowerCase();
  if (name === 'redis' || name === 'valkey') return name;
  throw invalidValue(`Invalid engine "${engine}". Use redis or valkey.`);
};

/** @throws ServiceError InvalidParameterValue */
export const chooseVersion = (engine: AnyEngine, version: string | undefined): EngineVersion => {
  const found = findVersion(engine, version);
  if (found) return found;
  const offered = versionsOf(engine).map((candidate) => candidate.version);
  throw invalidValue(`The engine version ${version} of ${engine} is not offered. Offered are ${offered.join(', ')}.`);
};

/** Families that came with Graviton2 or later need an engine from 5.0.6 on, which is the oldest offered here. */
export const checkNodeType = (nodeType: string | undefined): string => {
  if (nodeType === undefined) throw invalidValue('The parameter CacheNodeType must be provided.');
  if (!isNodeType(nodeType)) throw invalidValue(`Invalid cache node type "${nodeType}".`);
  if (tiersData(nodeType)) throw notEmulated(`data tiering (${familyOfNodeType(nodeType)} nodes)`);
  return nodeType;
};

/** @throws ServiceError CacheParameterGroupNotFound, InvalidParameterCombination for a group of another family */
export const checkParameterGroup = (
  plane: Pick<ControlPlane, 'state'>,
  name: string,
  { family }: EngineVersion,
): ParameterGroup => {
  const group = findParameterGroup(plane, name);
  if (group.family === family) return group;
  throw invalidCombination(`Expected a parameter group of family ${family} but found one of family ${group.family}`);
};

export const saysCluster = (group: ParameterGroup): boolean => group.values.get('cluster-enabled') === 'yes';
