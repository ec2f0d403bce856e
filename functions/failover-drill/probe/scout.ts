import type { Endpoint } from '../../platform/caches.ts';
import { type Connection, type Credentials, openNode, unlessAborted } from './connection.ts';
import { Disconnected } from './error-kind.ts';
import { rangeOf, servedSlots } from './topology.ts';

/** Knows who is primary of a slot now. */
export interface Scout {
  /** @throws when nobody answers, or nobody serves the slot */
  primaryOf(slot: number, signal: AbortSignal): Promise<Endpoint>;
  close(): void;
}

/** A node that has not said who serves which slots within this is asked no longer. */
const SILENCE_MS = 100;

/**
 * Asks the cluster for its topology over one connection that stays open, to a node that is not the one in question:
 * else each attempt to reconnect would be a new connection on a node that lives. While there is none, or it is silent,
 * whoever asks goes to the configuration endpoint himself.
 */
export const createScout = (endpoint: Endpoint, tls: boolean, credentials: Credentials, ended: AbortSignal): Scout => {
  let kept: { readonly connection: Connection; readonly node: Endpoint } | undefined;

  const drop = (connection: Connection) => {
    connection.close();
    if (kept?.connection === connection) kept = undefined;
  };

  const keep = (connection: Connection, node: Endpoint) => {
    if (kept || ended.aborted) {
      connection.close();
      return;
    }
    kept = { connection, node };
    connection.onBroken(() => drop(connection));
  };

  /** Moves to a node that does not serve the slot itself, so that its failing does not make us blind. */
  const moveAway = async (nodes: readonly Endpoint[]) => {
    for (const node of nodes) {
      const signal = AbortSignal.any([ended, AbortSignal.timeout(1000)]);
      const connection = await openNode({ ...node, tls }, credentials, signal).catch(() => undefined);
      if (connection) return keep(connection, node);
    }
  };

  const ask = async (connection: Connection, node: Endpoint, slot: number) => {
    const topology = await servedSlots(connection, node);
    const found = rangeOf(topology, slot);
    if (!found) throw new Disconnected('unserved');
    return { topology, ...found };
  };

  const askKept = async (slot: number, signal: AbortSignal) => {
    if (!kept) return undefined;
    const { connection, node } = kept;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)]);
    try {
      return (await unlessAborted(patience, ask(connection, node, slot))).primary;
    } catch (error) {
      drop(connection);
      if (signal.aborted) throw error;
      return undefined;
    }
  };

  return {
    async primaryOf(slot, signal) {
      const known = await askKept(slot, signal);
      if (known) return known;
      const connection = await openNode({ ...endpoint, tls }, credentials, signal);
      try {
        const { primary, replicas, topology } = await unlessAborted(signal, ask(connection, endpoint, slot));
        const others = topology.filter(
          (range) => range.primary.host !== primary.host || range.primary.port !== primary.port,
        );
        const elsewhere = [...others.map((range) => range.primary), ...replicas];
        if (elsewhere.length > 0 && !kept) {
          connection.close();
          void moveAway(elsewhere);
        } else keep(connection, endpoint);
        return primary;
      } catch (error) {
        connection.close();
        throw error;
      }
    },
    close() {
      if (kept) drop(kept.connection);
    },
  };
};
