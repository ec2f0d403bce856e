import type { Observation } from '../../functions/creation/observation.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { parameterGroupName } from '../../functions/platform/names.ts';

/** What is seen of a cache and of the account around it, and what ElastiCache knows besides and does not tell. */
export type AccountSeen = Observation & {
  readonly cache: CacheSeen;
  /** Whether clients without the token are let in, while there is one; left out: they are not. */
  readonly tokenIsOptional?: boolean;
};

// biome-ignore lint/suspicious/noExplicitAny: AWS's own input shapes, which each effect reads as it needs them.
export type CallParameters = Readonly<Record<string, any>>;

export const cacheWith = <Seen extends AccountSeen>(seen: Seen, changes: Partial<CacheSeen>): Seen => ({
  ...seen,
  cache: { ...seen.cache, ...changes },
});

/** Refuses as ElastiCache would: a step that ends here has been planned wrongly. */
export const refuseWhen = (broken: boolean, message: string): void => {
  if (broken) throw new Error(message);
};

/** A misspelt parameter would be dropped silently by the SDK; here it is an error. */
export const checkNames = (parameters: CallParameters, known: readonly string[]): void => {
  const unknown = Object.keys(parameters).filter((name) => !known.includes(name));
  refuseWhen(unknown.length > 0, `There is no parameter ${unknown.join(', ')} in this call.`);
};

/** The name of the cache's own parameter group, as far as there is one. */
export const ownGroupName = ({ cache, parameterGroup }: AccountSeen): string | undefined =>
  parameterGroup && parameterGroupName(cache.cacheId, parameterGroup.family);

/** What ElastiCache's own groups say of the parameters that only a starting node takes. */
export const BOOT_DEFAULTS: Readonly<Record<string, string>> = { databases: '16', chunk_size: '48' };
/** A group that somebody else has made, for caches without cluster mode. */
export const SHARED_GROUP = { name: 'shared', family: 'redis7', values: { databases: '32' } } as const;

/** What a node takes at its start, by parameter, when it uses this group. */
export const bootValuesIn = (seen: AccountSeen, group: string | undefined): Readonly<Record<string, string>> => {
  const own = group !== undefined && group === ownGroupName(seen) ? seen.parameterGroup?.values : undefined;
  const values: Readonly<Record<string, string>> = group === SHARED_GROUP.name ? SHARED_GROUP.values : (own ?? {});
  return Object.fromEntries(Object.entries(BOOT_DEFAULTS).map(([name, usual]) => [name, values[name] ?? usual]));
};

/** After a change of parameters: nodes wait for a restart when what they take at their start is not what it was. */
export const nodesWaitUnlessSame = <Seen extends AccountSeen>(before: AccountSeen, after: Seen): Seen => {
  const boots = (seen: AccountSeen) => JSON.stringify(bootValuesIn(seen, seen.cache.parameterGroup));
  if (boots(before) === boots(after)) return after;
  const members = (after.cache.members ?? []).map((member) => ({ ...member, parameterStatus: 'pending-reboot' }));
  return cacheWith(after, { members });
};
