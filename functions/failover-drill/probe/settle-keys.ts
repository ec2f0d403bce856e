import type { Kept } from '../probe-log.ts';
import { type Connection, type Credentials, openNode, unlessAborted } from './connection.ts';
import type { Place } from './survey.ts';
import type { Target } from './target.ts';
import { rangeOf, servedSlots } from './topology.ts';

/** What one client wrote to one shard. */
export interface Written {
  readonly client: Kept['client'];
  readonly shard: Kept['shard'];
  readonly place: Place;
  readonly key: string;
  readonly slot: number;
  readonly acknowledged: readonly number[];
  /** Those of them from before the failover: they are there, unless the key itself is gone. */
  readonly fromBaseline: readonly number[];
}

/** A shard may be in the middle of its failover: it is asked again after this. */
const AGAIN_MS = 250;

/**
 * Asks the present primary of each shard what is left of the numbers, and deletes the keys there. Never throws: what
 * cannot be asked until the signal comes is `unknown`, and a key that cannot be deleted goes away by its expiry.
 */
export const settleKeys = async (
  written: readonly Written[],
  target: Target,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Kept[]> => Promise.all(written.map((one) => settleKey(one, target, credentials, signal)));

const settleKey = async (
  one: Written,
  target: Target,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Kept> => {
  const { client, shard, key } = one;
  let lostNumbers: Kept['lostNumbers'] = 'unknown';
  while (!signal.aborted) {
    try {
      const connection = await presentPrimary(one, target, credentials, signal);
      try {
        const kept = await unlessAborted(signal, connection.call('LRANGE', key, '0', '-1'));
        lostNumbers = lostOf(one, kept);
        await unlessAborted(signal, connection.call('DEL', key));
        break;
      } finally {
        connection.close();
      }
    } catch {
      // Not there yet, or not again: until the signal there is time.
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  return { client, shard, lostNumbers };
};

const lostOf = ({ acknowledged, fromBaseline }: Written, kept: unknown): Kept['lostNumbers'] => {
  if (!Array.isArray(kept)) return 'unknown';
  const there = new Set(kept.map(Number));
  // A key that was evicted or flushed says nothing about replication.
  if (fromBaseline.length > 0 && !fromBaseline.some((number) => there.has(number))) return 'unknown';
  return acknowledged.filter((number) => !there.has(number));
};

/** @throws when there is none, or nobody answers */
const presentPrimary = async (
  { slot }: Written,
  { clusterMode, endpoint, tls }: Target,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Connection> => {
  const asked = await openNode({ ...endpoint, tls }, credentials, signal);
  try {
    if (!clusterMode) {
      const info = String(await unlessAborted(signal, asked.call('INFO', 'replication')));
      if (!/^role:master\b/m.test(info)) throw new Error('The endpoint leads to a replica.');
      return asked;
    }
    const primary = rangeOf(await unlessAborted(signal, servedSlots(asked, endpoint)), slot)?.primary;
    if (!primary) throw new Error('Nobody serves the slot.');
    // In a cluster whoever is not the primary answers MOVED, to reads too.
    const connection = await openNode({ ...primary, tls }, credentials, signal);
    asked.close();
    return connection;
  } catch (error) {
    asked.close();
    throw error;
  }
};
