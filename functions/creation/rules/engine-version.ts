import { closestTo } from '../closest.ts';
import { type AccountRule, faultsOf } from './rule.ts';

/** The version is one that ElastiCache offers for the engine (DescribeCacheEngineVersions). */
export const engineVersionRule: AccountRule = ({ engine, engineVersion }, { engineVersions }) => {
  if (engine === undefined || engine === 'memcached' || engineVersion === undefined) return [];
  const offered = engineVersions.map(({ version }) => version);
  const guess = closestTo(engineVersion, offered);
  return faultsOf('engineVersion', engineVersion, {
    broken: !offered.includes(engineVersion),
    rule: `ElastiCache offers ${engine} in the versions ${offered.join(', ') || '(none)'}.`,
    remedy: guess ? `Did you mean ${guess}?` : 'Choose one of these.',
  });
};
