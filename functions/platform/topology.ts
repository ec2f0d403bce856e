import type { Endpoint } from './caches.ts';
import { type EngineConnection, Unreachable } from './engine-client.ts';

/** One shard as the engine itself knows it. */
export interface LiveShard {
  readonly primary: Endpoint;
  /** Those that the node which was asked takes for alive. */
  readonly replicas: readonly Endpoint[];
  readonly slots: readonly (readonly [number, number])[];
}

/**
 * The shards of a cluster by CLUSTER SLOTS: which primary has which slots. Slots that lie apart are put together.
 *
 * @param asked the node that was asked; an empty host in the answer means this one
 * @throws Unreachable when the answer is not in the form of CLUSTER SLOTS
 */
export const liveShards = async (connection: EngineConnection, asked: Endpoint): Promise<LiveShard[]> => {
  const answer = await connection.command('CLUSTER', 'SLOTS');
  if (!Array.isArray(answer)) throw new Unreachable('CLUSTER SLOTS did not answer with a list.');
  const byPrimary = new Map<string, LiveShard & { slots: (readonly [number, number])[] }>();
  for (const entry of answer as readonly unknown[]) {
    if (!Array.isArray(entry)) throw new Unreachable('CLUSTER SLOTS answered with something else than ranges.');
    const [first, last, ...nodes] = entry as readonly unknown[];
    const [primary, ...replicas] = nodes.map((node) => nodeIn(node, asked));
    if (![first, last].every(Number.isInteger) || !primary)
      throw new Unreachable('CLUSTER SLOTS answered without numbers.');
    const known = byPrimary.get(addressOf(primary)) ?? { primary, replicas, slots: [] };
    known.slots.push([Number(first), Number(last)]);
    byPrimary.set(addressOf(primary), known);
  }
  return [...byPrimary.values()].sort((one, other) => (one.slots[0]?.[0] ?? 0) - (other.slots[0]?.[0] ?? 0));
};

const nodeIn = (node: unknown, asked: Endpoint): Endpoint => {
  const [host, port] = Array.isArray(node) ? (node as readonly unknown[]) : [];
  if (!Number.isInteger(port)) throw new Unreachable('CLUSTER SLOTS answered without numbers.');
  return { host: typeof host === 'string' && host !== '' ? host : asked.host, port: Number(port) };
};

/** `orders-001.example.com:6379`. */
export const addressOf = ({ host, port }: Endpoint): string => `${host}:${port}`;

export interface Replication {
  /** `master` or `slave`, in the engine's words. */
  readonly role: string;
  /** Replicas that are attached and in step (`state=online`). */
  readonly onlineReplicas: number;
  /** Of a replica: whether it is attached to its primary and has all of its data. */
  readonly inStep: boolean;
}

/** A replica that heard from its primary longer ago is not in step; the primary calls every 10 s (repl-ping-replica-period). */
const LAST_HEARD_SECONDS = 15;

/** What a node says of its replication in INFO. A field that is missing is taken the careful way. */
export const replicationOf = async (connection: EngineConnection): Promise<Replication> => {
  const info = String(await connection.command('INFO', 'replication'));
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  const lastHeardSeconds = Number(field('master_last_io_seconds_ago') ?? Number.POSITIVE_INFINITY);
  return {
    role: field('role') ?? 'unknown',
    onlineReplicas: [...info.matchAll(/^slave\d+:.*\bstate=online\b/gm)].length,
    inStep:
      field('master_link_status') === 'up' &&
      field('master_sync_in_progress') === '0' &&
      lastHeardSeconds >= 0 &&
      lastHeardSeconds <= LAST_HEARD_SECONDS,
  };
};
