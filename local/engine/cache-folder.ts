import { homedir } from 'node:os';
import path from 'node:path';

/** The user's own folder for what outlives a run: a fetched engine, the records of running processes. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  path.join(env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'elasticache-autopilot');
