import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { Endpoint } from './caches.ts';
import { EngineRefused, Unreachable } from './engine-client.ts';

/** A connection to one node of Memcached, or to a cache's configuration endpoint, in the text protocol. */
export interface MemcachedConnection {
  /** @throws EngineRefused when the node answers with an error, Unreachable when it does not answer in time */
  set(key: string, value: string, expirySeconds: number): Promise<void>;
  /** Undefined: there is no such key. */
  get(key: string): Promise<string | undefined>;
  /** The nodes, as the auto discovery of ElastiCache tells them (guide, "Using auto discovery"). */
  nodes(): Promise<readonly Endpoint[]>;
  close(): void;
}

export type ConnectMemcached = (endpoint: Endpoint & { readonly tls: boolean }) => Promise<MemcachedConnection>;

/** As for the other engines. */
const DEADLINE_MS = 5000;

/** The ends of an answer in the text protocol; everything else goes on. */
const LAST_LINE = /(?:^|\r\n)(?:STORED|NOT_STORED|END|ERROR|(?:CLIENT_ERROR|SERVER_ERROR)[^\r\n]*)\r\n$/;

/**
 * Connects to one endpoint, without retries, and with a deadline around everything. The few commands that we need are
 * spoken here: no kept client of Memcached knows ElastiCache's auto discovery.
 *
 * @throws Unreachable
 */
export const connectMemcached =
  (deadlineMs = DEADLINE_MS): ConnectMemcached =>
  async ({ host, port, tls: secure }) => {
    const where = `${host}:${port}`;
    const name = net.isIP(host) ? {} : { servername: host };
    const socket = secure ? tls.connect({ host, port, ...name }) : net.connect({ host, port });
    socket.setEncoding('utf8');
    socket.setTimeout(deadlineMs, () => socket.destroy(new Error(`no answer within ${deadlineMs} ms`)));
    const unreachable = (error: unknown) =>
      new Unreachable(`${where} cannot be reached: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    try {
      await once(socket, secure ? 'secureConnect' : 'connect');
    } catch (error) {
      socket.destroy();
      throw unreachable(error);
    }

    const ask = async (command: string): Promise<string> => {
      let answer = '';
      socket.write(command);
      try {
        while (!LAST_LINE.test(answer)) {
          const [part] = (await Promise.race([once(socket, 'data'), ended(socket)])) as [string];
          answer += part;
        }
      } catch (error) {
        throw unreachable(error);
      }
      const [, code] = /(?:^|\r\n)(ERROR|CLIENT_ERROR|SERVER_ERROR)/.exec(answer) ?? [];
      if (code) throw new EngineRefused(code, `${where} answered ${code}.`);
      return answer;
    };

    return {
      async set(key, value, expirySeconds) {
        const answer = await ask(`set ${key} 0 ${expirySeconds} ${Buffer.byteLength(value)}\r\n${value}\r\n`);
        if (!answer.startsWith('STORED')) throw new EngineRefused('NOT_STORED', `${where} did not store a key.`);
      },
      async get(key) {
        const [, value] = /^VALUE \S+ \d+ \d+\r\n([\s\S]*)\r\nEND\r\n$/.exec(await ask(`get ${key}\r\n`)) ?? [];
        return value;
      },
      async nodes() {
        // CONFIG cluster 0 <bytes>, the version, then `host|address|port` for each node, parted by spaces.
        const [, list = ''] =
          /^CONFIG cluster \d+ \d+\r\n\d+\n([^\n]*)\n/.exec(await ask('config get cluster\r\n')) ?? [];
        const nodes = list.split(' ').filter(Boolean).map(nodeIn);
        if (nodes.length === 0) throw new Unreachable(`${where} told no nodes.`);
        return nodes;
      },
      close: () => socket.destroy(),
    };
  };

const nodeIn = (text: string): Endpoint => {
  const [name = '', address = '', port = ''] = text.split('|');
  return { host: name || address, port: Number(port) };
};

const ended = async (socket: net.Socket): Promise<never> => {
  await once(socket, 'close');
  throw new Error('the connection was closed');
};
