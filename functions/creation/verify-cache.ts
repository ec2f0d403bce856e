import type { z } from 'zod';
import type { Caches, Endpoint } from '../platform/caches.ts';
import { credentialsFor } from '../platform/credentials.ts';
import { type Connect, type EngineConnection, EngineRefused, Unreachable } from '../platform/engine-client.ts';
import { keyIn, SLOTS } from '../platform/key-slot.ts';
import { NotReady, VerificationFailed } from '../platform/operator-actions.ts';
import { reachWith } from '../platform/reach.ts';
import { reachable } from '../platform/reachable.ts';
import type { Secrets } from '../platform/secrets.ts';
import { type LiveShard, liveShards, replicationOf } from '../platform/topology.ts';
import type { Evidence, VerifyInput } from './schemas.ts';

interface Tools {
  readonly caches: Caches;
  readonly secrets: Secrets;
  readonly connect: Connect;
  readonly now: () => string;
}

/** The test key of each shard goes away by itself. */
const KEY_SECONDS = '60';

/**
 * Looks at the real cache through a real client: that without TLS nothing answers, that without the token the engine
 * refuses, and that every shard's primary takes a write, gives it back, and has all its replicas in step.
 *
 * @throws NotReady when waiting may help (a name, a node or a replica is not there yet)
 * @throws VerificationFailed when it will not (somebody gets in who should not; the token is not the cache's)
 */
export const verifyCache = async (input: z.output<typeof VerifyInput>, tools: Tools): Promise<Evidence> => {
  const { operationId, cacheId, expect } = input;
  const cache = await tools.caches.find(cacheId);
  if (cache?.status !== 'available') throw new NotReady(`${cacheId} is ${cache?.status ?? 'not known yet'}.`);
  const endpoint = expect.clusterMode ? cache.endpoints.configuration : cache.endpoints.primary;
  if (!endpoint)
    throw new NotReady(`${cacheId} has no ${expect.clusterMode ? 'configuration' : 'primary'} endpoint yet.`);
  if (expect.auth && expect.secretArn === undefined) {
    throw new VerificationFailed(
      `${cacheId} should ask who comes, but nobody says in which secret a token or user is.`,
    );
  }
  const credentials = await credentialsFor({ ...expect, secret: expect.secretArn }, tools.secrets);

  const reach = reachWith(cacheId, tools.connect, { tls: expect.tls, ...credentials });

  // Our own way in comes first: only when it works does a closed door prove anything.
  await reach(endpoint, (connection) => connection.command('PING'));
  if (expect.tls && !expect.plaintextAllowed) await mustNotAnswer(cacheId, endpoint, tools.connect);
  if (expect.auth) await mustAskForToken(cacheId, endpoint, expect.tls, tools.connect);

  const shards = expect.clusterMode
    ? await reach(endpoint, (connection) => liveShards(connection, endpoint))
    : [{ primary: endpoint, slots: [[0, SLOTS - 1]] as const }];
  if (shards.length !== expect.shards) {
    throw new NotReady(`${cacheId} has ${shards.length} shards with slots, ${expect.shards} are expected.`);
  }
  const covered = shards.flatMap(({ slots }) => slots).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (covered !== SLOTS) throw new NotReady(`${cacheId} covers ${covered} of ${SLOTS} slots.`);

  const seen: Evidence['shards'] = [];
  for (const [index, shard] of shards.entries()) {
    const id = cache.shards[index]?.id ?? String(index + 1).padStart(4, '0');
    const replicas = await reach(shard.primary, (connection) => useShard(connection, shard, operationId));
    if (replicas < expect.replicasPerShard) {
      throw new NotReady(`Shard ${id} of ${cacheId} has ${replicas} of ${expect.replicasPerShard} replicas in step.`);
    }
    seen.push({ id, primary: `${shard.primary.host}:${shard.primary.port}`, replicas, wroteAndRead: true });
  }
  const { tls, plaintextAllowed, auth } = expect;
  return {
    shards: seen,
    tls,
    ...(plaintextAllowed ? { plaintextAllowed } : {}),
    authRequired: auth,
    checkedAt: tools.now(),
  };
};

/** Writes and reads one key of the shard. @returns how many replicas are in step */
const useShard = async (
  connection: EngineConnection,
  shard: Pick<LiveShard, 'primary' | 'slots'>,
  operationId: string,
): Promise<number> => {
  const { role, onlineReplicas } = await replicationOf(connection);
  if (role !== 'master') throw new Unreachable(`${shard.primary.host}:${shard.primary.port} is not a primary now.`);
  const key = keyIn(`autopilot:verify:${operationId}`, shard.slots);
  await connection.command('SET', key, operationId, 'EX', KEY_SECONDS);
  const read = await connection.command('GET', key);
  if (read !== operationId)
    throw new VerificationFailed(`${shard.primary.host} gave back another value than was written.`);
  return onlineReplicas;
};

/** TLS is required only if a client without it gets nowhere. */
const mustNotAnswer = async (cacheId: string, endpoint: Endpoint, connect: Connect): Promise<void> => {
  try {
    const connection = await connect({ ...endpoint, tls: false });
    try {
      await connection.command('PING');
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof Unreachable) return;
    // An engine that says NOAUTH has spoken, and without TLS.
    if (!(error instanceof EngineRefused)) throw error;
  }
  throw new VerificationFailed(`${cacheId} answers without TLS.`);
};

/** AUTH is required only if a client without the token is refused. */
const mustAskForToken = async (cacheId: string, endpoint: Endpoint, tls: boolean, connect: Connect): Promise<void> => {
  const answer = await reachable(cacheId, async () => {
    try {
      const connection = await connect({ ...endpoint, tls });
      try {
        return await connection.command('PING');
      } finally {
        connection.close();
      }
    } catch (error) {
      if (error instanceof EngineRefused && error.code === 'NOAUTH') return undefined;
      throw error;
    }
  });
  if (answer !== undefined) throw new VerificationFailed(`${cacheId} lets in whoever comes without the token.`);
};
