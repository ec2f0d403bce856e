import type { EngineName } from './state/cache.ts';

/** Engines that a cluster can have; replication groups have only those of `EngineName`. */
export type AnyEngine = EngineName | 'memcached';

export interface EngineVersion {
  readonly engine: AnyEngine;
  /** As DescribeCacheEngineVersions lists it and as a request names it: `7.1`. */
  readonly version: string;
  /** As a cluster shows it: `7.1.0`. */
  readonly full: string;
  readonly family: string;
}

/** What the local account offers, oldest first; within an engine this is also the upgrade path. */
export const ENGINE_VERSIONS: readonly EngineVersion[] = [
  { engine: 'memcached', version: '1.6.17', full: '1.6.17', family: 'memcached1.6' },
  { engine: 'memcached', version: '1.6.22', full: '1.6.22', family: 'memcached1.6' },
  { engine: 'redis', version: '5.0.6', full: '5.0.6', family: 'redis5.0' },
  { engine: 'redis', version: '6.0', full: '6.0.5', family: 'redis6.x' },
  { engine: 'redis', version: '6.2', full: '6.2.6', family: 'redis6.x' },
  { engine: 'redis', version: '7.0', full: '7.0.7', family: 'redis7' },
  { engine: 'redis', version: '7.1', full: '7.1.0', family: 'redis7' },
  { engine: 'valkey', version: '7.2', full: '7.2.6', family: 'valkey7' },
  { engine: 'valkey', version: '8.0', full: '8.0.1', family: 'valkey8' },
  { engine: 'valkey', version: '8.1', full: '8.1.0', family: 'valkey8' },
];

export const versionsOf = (engine: AnyEngine): readonly EngineVersion[] =>
  ENGINE_VERSIONS.filter((candidate) => candidate.engine === engine);

/** The version that a request means: `7.1`, `7.1.0`, or the newest when it names none. */
export const findVersion = (engine: AnyEngine, version: string | undefined): EngineVersion | undefined => {
  const offered = versionsOf(engine);
  if (version === undefined) return offered.at(-1);
  return offered.find((candidate) => candidate.version === version || candidate.full === version);
};

/** Whether `version` is at least `least`; both as dotted numbers. */
export const isAtLeast = (version: string, least: string): boolean => {
  const [left, right] = [version, least].map((text) => text.split('.').map(Number));
  for (let index = 0; index < (right?.length ?? 0); index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
};
