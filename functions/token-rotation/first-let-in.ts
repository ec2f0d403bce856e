import type { Endpoint } from '../platform/caches.ts';
import type { EngineConnection } from '../platform/engine-client.ts';
import type { LogIn } from './log-in.ts';
import type { Login } from './logins.ts';

/** A connection by whoever gets in first; undefined when nobody does. @throws NotReady, VerificationFailed as `logInWith` does */
export const firstLetIn = async (
  endpoint: Endpoint,
  visitors: readonly (readonly [who: string, login: Login | undefined])[],
  logIn: LogIn,
): Promise<EngineConnection | undefined> => {
  for (const [, login] of visitors) {
    const connection = await logIn(endpoint, login);
    if (connection) return connection;
  }
  return undefined;
};
