import type { Connect } from '../../functions/platform/engine-client.ts';
import { EngineRefused, Unreachable } from '../../functions/platform/engine-client.ts';

/** One node, and whom it lets in. Read at each command, so that a test can change its mind. */
export interface RotatingNode {
  /** Valid AUTH tokens; or passwords, as `user:password`. */
  accepts: readonly string[];
  /** Lets in who comes without a token. */
  open?: boolean;
  /** Users who get in with any password. */
  openUsers?: readonly string[];
  /** It does not answer. */
  silent?: boolean;
  /** It closes a connection as soon as it is asked for something on it. */
  closes?: boolean;
  /** What it says instead of its own answer to a command, in the engine's words; `<args>` stands for what came with it. */
  says?: Readonly<Record<string, string>>;
  /** Its answer to CLIENT LIST; our own line, with the id 1, comes before it. */
  clients?: readonly string[];
  /** The answer to INFO clients, if it is another than the number of lines. */
  connected?: number;
}

export interface RotatingTraits {
  /** By host. */
  readonly nodes: Readonly<Record<string, RotatingNode>>;
  /** Names behind which a node answers, by host. */
  readonly endpoints?: Readonly<Record<string, string>>;
  /** With cluster mode: what CLUSTER SLOTS says, hosts with the primary first. */
  readonly slots?: readonly (readonly [number, number, ...string[]])[];
  /** The words of Redis 5 instead of those of its successors. */
  readonly old?: boolean;
}

const PORT = 6379;

/** An engine's error as the client gives it: with the command, and all that was said, in its cause. */
const refusal = (host: string, says: string, command: readonly string[]): EngineRefused => {
  const [code = 'ERR'] = says.split(' ');
  const [name, ...args] = command;
  const cause = Object.assign(new Error(says), { name: 'ReplyError', command: { name, args } });
  return new EngineRefused(code, `${host} answered ${code}.`, { cause });
};

/** The engines of a cache whose tokens change. Connections log in by AUTH, and stay logged in as Redis's do. */
export const aRotatingEngine = ({ nodes, endpoints = {}, slots = [], old = false }: RotatingTraits) => {
  const seen = {
    connects: [] as string[],
    commands: [] as { node: string; command: readonly string[] }[],
    open: 0,
    most: 0,
  };
  const connect: Connect = async ({ host, tls }) => {
    const id = endpoints[host] ?? host;
    seen.connects.push(host);
    const node = nodes[id];
    if (!node || node.silent || !tls) throw new Unreachable(`${host} cannot be reached.`);
    seen.open += 1;
    seen.most = Math.max(seen.most, seen.open);
    let isIn = node.open ?? false;
    let isClosed = false;
    const answer = (name: string, args: readonly string[]): unknown => {
      if (name === 'AUTH') {
        const [username, password] = args.length > 1 ? args : [undefined, args[0]];
        const isOpen = username === undefined ? node.open : node.openUsers?.includes(username);
        if (isOpen && username === undefined) {
          throw old
            ? 'ERR Client sent AUTH, but no password is set'
            : 'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?';
        }
        if (!isOpen && !node.accepts.includes(username === undefined ? `${password}` : `${username}:${password}`)) {
          throw old ? 'ERR invalid password' : 'WRONGPASS invalid username-password pair or user is disabled.';
        }
        isIn = true;
        return 'OK';
      }
      if (!isIn) throw 'NOAUTH Authentication required.';
      if (name === 'PING') return 'PONG';
      if (name === 'INFO')
        return `# Clients\r\nconnected_clients:${node.connected ?? (node.clients?.length ?? 0) + 1}\r\n`;
      if (name === 'CLIENT' && args[0] === 'ID') return 1;
      if (name === 'CLIENT' && args[0] === 'LIST')
        return ['id=1 addr=10.0.0.1:40001 name= age=0 user=default', ...(node.clients ?? []), ''].join('\n');
      if (name === 'CLIENT') return 'OK';
      if (name === 'CLUSTER')
        return slots.map(([from, to, ...hosts]) => [from, to, ...hosts.map((each) => [each, PORT, 'id'])]);
      throw `ERR unknown command '${name}', with args beginning with: ${args.join(' ')}`;
    };
    return {
      close() {
        if (!isClosed) seen.open -= 1;
        isClosed = true;
      },
      async command(name, ...args) {
        seen.commands.push({ node: id, command: [name, ...args] });
        if (isClosed || node.silent || node.closes)
          throw new Unreachable(`${host}:${PORT} cannot be reached: Connection is closed.`);
        try {
          const says = node.says?.[name];
          if (says !== undefined) throw says.replace('<args>', args.join(' '));
          return answer(name, args);
        } catch (says) {
          throw refusal(`${host}:${PORT}`, String(says), [name, ...args]);
        }
      },
    };
  };
  return { connect, seen };
};
