import type { Observation } from '../observation.ts';
import type { ReadableSpec } from '../spec.ts';

const parts = (version: string): number[] => version.split('.').map(Number);

/** `7.1` is the version of a cache that says `7.1.0`: ElastiCache adds the patch. */
export const isVersion = (wanted: string, found: string | undefined): boolean =>
  found === wanted || (found?.startsWith(`${wanted}.`) ?? false);

/** Whether one version comes before another, as far as both say. */
export const isOlder = (version: string, than: string): boolean => {
  const [one, other] = [parts(version), parts(than)];
  for (const [index, number] of one.entries()) {
    const against = other[index] ?? 0;
    if (number !== against) return number < against;
  }
  return false;
};

/**
 * Whether ElastiCache's own minor upgrades lead from one version to another: it is newer, and of the same family, which goes by
 * the major version, and of Memcached by the minor one too (DescribeCacheEngineVersions: redis7, valkey8, memcached1.6).
 */
export const isMinorUpgrade = (engine: string, from: string, to: string): boolean => {
  const [one, other] = [parts(from), parts(to)];
  const sameFamily = one[0] === other[0] && (engine !== 'memcached' || one[1] === other[1]);
  return sameFamily && isOlder(from, to);
};

/**
 * Whether a cache is newer than its specification says because ElastiCache upgrades its minor versions by itself. Not where the
 * last specification that it fulfilled said a newer one too: then somebody wants to go back.
 */
export const isUpgradedByItself = (
  { engine, engineVersion, autoMinorVersionUpgrade }: ReadableSpec,
  { cache, remembered }: Pick<Observation, 'cache' | 'remembered'>,
): boolean => {
  const mayUpgrade = autoMinorVersionUpgrade ?? cache?.autoMinorVersionUpgrade ?? false;
  const before = remembered?.engineVersion;
  if (!mayUpgrade || engine === undefined || engineVersion === undefined || cache?.engineVersion === undefined) {
    return false;
  }
  const goesBack = typeof before === 'string' && isOlder(engineVersion, before);
  return cache.engine === engine && !goesBack && isMinorUpgrade(engine, engineVersion, cache.engineVersion);
};

/** The version as a specification writes it, for one that a cache tells: `8.1` for `8.1.0`, if that is offered. */
export const asSpecified = (found: string, offered: readonly { readonly version: string }[]): string =>
  offered.find(({ version }) => isVersion(version, found))?.version ?? found;
