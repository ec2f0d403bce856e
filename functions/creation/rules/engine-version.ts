import { isVersion } from '../changes/versions.ts';
import { type AccountRule, faultsOf } from './rule.ts';

/** The version is one that ElastiCache offers for the engine (DescribeCacheEngineVersions). */
export const engineVersionRule: AccountRule = ({ engine, engineVersion }, { engineVersions }) => {
  if (engine === undefined || engineVersion === undefined) return [];
  const offered = engineVersions.map(({ version }) => version);
  const nearest = nearestVersion(engineVersion, offered);
  return faultsOf('engineVersion', engineVersion, {
    broken: !offered.includes(engineVersion),
    rule: `ElastiCache offers ${engine} in the versions ${offered.join(', ') || '(none)'}.`,
    remedy: nearest ? `Choose the nearest, ${nearest}, or another of these.` : 'Choose another engine.',
  });
};

/**
 * The offered version that is nearest to `wanted`: the same one without its patch, else one of the same major version, else
 * any. Undefined when nothing is offered.
 */
export const nearestVersion = (wanted: string, offered: readonly string[]): string | undefined => {
  const same = offered.find((version) => isVersion(version, wanted));
  if (same) return same;
  const [major, minor, patch] = numbersOf(wanted);
  const distances = offered.map((version) => {
    const [toMajor, toMinor, toPatch] = numbersOf(version);
    const away = (toMajor - major) * 1e6 + (toMinor - minor) * 1e3 + (toPatch - patch);
    // Between two that are as far, the newer one.
    return { version, away: toMajor === major ? Math.abs(away) : Math.abs(away) + 1e9, isNewer: away > 0 };
  });
  return distances.sort((one, other) => one.away - other.away || Number(other.isNewer) - Number(one.isNewer))[0]
    ?.version;
};

/** What is no number counts as 0. */
const numbersOf = (version: string): [major: number, minor: number, patch: number] => {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return [major, minor, patch];
};
