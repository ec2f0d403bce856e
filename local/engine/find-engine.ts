import path from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { fetchEngine, fetchedEngine } from './fetch-engine.ts';
import { type EngineLocation, type Inspection, inspectEngine } from './inspect-engine.ts';
import { briefly, onPath } from './program.ts';
import type { EngineBinary } from './types.ts';

/** How the engine is looked for. All but `progress` is for tests. */
export interface FindEngineOptions {
  readonly progress?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly inspect?: (location: EngineLocation) => Promise<Inspection>;
  readonly fetched?: (cache: string) => EngineLocation | undefined;
  readonly fetch?: (cache: string, progress: (line: string) => void) => Promise<EngineLocation>;
}

/** Whoever names a program wants that one: it is never silently replaced by another. */
const named = (env: NodeJS.ProcessEnv): { variable: string; path: string } | undefined => {
  for (const variable of ['REDIS_SERVER', 'VALKEY_SERVER']) {
    const value = env[variable];
    if (value) return { variable, path: value.includes('/') ? path.resolve(value) : (onPath(value, env) ?? value) };
  }
  return undefined;
};

/**
 * Finds the program that plays the nodes: the one that REDIS_SERVER or VALKEY_SERVER names, else `valkey-server` or
 * `redis-server` from the PATH, else one fetched earlier, else one fetched now into the user's cache folder.
 * Each was run once before it is believed.
 *
 * @throws Error with one sentence that says what to install
 */
export const findEngine = async (options: FindEngineOptions = {}): Promise<EngineBinary> => {
  const { progress = () => {}, env = process.env, inspect = inspectEngine } = options;
  const { fetched = fetchedEngine, fetch = fetchEngine } = options;
  const cache = cacheFolder(env);

  const wanted = named(env);
  if (wanted) {
    const inspection = await inspect({ path: wanted.path, env: {} });
    if (inspection.usable) return inspection.binary;
    throw new Error(`${wanted.variable} names a program that cannot play the nodes: ${inspection.reason}.`);
  }

  const candidates = [
    ...['valkey-server', 'redis-server']
      .map((name) => onPath(name, env))
      .map((file) => file && { path: file, env: {} }),
    fetched(cache),
  ];
  for (const candidate of candidates) {
    if (!candidate) continue;
    const inspection = await inspect(candidate);
    if (inspection.usable) return inspection.binary;
    progress(`looking further, as ${inspection.reason}`);
  }

  try {
    const inspection = await inspect(await fetch(cache, progress));
    if (inspection.usable) return inspection.binary;
    throw new Error(inspection.reason);
  } catch (error) {
    const reason = briefly(error instanceof Error ? error.message : String(error));
    throw new Error(
      `No redis-server or valkey-server from 7.0 up was found, and none could be fetched (${reason}): ` +
        'install one (Debian: `apt-get install redis-server`, macOS: `brew install redis`) ' +
        'or name it in the environment variable REDIS_SERVER.',
      { cause: error },
    );
  }
};
