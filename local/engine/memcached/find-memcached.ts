import { execFile } from 'node:child_process';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { type Fetchable, fetchedProgram, fetchProgram } from '../fetch-program.ts';
import { briefly, onPath, type ProgramLocation } from '../program.ts';

/** How the program is looked for. All but `progress` is for tests. */
export interface FindMemcachedOptions {
  readonly progress?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly fetched?: (cache: string) => ProgramLocation | undefined;
  readonly fetch?: (cache: string, progress: (line: string) => void) => Promise<ProgramLocation>;
}

const DEADLINE_MS = 10_000;
/** Meta commands as they are today came with 1.6.10; the order of our own answers among memcached's rests on them. */
const OLDEST = [1, 6, 10] as const;

const isNewEnough = (version: readonly number[]): boolean => {
  for (const [index, least] of OLDEST.entries()) {
    const difference = (version[index] ?? 0) - least;
    if (difference !== 0) return difference > 0;
  }
  return true;
};

/** Runs a program to learn what it is: why it cannot play the nodes, or undefined when it can. */
export const inspectMemcached = async ({ path: file, env }: ProgramLocation): Promise<string | undefined> => {
  const options = { env: { ...process.env, ...env }, timeout: DEADLINE_MS, killSignal: 'SIGKILL' } as const;
  const { text, failure } = await new Promise<{ text: string; failure: Error | null }>((resolve) => {
    execFile(file, ['--version'], options, (error, stdout) => resolve({ text: stdout, failure: error }));
  });
  if (failure) return `${file} does not run: ${briefly(failure.message)}`;
  const [, version] = /^memcached (\d+\.\d+\.\d+)/.exec(text) ?? [];
  if (version === undefined) return `${file} is not memcached`;
  if (!isNewEnough(version.split('.').map(Number)))
    return `${file} is memcached ${version}, older than ${OLDEST.join('.')}`;
  return undefined;
};

const MEMCACHED: Fetchable = {
  folder: 'memcached',
  packages: ['memcached'],
  program: 'memcached',
  inspect: inspectMemcached,
};

/**
 * Finds memcached: the program that MEMCACHED names, else the one on the PATH, else one fetched earlier, else one
 * fetched now into the user's cache folder. Each was run once before it is believed.
 *
 * @throws Error with one sentence that says what to install
 */
export const findMemcached = async (options: FindMemcachedOptions = {}): Promise<ProgramLocation> => {
  const { progress = () => {}, env = process.env } = options;
  const { fetched = (cache) => fetchedProgram(cache, MEMCACHED) } = options;
  const { fetch = (cache, say) => fetchProgram(cache, MEMCACHED, say) } = options;
  const cache = cacheFolder(env);

  const named = env.MEMCACHED;
  if (named) {
    const location = { path: named.includes('/') ? path.resolve(named) : (onPath(named, env) ?? named), env: {} };
    const problem = await inspectMemcached(location);
    if (problem === undefined) return location;
    throw new Error(`MEMCACHED names a program that cannot play the nodes: ${problem}.`);
  }

  const installed = onPath('memcached', env);
  for (const candidate of [installed ? { path: installed, env: {} } : undefined, fetched(cache)]) {
    if (!candidate) continue;
    const problem = await inspectMemcached(candidate);
    if (problem === undefined) return candidate;
    progress(`looking further, as ${problem}`);
  }

  try {
    const location = await fetch(cache, progress);
    const problem = await inspectMemcached(location);
    if (problem !== undefined) throw new Error(problem);
    return location;
  } catch (error) {
    const reason = briefly(error instanceof Error ? error.message : String(error));
    throw new Error(
      `No memcached from ${OLDEST.join('.')} up was found, and none could be fetched (${reason}): ` +
        'install one (Debian: `apt-get install memcached`, macOS: `brew install memcached`) ' +
        'or name it in the environment variable MEMCACHED.',
      { cause: error },
    );
  }
};
