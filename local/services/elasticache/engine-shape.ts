import type { CacheShape, EngineUser } from '../../engine/types.ts';
import { localMaxmemoryBytes } from './node-types.ts';
import { effectiveValues, isFamily, parametersOf } from './parameter-families.ts';
import type { User } from './state/access.ts';
import type { Cache, Node, ParameterValues } from './state/cache.ts';
import type { RegionState } from './state/region-state.ts';
import { engineAccess } from './validation/access-string.ts';

/** All values of the cache's parameter group. */
export const valuesOf = (state: RegionState, cache: Pick<Cache, 'parameterGroupName'>): ParameterValues => {
  const group = state.parameterGroups.get(cache.parameterGroupName);
  return group && isFamily(group.family) ? effectiveValues(group.family, group.values) : {};
};

const definitionsOf = (state: RegionState, cache: Pick<Cache, 'parameterGroupName'>) => {
  const family = state.parameterGroups.get(cache.parameterGroupName)?.family ?? '';
  return isFamily(family) ? [...parametersOf(family).values()] : [];
};

/** The values that only a start of the nodes can bring in. */
export const rebootValues = (state: RegionState, cache: Pick<Cache, 'parameterGroupName'>): ParameterValues => {
  const values = valuesOf(state, cache);
  const names = definitionsOf(state, cache).filter(({ changeType }) => changeType === 'requires-reboot');
  return Object.fromEntries(names.map(({ name }) => [name, values[name] ?? '']));
};

/** What the next start of a node will bring in; nothing for a node that has not started yet. */
export const valuesToBoot = (
  state: RegionState,
  cache: Pick<Cache, 'parameterGroupName'>,
  { bootParameters }: Pick<Node, 'bootParameters'>,
): ParameterValues => {
  if (Object.keys(bootParameters).length === 0) return {};
  const wanted = Object.entries(rebootValues(state, cache));
  return Object.fromEntries(wanted.filter(([name, value]) => bootParameters[name] !== value));
};

/** What a node's configuration gets at its start. */
export const startParameters = (state: RegionState, cache: Cache): Record<string, string> =>
  Object.fromEntries(reachingEngine(state, cache).map(({ name }) => [name, valuesOf(state, cache)[name] ?? '']));

/** What a running node takes over at once. */
export const immediateParameters = (state: RegionState, cache: Cache): Record<string, string> =>
  Object.fromEntries(
    reachingEngine(state, cache)
      .filter(({ changeType }) => changeType === 'immediate')
      .map(({ name }) => [name, valuesOf(state, cache)[name] ?? '']),
  );

const reachingEngine = (state: RegionState, cache: Cache) =>
  definitionsOf(state, cache).filter(({ reachesEngine }) => reachesEngine);

export const maxmemoryBytes = (state: RegionState, cache: Cache, nodeType = cache.nodeType): number =>
  localMaxmemoryBytes(nodeType, Number(valuesOf(state, cache)['reserved-memory-percent'] ?? 25));

const EVERYTHING = '~* &* +@all';

const engineUser = ({ name, settings }: User): EngineUser => {
  const { isOn, access } = engineAccess(settings.accessString);
  return {
    name,
    passwordHashes: isOn ? settings.passwordHashes : [],
    open: isOn && settings.noPasswordRequired,
    access,
  };
};

/**
 * Who may log in: the users of the cache's group, or else the one `default` user with the cache's AUTH tokens. A valkey
 * group need not have a user of that name; the engine then closes its own.
 */
export const engineUsers = (state: RegionState, cache: Cache): readonly EngineUser[] => {
  if (cache.userGroupIds.length === 0) {
    const { hashes, required } = cache.tokens;
    return [{ name: 'default', passwordHashes: hashes, open: !required, access: EVERYTHING }];
  }
  return cache.userGroupIds
    .flatMap((groupId) => state.userGroups.get(groupId)?.userIds ?? [])
    .flatMap((userId) => state.users.get(userId) ?? [])
    .map(engineUser);
};

/** One Engine serves every Region and both kinds of cache; ids have no dots, so these names cannot meet. */
const engineId = ({ region, kind, id }: Cache): string =>
  kind === 'cluster' ? `${region}.cluster.${id}` : `${region}.${id}`;

/** What the engine has to build for this cache. */
export const shapeOf = (state: RegionState, cache: Cache): CacheShape => ({
  id: engineId(cache),
  clusterMode: cache.clusterMode,
  tls: cache.tls,
  shards: cache.shards.map(({ id, nodes, slots }) => ({ id, nodes: nodes.map((node) => ({ id: node.id })), slots })),
  maxmemoryBytes: maxmemoryBytes(state, cache),
  parameters: startParameters(state, cache),
  users: engineUsers(state, cache),
});
