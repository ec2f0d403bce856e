import { EngineRefused, Unreachable } from './engine-client.ts';
import { NotReady, VerificationFailed } from './operator-actions.ts';

/** Codes of the engines that pass by themselves while a cache comes up; the last one is Memcached's for its own trouble. */
const PASSING = [
  'LOADING',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'READONLY',
  'MOVED',
  'ASK',
  'TRYAGAIN',
  'NOREPLICAS',
  'SERVER_ERROR',
];

/**
 * Turns what goes wrong on the way to a node into what to do about it.
 *
 * @throws NotReady when waiting may help, VerificationFailed when the engine means what it says
 */
export const reachable = async <T>(cacheId: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unreachable) throw new NotReady(`${cacheId}: ${error.message}`, { cause: error });
    if (!(error instanceof EngineRefused)) throw error;
    if (PASSING.includes(error.code)) throw new NotReady(`${cacheId}: ${error.message}`, { cause: error });
    throw new VerificationFailed(`${cacheId}: ${error.message}`, { cause: error });
  }
};
