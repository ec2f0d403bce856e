import type { z } from 'zod';
import type { Caches } from '../platform/caches.ts';
import { type Connect, type EngineConnection, EngineRefused } from '../platform/engine-client.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { NotReady, VerificationFailed } from '../platform/operator-actions.ts';
import { reachable } from '../platform/reachable.ts';
import type { Secrets } from '../platform/secrets.ts';
import { addressOf } from '../platform/topology.ts';
import type { Users } from '../platform/users.ts';
import { cacheAtRest } from './cache-at-rest.ts';
import { OUR_NAME } from './clients-of.ts';
import { everyNode } from './every-node.ts';
import { firstLetIn } from './first-let-in.ts';
import { type Asked, askEveryMs, keepAsking } from './keep-asking.ts';
import { logInWith } from './log-in.ts';
import { loginsIn, readLogins } from './logins.ts';
import type { HoldInput } from './schemas.ts';

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly users: Pick<Users, 'find'>;
  readonly secrets: Pick<Secrets, 'readVersion'>;
  readonly connect: Connect;
}

const LOGINS_AT_A_TIME = 20;

/**
 * Opens a connection to every node with each token that it accepts now, and asks something on each from then on.
 *
 * @throws NotReady when a node cannot be reached, or a connection does not even last until all are there
 * @throws VerificationFailed when a node does not accept the current token
 * @throws FixSecret
 */
export const connectEverywhere = async (
  { target, versions }: Pick<z.output<typeof HoldInput>, 'target' | 'versions'>,
  { caches, users, secrets, connect }: Tools,
): Promise<{ readonly asked: Asked; readonly connections: number; readonly nodes: number }> => {
  const { cacheId, tls } = target;
  const { cache } = await cacheAtRest(target, { caches, users });
  const logins = loginsIn(await readLogins(target, versions, secrets));
  const logIn = logInWith(cacheId, tls, connect);
  const nodes = await everyNode(cache, (endpoint) => firstLetIn(endpoint, logins, logIn));
  if (!nodes) throw new VerificationFailed(`${cacheId} accepts none of the tokens in its secret.`);

  const wanted = nodes.flatMap((node) => logins.map(([label, login]) => ({ node, label, login })));
  const asked = keepAsking(askEveryMs(wanted.length));
  try {
    const there = await inParallel(wanted, LOGINS_AT_A_TIME, async ({ node, label, login }) => {
      const connection = await logIn(node, login);
      if (!connection) {
        if (label !== 'current') return false;
        throw new VerificationFailed(`${cacheId}: ${addressOf(node)} does not accept the current token.`);
      }
      asked.add({ connection, node: addressOf(node), loggedInWith: label });
      await reachable(cacheId, () => callOurselves(connection));
      return true;
    });
    if (asked.lost() > 0) throw new NotReady(`${cacheId} ended ${asked.lost()} connections before anything changed.`);
    return { asked, connections: there.filter(Boolean).length, nodes: nodes.length };
  } catch (error) {
    await asked.end();
    throw error;
  }
};

/** So that people, and we, can tell these connections from those of applications. It is fine when the user may not. */
const callOurselves = async (connection: EngineConnection): Promise<void> => {
  try {
    await connection.command('CLIENT', 'SETNAME', OUR_NAME);
  } catch (error) {
    if (!(error instanceof EngineRefused)) throw error;
  }
};
