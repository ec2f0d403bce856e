import type { Endpoint } from '../../functions/platform/caches.ts';
import { EngineRefused, Unreachable } from '../../functions/platform/engine-client.ts';
import type { ConnectMemcached } from '../../functions/platform/memcached-client.ts';

export interface MemcachedTraits {
  readonly tls?: boolean;
  /** Answers also without TLS. */
  readonly alsoPlain?: boolean;
  readonly nodes?: readonly Endpoint[];
  /** Gives back something else than was written. */
  readonly forgets?: boolean;
  /** Takes no key: the code of its answer. */
  readonly refuses?: string;
}

const TWO_NODES: readonly Endpoint[] = [
  { host: 'node-1', port: 11_211 },
  { host: 'node-2', port: 11_211 },
];

/** A cluster of Memcached as its clients see it; each address but the nodes' own is the configuration endpoint. */
export const aTalkingMemcached = (traits: MemcachedTraits = {}) => {
  const { tls = true, alsoPlain = false, nodes = TWO_NODES, forgets = false, refuses } = traits;
  const stored = new Map<string, string>();
  let open = 0;
  const connect: ConnectMemcached = async ({ host, port, tls: secure }) => {
    if (tls !== secure && !(tls && alsoPlain)) throw new Unreachable(`${host}:${port} cannot be reached.`);
    open += 1;
    const refused = () => {
      if (refuses) throw new EngineRefused(refuses, `${host}:${port} answered ${refuses}.`);
    };
    return {
      async set(key, value) {
        refused();
        stored.set(`${host} ${key}`, value);
      },
      get: async (key) => (forgets ? undefined : stored.get(`${host} ${key}`)),
      nodes: async () => nodes,
      close: () => {
        open -= 1;
      },
    };
  };
  return Object.assign(connect, { stored, stillOpen: () => open });
};
