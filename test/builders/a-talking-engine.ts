import type { Connect, EngineAddress } from '../../functions/platform/engine-client.ts';
import { EngineRefused, Unreachable } from '../../functions/platform/engine-client.ts';
import { slotOf } from '../../functions/platform/key-slot.ts';

export interface EngineShard {
  readonly host: string;
  readonly slots: readonly (readonly [number, number])[];
  readonly replicas: number;
  readonly role?: string;
  /** Gives back something else than was written. */
  readonly forgets?: boolean;
}

export interface EngineTraits {
  readonly tls?: boolean;
  /** Answers also without TLS (mode `preferred`). */
  readonly alsoPlain?: boolean;
  readonly authToken?: string | undefined;
  readonly shards?: readonly EngineShard[];
  /** Lets in whoever comes, with the token, another one, or none. */
  readonly open?: boolean;
  /** Nothing listens yet. */
  readonly down?: boolean;
}

const THREE_SHARDS: readonly EngineShard[] = [
  { host: 'node-1', slots: [[0, 5460]], replicas: 2 },
  { host: 'node-2', slots: [[5461, 10_922]], replicas: 2 },
  { host: 'node-3', slots: [[10_923, 16_383]], replicas: 2 },
];

/** A cluster of Redis as its clients see it; each address but the nodes' own is the endpoint. */
export const aTalkingEngine = (traits: EngineTraits = {}): Connect & { readonly asked: EngineAddress[] } => {
  const {
    tls = true,
    alsoPlain = false,
    authToken = 't'.repeat(64),
    shards = THREE_SHARDS,
    down = false,
    open = false,
  } = traits;
  const stored = new Map<string, string>();
  const asked: EngineAddress[] = [];

  const connect: Connect = async (address) => {
    asked.push(address);
    if (down || (tls && !address.tls && !alsoPlain) || (!tls && address.tls)) {
      throw new Unreachable(`${address.host} cannot be reached.`);
    }
    const secret = 'authToken' in traits ? traits.authToken : authToken;
    if (!open && address.authToken !== undefined && address.authToken !== secret) {
      throw new EngineRefused('WRONGPASS', `${address.host} answered WRONGPASS.`);
    }
    const shard = shards.find(({ host }) => host === address.host) ?? shards[0];
    return {
      close: () => undefined,
      async command(name, ...args) {
        if (!open && secret !== undefined && address.authToken === undefined)
          throw new EngineRefused('NOAUTH', 'NOAUTH');
        const [key = '', value = ''] = args;
        if (name === 'PING') return 'PONG';
        if (name === 'CLUSTER') {
          return shards.flatMap(({ host, slots }) => slots.map(([first, last]) => [first, last, [host, 6379, 'id']]));
        }
        if (name === 'INFO') {
          const replicas = Array.from(
            { length: shard?.replicas ?? 0 },
            (_, index) => `slave${index}:ip=10.0.0.${index},port=6379,state=online,offset=14,lag=0`,
          );
          return ['# Replication', `role:${shard?.role ?? 'master'}`, ...replicas, ''].join('\r\n');
        }
        const slot = slotOf(key);
        if (!shard?.slots.some(([first, last]) => first <= slot && slot <= last))
          throw new EngineRefused('MOVED', 'MOVED');
        if (name === 'SET') stored.set(key, value);
        return name === 'GET' ? (shard.forgets ? null : stored.get(key)) : 'OK';
      },
    };
  };
  return Object.assign(connect, { asked });
};
