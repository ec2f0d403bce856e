import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '../../platform/caches.ts';
import type { ClientKind } from '../probe-log.ts';
import { openCluster } from './cluster-connection.ts';
import { type Connection, type Credentials, openNode, unlessAborted } from './connection.ts';
import { replyKind } from './error-kind.ts';
import { KEY_SECONDS } from './keys.ts';
import type { LinkParts, Tried } from './link.ts';
import type { Scout } from './scout.ts';
import type { Target } from './target.ts';

export interface ClientParts {
  readonly kind: ClientKind;
  readonly target: Target;
  readonly credentials: Credentials;
  /** The shard's primary at the beginning. */
  readonly firstPrimary: Endpoint;
  readonly key: string;
  readonly slot: number;
  /** Of this client alone. Without cluster mode nobody needs one. */
  readonly scout: Scout;
  now(): number;
}

/** What makes a client look for a better connection although it has one. */
const LOOKS_ELSEWHERE_ON: Readonly<Record<ClientKind, (clusterMode: boolean) => readonly string[]>> = {
  cluster: (clusterMode) =>
    clusterMode ? ['MOVED', 'CLUSTERDOWN', 'READONLY', 'MASTERDOWN'] : ['READONLY', 'MASTERDOWN'],
  // In a cluster it asks for the shard's primary to connect to; MOVED says that this is not the primary.
  plain: (clusterMode) => (clusterMode ? ['MOVED'] : []),
  naive: () => [],
};

/** How each kind of client opens its connection: see `ClientKind`. */
export const linkParts = async (parts: ClientParts): Promise<LinkParts> => {
  const { kind, target, credentials, firstPrimary, key, slot, scout, now } = parts;
  const { tls, clusterMode, endpoint } = target;
  const looksElsewhereOn = new Set(LOOKS_ELSEWHERE_ON[kind](clusterMode));
  const toNode = async (node: Endpoint, signal: AbortSignal) =>
    tryOut(await openNode({ ...node, tls }, credentials, signal), key, signal);

  if (kind === 'naive') {
    // As applications do that resolve a name once and keep the address.
    const address = isIP(firstPrimary.host) ? firstPrimary.host : (await lookup(firstPrimary.host)).address;
    const node = { host: address, port: firstPrimary.port, tls, certificateName: firstPrimary.host };
    return {
      looksElsewhereOn,
      now,
      open: async (signal) => tryOut(await openNode(node, credentials, signal), key, signal),
    };
  }
  if (!clusterMode) return { looksElsewhereOn, now, open: (signal) => toNode(endpoint, signal) };
  if (kind === 'plain') {
    return { looksElsewhereOn, now, open: async (signal) => toNode(await scout.primaryOf(slot, signal), signal) };
  }
  return {
    looksElsewhereOn,
    now,
    // It learns the topology from the shard's primary: while that is dead no connection to a living node is made.
    async open(signal) {
      const primary = await scout.primaryOf(slot, signal);
      return tryOut(await openCluster({ ...primary, tls }, credentials, signal), key, signal);
    },
  };
};

/** Has a first command answered, one that only a primary takes and that changes nothing but the key's expiry. */
const tryOut = async (connection: Connection, key: string, signal: AbortSignal): Promise<Tried> => {
  try {
    await unlessAborted(signal, connection.call('EXPIRE', key, KEY_SECONDS));
    return { connection };
  } catch (error) {
    const refusal = replyKind(error);
    if (refusal !== undefined) return { connection, refusal };
    connection.close();
    throw error;
  }
};
