import type { Endpoint } from '../platform/caches.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { reachable } from '../platform/reachable.ts';
import { addressOf } from '../platform/topology.ts';
import { clientsOf, groupClients } from './clients-of.ts';
import type { LogIn } from './log-in.ts';
import type { Login } from './logins.ts';
import type { Tried } from './schemas.ts';

/** Few, since each may bring an answer of some megabytes. */
const LISTS_AT_A_TIME = 5;

interface Look {
  readonly cacheId: string;
  readonly nodes: readonly Endpoint[];
  readonly login: Login | undefined;
  readonly logIn: LogIn;
  readonly userName: string | undefined;
  readonly beganAt: string;
  readonly currentSince: string;
  readonly now: () => string;
}

/** The applications' connections to all nodes. What cannot be listed is said, and nothing fails for it. */
export const listClients = async ({
  cacheId,
  nodes,
  login,
  logIn,
  userName,
  beganAt,
  currentSince,
  now,
}: Look): Promise<Pick<Tried, 'clients' | 'clientsNotSeen'>> => {
  const secondsSince = (time: string) => (Date.parse(now()) - Date.parse(time)) / 1000;
  if (nodes.length === 0) return { clientsNotSeen: 'The connections could not be listed: the nodes are not known.' };
  try {
    const clients = await inParallel(nodes, LISTS_AT_A_TIME, async (node) => {
      const connection = await logIn(node, login);
      if (!connection) throw new Error(`${addressOf(node)} does not accept the current token.`);
      try {
        // A second more, since ages are told in whole ones.
        return await reachable(cacheId, () => clientsOf(connection, addressOf(node), secondsSince(beganAt) + 1));
      } finally {
        connection.close();
      }
    });
    // Other users' connections do not need this token. Redis 5 knows no users, and names none.
    const theirs = clients.flat().filter(({ user }) => user === (userName ?? 'default') || user === '');
    return { clients: groupClients(theirs, secondsSince(currentSince)) };
  } catch (error) {
    const because = error instanceof Error ? error.message : 'the reason is not known.';
    return { clientsNotSeen: `The connections could not be listed: ${because}` };
  }
};
