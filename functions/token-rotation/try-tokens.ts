import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Caches, Endpoint } from '../platform/caches.ts';
import type { Connect } from '../platform/engine-client.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { FixSecret } from '../platform/operator-actions.ts';
import type { Secrets } from '../platform/secrets.ts';
import { addressOf } from '../platform/topology.ts';
import type { Users } from '../platform/users.ts';
import { acceptanceOf, type NodeTried, type Visitor } from './acceptance.ts';
import { cacheAtRest } from './cache-at-rest.ts';
import { everyNode } from './every-node.ts';
import { firstLetIn } from './first-let-in.ts';
import { listClients } from './list-clients.ts';
import { type LogIn, logInWith } from './log-in.ts';
import { type Login, loginsIn, readLogins } from './logins.ts';
import type { LookAtNodesInput, Tried } from './schemas.ts';

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly users: Pick<Users, 'find'>;
  readonly secrets: Pick<Secrets, 'readVersion'>;
  readonly connect: Connect;
  readonly now: () => string;
}

/** A node that answers does so within milliseconds: 500 nodes with four visitors each are tried in seconds. */
const VISITS_AT_A_TIME = 20;

/**
 * Logs in to every node of the cache with the token of each version, each time by a connection of its own, and once as somebody
 * who has no valid one. A node that cannot be reached tells nothing: then the whole look has failed.
 *
 * @throws NotReady when something is being changed, or a node cannot be reached
 * @throws VerificationFailed when a node answers with something that is neither yes nor no
 * @throws FixSecret when the secret does not hold what it should
 */
export const tryTokens = async (
  { target, versions, currentSince }: z.output<typeof LookAtNodesInput>,
  { caches, users, secrets, connect, now }: Tools,
): Promise<Tried> => {
  const { cacheId, tls, secretArn } = target;
  const { cache, user } = await cacheAtRest(target, { caches, users });
  const userName = user?.name;
  const logins = await readLogins(target, versions, secrets);
  const current = logins.get('current');
  if (userName !== undefined && (typeof current !== 'object' || current.username !== userName)) {
    throw new FixSecret(
      `The secret ${secretArn} is not the user ${userName}’s: write its name into it, and ask again.`,
    );
  }
  const beganAt = now();
  const logIn = logInWith(cacheId, tls, connect);
  const visitors: readonly (readonly [Visitor, Login | undefined])[] = [
    ...loginsIn(logins),
    // With a user's name, who has none is somebody who does not know the password.
    ['nobody', userName === undefined ? undefined : { username: userName, token: randomBytes(24).toString('hex') }],
  ];

  const { primary, reader } = cache.endpoints;
  for (const endpoint of [primary, reader]) if (endpoint) (await logIn(endpoint))?.close();
  const nodes = await everyNode(cache, (endpoint) => firstLetIn(endpoint, visitors, logIn));
  const tried = {
    at: beganAt,
    ...acceptanceOf(await visitAll(nodes ?? [], visitors, logIn), logins),
    // ElastiCache counts the passwords of a user, and tells of a token only when it was changed.
    ...(user ? { passwords: user.passwordCount } : { changedAt: cache.tokenChangedAt }),
  };
  if (currentSince === undefined) return tried;
  const login = typeof current === 'object' ? current : undefined;
  const look = { cacheId, nodes: nodes ?? [], login, logIn, userName, beganAt, currentSince, now };
  return { ...tried, ...(await listClients(look)) };
};

const visitAll = async (
  nodes: readonly Endpoint[],
  visitors: readonly (readonly [Visitor, Login | undefined])[],
  logIn: LogIn,
): Promise<readonly NodeTried[]> => {
  const visits = nodes.flatMap((node) => visitors.map(([visitor, login]) => ({ node, visitor, login })));
  const letIn = await inParallel(visits, VISITS_AT_A_TIME, async ({ node, visitor, login }) => {
    const connection = await logIn(node, login);
    connection?.close();
    return connection ? [{ node, visitor }] : [];
  });
  const accepted = Map.groupBy(letIn.flat(), ({ node }) => node);
  return nodes.map((node) => ({
    node: addressOf(node),
    accepts: (accepted.get(node) ?? []).map(({ visitor }) => visitor),
  }));
};
