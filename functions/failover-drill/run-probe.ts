import { gzipSync } from 'node:zlib';
import type { z } from 'zod';
import type { CacheSeen, Caches } from '../platform/caches.ts';
import { credentialsFor } from '../platform/credentials.ts';
import type { Connect } from '../platform/engine-client.ts';
import type { Ledger } from '../platform/ledger.ts';
import type { Objects } from '../platform/objects.ts';
import { NotReady } from '../platform/operator-actions.ts';
import { reachWith } from '../platform/reach.ts';
import type { Secrets } from '../platform/secrets.ts';
import { type TaskTokens, wasTold } from '../platform/task-tokens.ts';
import { evidenceKeys } from './evidence-keys.ts';
import { type ProbeHooks, type ProbeRequest, probe } from './probe/probe.ts';
import { parseSlots, type Target } from './probe/target.ts';
import type { ProbeLog } from './probe-log.ts';
import type { ProbeEnded, ProbeInput, ShardSeenByClient } from './schemas.ts';
import { askShard, primaryAmong } from './shard-nodes.ts';

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly secrets: Pick<Secrets, 'read'>;
  readonly connect: Connect;
  readonly ledger: Pick<Ledger, 'tokenLeft' | 'record'>;
  readonly objects: Pick<Objects, 'put'>;
  readonly tokens: TaskTokens;
  /** What is left of the function's life, real milliseconds. */
  readonly remainingMs: () => number;
  readonly probe?: (request: ProbeRequest, hooks: ProbeHooks) => Promise<ProbeLog>;
}

/** It could not begin, and the workflow knows why. */
export interface CouldNotProbe {
  readonly endedBecause: 'told-why';
  /** The error, as one line. */
  readonly told: string;
}

/** How long everything has to be well before the failover: long enough for a p99 of some hundred attempts. */
const BASELINE_MS = 5000;
/** What writing the log and answering may take at the end of the function's life. */
const RESERVED_MS = 45_000;

/**
 * Probes one shard from before a failover until the drill ends: answers the first token when the baseline is known, keeps the
 * log as evidence, and answers the second token, which it finds in the ledger. A prober that cannot measure says so by the first.
 */
export const runProbe = async (
  input: z.output<typeof ProbeInput>,
  tools: Tools,
): Promise<ProbeEnded | CouldNotProbe> => {
  const { operationId, taskToken } = input;
  const { ledger, objects, tokens } = tools;
  const run = tools.probe ?? probe;
  let isBegun = false;
  let log: ProbeLog;
  try {
    const { request, oldPrimary } = await prepare(input, tools);
    log = await run(request, {
      async onBaseline(replicas) {
        const seen: ShardSeenByClient = {
          primary: oldPrimary,
          replicas: replicas.map(({ address, online, lagSeconds, lagBytes }) => ({
            address,
            online,
            lagSeconds,
            lagBytes,
          })),
        };
        await tokens.succeed(taskToken, seen);
        isBegun = true;
      },
      async shouldStop() {
        if ((await ledger.tokenLeft(operationId, 'probe')) !== undefined) return 'told';
        return (await ledger.record(operationId))?.outcome === undefined ? undefined : 'drill-ended';
      },
    });
  } catch (error) {
    // After the baseline the workflow waits for nothing any more; before it, for this. Who is told reports it and has an alarm:
    // nobody needs the event again, which would measure something else.
    if (!isBegun && (await wasTold(tokens, taskToken, error))) return { endedBecause: 'told-why', told: String(error) };
    throw error;
  }
  const { log: logKey } = evidenceKeys(input);
  await objects.put(logKey, gzipSync(JSON.stringify(log)), 'application/json', 'gzip');
  const ended: ProbeEnded = { logKey, endedBecause: log.endedBecause };
  // Only now, and whatever it knew before: who was told twice waits with the newer token, and one that has ended by its limit
  // of time may have been told meanwhile.
  const endToken = await ledger.tokenLeft(operationId, 'probe');
  if (endToken !== undefined) await tokens.succeed(endToken, ended);
  return ended;
};

const prepare = async (
  { operationId, cacheId, shardId, nodesInShard, wayIn }: z.output<typeof ProbeInput>,
  { caches, secrets, connect, remainingMs }: Tools,
): Promise<{ request: ProbeRequest; oldPrimary: string }> => {
  const cache = await caches.find(cacheId);
  if (cache?.status !== 'available') throw new NotReady(`${cacheId} is ${cache?.status ?? 'gone'}.`);
  const credentials = await credentialsFor({ ...wayIn, secret: wayIn.secretName }, secrets);
  const reach = reachWith(cacheId, connect, { tls: wayIn.tls, ...credentials });
  const asked = await askShard(cache, shardId, reach);
  return {
    oldPrimary: primaryAmong(asked, `Shard ${shardId} of ${cacheId}`).address,
    request: {
      operationId,
      cacheId,
      shardId,
      credentials,
      target: targetOf(cache, wayIn.tls),
      replicas: nodesInShard - 1,
      baselineMs: BASELINE_MS,
      timeLimitMs: remainingMs() - RESERVED_MS,
    },
  };
};

/** Where the prober's clients go. @throws NotReady when ElastiCache does not tell an endpoint or the shards' slots */
const targetOf = ({ cacheId, clusterMode, endpoints, shards }: CacheSeen, tls: boolean): Target => {
  const endpoint = clusterMode ? endpoints.configuration : endpoints.primary;
  if (!endpoint) throw new NotReady(`${cacheId} does not tell its endpoint now.`);
  if (!clusterMode) return { clusterMode, endpoint, tls };
  return {
    clusterMode,
    endpoint,
    tls,
    shards: shards.map(({ id, slots }) => {
      if (!slots) throw new NotReady(`ElastiCache does not tell the slots of shard ${id} of ${cacheId} now.`);
      return { id, slots: parseSlots(slots) };
    }),
  };
};
