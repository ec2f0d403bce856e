import {
  type Connect,
  type EngineAddress,
  EngineRefused,
  Unreachable,
} from '../../functions/platform/engine-client.ts';

/** One node as it speaks of itself. A replica that says nothing else is in step. */
export interface NodeTraits {
  readonly role?: 'master' | 'slave';
  /** Of a primary: how many replicas are attached and in step; and how many are only coming. */
  readonly online?: number;
  readonly coming?: number;
  readonly link?: 'up' | 'down';
  readonly syncing?: boolean;
  readonly heardSecondsAgo?: number;
  /** It does not answer. */
  readonly silent?: boolean;
  /** It answers everything with this error. */
  readonly refuses?: string;
}

export interface ReplicatingTraits {
  /** By host. */
  readonly nodes: Readonly<Record<string, NodeTraits>>;
  /** Names behind which a node answers, by host. */
  readonly endpoints?: Readonly<Record<string, string>>;
  /** With cluster mode: what CLUSTER SLOTS says, hosts with the primary first. */
  readonly slots?: readonly (readonly [number, number, ...string[]])[];
  readonly authToken?: string;
}

export const TOKEN = 't'.repeat(64);
export const PORT = 6379;

/** The engines of a cache as their clients see them, each node with a mind of its own. */
export const aReplicatingEngine = ({
  nodes,
  endpoints = {},
  slots = [],
  authToken = TOKEN,
}: ReplicatingTraits): Connect & { readonly asked: EngineAddress[]; readonly open: () => number } => {
  const asked: EngineAddress[] = [];
  let opened = 0;
  const connect: Connect = async (address) => {
    asked.push(address);
    const node = nodes[endpoints[address.host] ?? address.host];
    if (!node || node.silent || !address.tls) throw new Unreachable(`${address.host} cannot be reached.`);
    if (address.authToken !== authToken) throw new EngineRefused('WRONGPASS', `${address.host} answered WRONGPASS.`);
    opened += 1;
    return {
      close: () => {
        opened -= 1;
      },
      async command(name) {
        if (node.refuses) throw new EngineRefused(node.refuses, `${address.host} answered ${node.refuses}.`);
        if (name === 'PING') return 'PONG';
        if (name === 'CLUSTER')
          return slots.map(([from, to, ...hosts]) => [from, to, ...hosts.map((host) => [host, PORT, 'id'])]);
        return infoOf(node);
      },
    };
  };
  return Object.assign(connect, { asked, open: () => opened });
};

const infoOf = ({
  role = 'slave',
  online = 2,
  coming = 0,
  link = 'up',
  syncing = false,
  heardSecondsAgo = 1,
}: NodeTraits): string => {
  const replicas = [...Array<string>(online).fill('online'), ...Array<string>(coming).fill('wait_bgsave')];
  const lines =
    role === 'master'
      ? [
          `connected_slaves:${replicas.length}`,
          ...replicas.map(
            (state, index) => `slave${index}:ip=10.0.0.${index},port=${PORT},state=${state},offset=14,lag=0`,
          ),
        ]
      : [
          'master_host:10.0.0.9',
          `master_link_status:${link}`,
          `master_last_io_seconds_ago:${link === 'up' ? heardSecondsAgo : -1}`,
          `master_sync_in_progress:${syncing ? 1 : 0}`,
        ];
  return ['# Replication', `role:${role}`, ...lines, ''].join('\r\n');
};
