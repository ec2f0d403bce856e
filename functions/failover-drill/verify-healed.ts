import type { z } from 'zod';
import type { Caches } from '../platform/caches.ts';
import { credentialsFor } from '../platform/credentials.ts';
import type { Connect } from '../platform/engine-client.ts';
import { SLOTS } from '../platform/key-slot.ts';
import { NotReady } from '../platform/operator-actions.ts';
import { reachWith } from '../platform/reach.ts';
import type { Secrets } from '../platform/secrets.ts';
import { addressOf, type LiveShard, replicationOf } from '../platform/topology.ts';
import type { Healed, VerifyHealedInput } from './schemas.ts';
import { askShard, primaryAmong } from './shard-nodes.ts';

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly secrets: Pick<Secrets, 'read'>;
  readonly connect: Connect;
  readonly now: () => string;
}

/**
 * Looks at the real cache after a failover, through a real client: that another node than before is primary of the shard, that
 * as many nodes as before belong to it, all replicas in step, that the endpoints answer, the primary's by a primary, and that
 * no slot is without an owner.
 *
 * @throws NotReady as long as one of these is missing: the message names it
 * @throws VerificationFailed when the engine refuses us
 */
export const verifyHealed = async (input: z.output<typeof VerifyHealedInput>, tools: Tools): Promise<Healed> => {
  const { cacheId, shardId, clusterMode, wayIn, oldPrimary, nodesInShard } = input;
  const what = `Shard ${shardId} of ${cacheId}`;
  const cache = await tools.caches.find(cacheId);
  if (cache?.status !== 'available') throw new NotReady(`${cacheId} is ${cache?.status ?? 'gone'}.`);
  const credentials = await credentialsFor({ ...wayIn, secret: wayIn.secretName }, tools.secrets);
  const reach = reachWith(cacheId, tools.connect, { tls: wayIn.tls, ...credentials });

  const { configuration, primary: primaryEndpoint, reader } = cache.endpoints;
  for (const endpoint of clusterMode ? [configuration] : [primaryEndpoint, reader]) {
    if (!endpoint) throw new NotReady(`${cacheId} does not tell its endpoints now.`);
    await reach(endpoint, (connection) => connection.command('PING'));
  }
  // A name may lead to the old primary for a while: it answers, and takes no writes.
  if (!clusterMode && primaryEndpoint && (await reach(primaryEndpoint, replicationOf)).role !== 'master') {
    throw new NotReady(
      `The primary endpoint of ${cacheId}, ${addressOf(primaryEndpoint)}, does not lead to a primary.`,
    );
  }

  const asked = await askShard(cache, shardId, reach);
  const newPrimary = primaryAmong(asked, what);
  if (newPrimary.address === oldPrimary) {
    throw new NotReady(`${what} has still, or again, the primary ${oldPrimary}.`);
  }
  const replicas = asked.nodes.filter(({ role }) => role !== 'master');
  if (replicas.length !== nodesInShard - 1 || newPrimary.onlineReplicas < nodesInShard - 1) {
    const online = Math.min(replicas.length, newPrimary.onlineReplicas);
    throw new NotReady(`${what} has ${online} of ${nodesInShard - 1} replicas attached to ${newPrimary.address}.`);
  }
  const [behind] = replicas.filter(({ inStep }) => !inStep);
  if (behind) throw new NotReady(`${what} has a replica, ${behind.address}, that is not in step with its primary.`);

  const slotsCovered = asked.cluster && covered(input, asked.cluster, newPrimary.address);
  return {
    oldPrimary,
    newPrimary: newPrimary.address,
    replicas: replicas.length,
    ...(slotsCovered === undefined ? {} : { slotsCovered }),
    checkedAt: tools.now(),
  };
};

/** Every slot has an owner, as many shards as before own them, and the new primary is one of them. */
const covered = (
  { cacheId, shards: wanted }: z.output<typeof VerifyHealedInput>,
  cluster: readonly LiveShard[],
  newPrimary: string,
): number => {
  const slots = cluster.flatMap((shard) => shard.slots).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (slots !== SLOTS) throw new NotReady(`${cacheId} covers ${slots} of ${SLOTS} slots.`);
  if (cluster.length !== wanted) throw new NotReady(`${cacheId} has ${cluster.length} of ${wanted} shards with slots.`);
  if (!cluster.some(({ primary }) => addressOf(primary) === newPrimary)) {
    throw new NotReady(`The cluster does not know ${newPrimary} as a primary yet.`);
  }
  return slots;
};
