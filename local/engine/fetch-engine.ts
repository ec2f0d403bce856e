import { type Fetchable, fetchedProgram, fetchProgram } from './fetch-program.ts';
import { type EngineLocation, inspectEngine } from './inspect-engine.ts';

const ENGINE: Fetchable = {
  folder: 'engine',
  // The first holds the name `redis-server`, the second, on Debian, the program behind it.
  packages: ['redis-server', 'redis-tools'],
  program: 'redis-server',
  async inspect(location) {
    const inspection = await inspectEngine(location);
    return inspection.usable ? undefined : inspection.reason;
  },
};

/** The engine fetched earlier into this cache folder, or undefined. It may have stopped working since. */
export const fetchedEngine = (cache: string): EngineLocation | undefined => fetchedProgram(cache, ENGINE);

/** Gets the distribution's own redis-server into the user's cache folder. @throws as `fetchProgram` */
export const fetchEngine = (cache: string, progress: (line: string) => void): Promise<EngineLocation> =>
  fetchProgram(cache, ENGINE, progress);
