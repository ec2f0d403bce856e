import type { Endpoint } from '../../platform/caches.ts';
import type { Connection } from './connection.ts';
import type { SlotRange } from './target.ts';

/** One range of slots, and who serves it. */
export interface ServedSlots {
  readonly slots: SlotRange;
  readonly primary: Endpoint;
  readonly replicas: readonly Endpoint[];
}

/** Asks a node for CLUSTER SLOTS. @param asked which node it is: an empty host in its answer means itself */
export const servedSlots = async (connection: Connection, asked: Endpoint): Promise<readonly ServedSlots[]> => {
  const answer = await connection.call('CLUSTER', 'SLOTS');
  const rows: readonly unknown[] = Array.isArray(answer) ? answer : [];
  return rows.flatMap((row): ServedSlots[] => {
    const [first, last, ...nodes]: readonly unknown[] = Array.isArray(row) ? row : [];
    const [primary, ...replicas] = nodes.map((node) => addressOf(node, asked));
    if (!Number.isInteger(first) || !Number.isInteger(last) || !primary) return [];
    return [{ slots: [Number(first), Number(last)], primary, replicas: replicas.filter((node) => node !== undefined) }];
  });
};

const addressOf = (node: unknown, asked: Endpoint): Endpoint | undefined => {
  const [host, port]: readonly unknown[] = Array.isArray(node) ? node : [];
  if (!Number.isInteger(port)) return undefined;
  return { host: typeof host === 'string' && host !== '' ? host : asked.host, port: Number(port) };
};

/** Who serves a slot. */
export const rangeOf = (topology: readonly ServedSlots[], slot: number): ServedSlots | undefined =>
  topology.find(({ slots: [first, last] }) => first <= slot && slot <= last);
