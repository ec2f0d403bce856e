import type { Endpoint } from '../../platform/caches.ts';
import { SLOTS } from '../../platform/key-slot.ts';
import { NotReady, VerificationFailed } from '../../platform/operator-actions.ts';
import { type Connection, type Credentials, openNode, unlessAborted } from './connection.ts';
import { kindOf } from './error-kind.ts';
import { KEY_SECONDS } from './keys.ts';
import type { SlotRange, Target } from './target.ts';
import { rangeOf, servedSlots } from './topology.ts';

/** A shard and who leads it. */
export interface Place {
  readonly shardId: string;
  readonly primary: Endpoint;
  readonly slots: readonly SlotRange[];
}

/** A replica of the tested shard as its primary saw it before the failover. */
export interface ReplicaSeen {
  /** host:port as the primary knows it. */
  readonly address: string;
  readonly online: boolean;
  readonly lagSeconds: number;
  readonly lagBytes: number;
}

/** What says that the token, or the user, is not the cache's: waiting does not help. */
const NOT_LET_IN = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM']);

/** Work with a node on a connection of its own. @throws NotReady, or VerificationFailed when we are not let in */
export const visit = async <T>(
  cacheId: string,
  node: Endpoint,
  tls: boolean,
  credentials: Credentials,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> => {
  let connection: Connection | undefined;
  try {
    connection = await openNode({ ...node, tls }, credentials, signal);
    return await unlessAborted(signal, work(connection));
  } catch (error) {
    if (error instanceof NotReady || error instanceof VerificationFailed) throw error;
    const kind = kindOf(error);
    if (NOT_LET_IN.has(kind)) {
      throw new VerificationFailed(`${cacheId} does not let the prober in: it answered ${kind}.`, { cause: error });
    }
    throw new NotReady(`${cacheId} does not answer the prober (${kind}).`, { cause: error });
  } finally {
    connection?.close();
  }
};

/**
 * The tested shard and, with cluster mode, the next one for comparison, by what the cache itself says now.
 *
 * @throws VerificationFailed when the cache has no such shard; NotReady when it has no single primary now
 */
export const findPlaces = async (
  cacheId: string,
  shardId: string,
  target: Target,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<{ readonly tested: Place; readonly control?: Place | undefined }> => {
  const { endpoint, tls } = target;
  if (!target.clusterMode) return { tested: { shardId, primary: endpoint, slots: [[0, SLOTS - 1]] } };
  const { shards } = target;
  const index = shards.findIndex(({ id }) => id === shardId);
  const shard = shards[index];
  if (!shard) throw new VerificationFailed(`${cacheId} has no shard ${shardId}.`);
  const topology = await visit(cacheId, endpoint, tls, credentials, signal, (connection) =>
    servedSlots(connection, endpoint),
  );
  const placeOf = ({ id, slots }: (typeof shards)[number]): Place | undefined => {
    const ends = slots.flat().map((slot) => rangeOf(topology, slot)?.primary);
    const [primary] = ends;
    const isOne = ends.every((end) => end?.host === primary?.host && end?.port === primary?.port);
    return primary && isOne ? { shardId: id, primary, slots } : undefined;
  };
  const tested = placeOf(shard);
  if (!tested) throw new NotReady(`The slots of shard ${shardId} of ${cacheId} are not served by one primary.`);
  const others = [...shards.slice(index + 1), ...shards.slice(0, index)];
  const control = others.map(placeOf).find((place) => place !== undefined);
  return { tested, control };
};

/** How the shard's primary sees its replicas. @throws NotReady when it is none, or replicas are missing */
export const lookAtShard = async (
  connection: Connection,
  { shardId }: Place,
  replicasExpected: number,
): Promise<readonly ReplicaSeen[]> => {
  const replication = parseInfo(await connection.call('INFO', 'replication'));
  if (replication.get('role') !== 'master') {
    throw new NotReady(`The node that should be the primary of shard ${shardId} is not: its role is another.`);
  }
  const written = Number(replication.get('master_repl_offset') ?? 0);
  const replicas = [...replication]
    .filter(([name]) => /^slave\d+$/.test(name))
    .map(([, line]) => replicaIn(line, written));
  const online = replicas.filter((replica) => replica.online).length;
  if (online < replicasExpected) {
    throw new NotReady(`Shard ${shardId} has ${online} of ${replicasExpected} replicas attached.`);
  }
  return replicas;
};

const parseInfo = (text: unknown): ReadonlyMap<string, string> =>
  new Map(
    String(text)
      .split(/\r?\n/)
      .map((line) => /^(\w+):(.*)$/.exec(line))
      .flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? ''] as const] : [])),
  );

/** `ip=10.0.0.1,port=6379,state=online,offset=14,lag=0`. */
const replicaIn = (line: string, writtenBytes: number): ReplicaSeen => {
  const fields = new Map(
    line.split(',').map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  return {
    address: `${fields.get('ip')}:${fields.get('port')}`,
    online: fields.get('state') === 'online',
    lagSeconds: Math.max(0, Number(fields.get('lag') ?? 0)),
    lagBytes: Math.max(0, writtenBytes - Number(fields.get('offset') ?? 0)),
  };
};

/** A replica tells how far it is once a second; whoever has not caught up within twice that is not in step. */
const IN_STEP_MS = 2000;

/**
 * Has the replicas confirm a write of ours. A primary calls a replica `online` already while it still holds back what it
 * writes: a failover then would lose everything.
 *
 * @param key one that is there, so that its new expiry is a write
 * @throws NotReady when not all of them do
 */
export const waitForReplicas = async (
  connection: Connection,
  { shardId }: Place,
  key: string,
  replicasExpected: number,
): Promise<void> => {
  await connection.call('EXPIRE', key, KEY_SECONDS);
  const confirmed = Number(await connection.call('WAIT', String(replicasExpected), String(IN_STEP_MS)));
  if (confirmed >= replicasExpected) return;
  throw new NotReady(
    `Of the replicas of shard ${shardId} ${confirmed} of ${replicasExpected} confirm what is written.`,
  );
};
