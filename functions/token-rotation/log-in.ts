import type { Endpoint } from '../platform/caches.ts';
import { type Connect, type EngineConnection, EngineRefused, Unreachable } from '../platform/engine-client.ts';
import { reachable } from '../platform/reachable.ts';
import { addressOf } from '../platform/topology.ts';
import type { Login } from './logins.ts';

/** Comes to a node, with a token or with nothing. */
export type LogIn = (node: Endpoint, login?: Login) => Promise<EngineConnection | undefined>;

/**
 * Comes to a node by a connection of its own, and stays. Undefined when the node says that this token is not valid, or that it
 * lets in nobody without one. Only these words of the engine are a refusal: silence and every other error are not.
 *
 * @throws NotReady when the node cannot be reached or is not ready
 * @throws VerificationFailed when it answers with something else; the message never repeats what it said, which can be the token
 */
export const logInWith =
  (cacheId: string, tls: boolean, connect: Connect): LogIn =>
  (node, login) =>
    reachable(cacheId, async () => {
      // The client by itself logs in behind the first command, and its errors keep the command with its arguments.
      const connection = await connect({ ...node, tls });
      let isIn = false;
      try {
        isIn = (await isValid(connection, addressOf(node), login)) && (await isAnswered(connection, login));
        return isIn ? connection : undefined;
      } finally {
        if (!isIn) connection.close();
      }
    });

const isValid = async (connection: EngineConnection, where: string, login: Login | undefined): Promise<boolean> => {
  if (!login) return true;
  const { username, token } = login;
  try {
    await connection.command('AUTH', ...(username === undefined ? [token] : [username, token]));
    return true;
  } catch (error) {
    if (error instanceof EngineRefused) {
      if (isRefusal(error)) return false;
      throw new EngineRefused(error.code, `${where} answered AUTH with ${error.code}, which is neither yes nor no.`);
    }
    if (error instanceof Unreachable) throw new Unreachable(`${where} did not answer AUTH.`);
    throw error;
  }
};

/**
 * WRONGPASS is what Redis from version 6 and Valkey say to a token that is not valid. Redis 5 says `ERR invalid password`; and a
 * node that wants no token at all says so with ERR in each version.
 */
const isRefusal = ({ code, cause }: EngineRefused): boolean => {
  if (code === 'WRONGPASS') return true;
  const says = cause instanceof Error ? cause.message : '';
  return code === 'ERR' && /invalid password|no password is set|without any password configured/i.test(says);
};

/** Who may not even PING (NOPERM) has been let in. */
const isAnswered = async (connection: EngineConnection, login: Login | undefined): Promise<boolean> => {
  try {
    await connection.command('PING');
    return true;
  } catch (error) {
    if (!(error instanceof EngineRefused)) throw error;
    if (error.code === 'NOPERM') return true;
    if (error.code === 'NOAUTH' && !login) return false;
    throw error;
  }
};
