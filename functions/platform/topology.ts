import type { Endpoint } from './caches.ts';
import { type EngineConnection, Unreachable } from './engine-client.ts';

/** One shard as the engine itself knows it. */
export interface LiveShard {
  readonly primary: Endpoint;
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
  const byPrimary = new Map<string, { primary: Endpoint; slots: (readonly [number, number])[] }>();
  for (const entry of answer as readonly unknown[]) {
    if (!Array.isArray(entry)) throw new Unreachable('CLUSTER SLOTS answered with something else than ranges.');
    const [first, last, node] = entry as readonly unknown[];
    const [host, port] = Array.isArray(node) ? (node as readonly unknown[]) : [];
    if (![first, last, port].every(Number.isInteger)) throw new Unreachable('CLUSTER SLOTS answered without numbers.');
    const primary = { host: typeof host === 'string' && host !== '' ? host : asked.host, port: Number(port) };
    const shard = byPrimary.get(`${primary.host}:${primary.port}`) ?? { primary, slots: [] };
    shard.slots.push([Number(first), Number(last)]);
    byPrimary.set(`${primary.host}:${primary.port}`, shard);
  }
  return [...byPrimary.values()].sort((one, other) => (one.slots[0]?.[0] ?? 0) - (other.slots[0]?.[0] ?? 0));
};

export interface Replication {
  readonly role: string;
  /** Replicas that are attached and in step (`state=online`). */
  readonly onlineReplicas: number;
}

/** What a node says of its replication in INFO. */
export const replicationOf = async (connection: EngineConnection): Promise<Replication> => {
  const info = String(await connection.command('INFO', 'replication'));
  const [, role = 'unknown'] = /^role:(\w+)/m.exec(info) ?? [];
  return { role, onlineReplicas: [...info.matchAll(/^slave\d+:.*\bstate=online\b/gm)].length };
};
