import { on, once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import * as z from 'zod';
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

/** Enough for a sentence of the node's own. */
const LONGEST_REASON = 200;

/** The ends of an answer in the text protocol; everything else goes on. */
const LAST_LINE = /(?:^|\r\n)(STORED|NOT_STORED|END|ERROR|(?:CLIENT_ERROR|SERVER_ERROR)[^\r\n]*)\r\n$/;

/** One node in the list of the auto discovery: `name|address|port`, of which the name may be missing. */
const NodeInList = z
  .tuple([z.string(), z.string(), z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(1).max(65_535))])
  .transform(([name, address, port]): Endpoint => ({ host: name || address, port }))
  .refine(({ host }) => host !== '');
const NodeList = z.array(NodeInList).min(1);

/**
 * Connects to one endpoint, without retries, and with a deadline for the connection and for each whole answer. The few
 * commands that we need are spoken here: no kept client of Memcached knows ElastiCache's auto discovery.
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
    // A connection may also break between two questions; the next one finds out.
    socket.on('error', () => undefined);
    const unreachable = (error: unknown) => {
      const isLate = error instanceof Error && error.name === 'AbortError';
      const reason = isLate
        ? `no answer within ${deadlineMs} ms`
        : error instanceof Error
          ? error.message
          : String(error);
      return new Unreachable(`${where} cannot be reached: ${reason}`, { cause: error });
    };

    try {
      await once(socket, secure ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(deadlineMs) });
    } catch (error) {
      socket.destroy();
      throw unreachable(error);
    }

    const hear = async (signal: AbortSignal): Promise<{ answer: string; lastLine: string }> => {
      let answer = '';
      for await (const [part] of on(socket, 'data', { signal, close: ['close'] }) as AsyncIterable<[string]>) {
        answer += part;
        const [, lastLine] = LAST_LINE.exec(answer) ?? [];
        if (lastLine !== undefined) return { answer, lastLine };
      }
      throw new Error('the connection was closed');
    };
    const ask = async (command: string): Promise<string> => {
      // A closed connection says so only once.
      if (socket.destroyed) throw new Unreachable(`${where} cannot be reached: the connection was closed`);
      socket.write(command);
      const { answer, lastLine } = await hear(AbortSignal.timeout(deadlineMs)).catch((error: unknown) => {
        // What comes later would be taken for the answer to the next question.
        socket.destroy();
        throw unreachable(error);
      });
      const [, code] = /^((?:CLIENT_|SERVER_)?ERROR)/.exec(lastLine) ?? [];
      if (code) throw new EngineRefused(code, `${where} answered ${lastLine.slice(0, LONGEST_REASON)}.`);
      return answer;
    };
    const notUnderstood = (what: string) => new Unreachable(`${where} answered with ${what} that cannot be read.`);

    return {
      async set(key, value, expirySeconds) {
        const answer = await ask(`set ${key} 0 ${expirySeconds} ${Buffer.byteLength(value)}\r\n${value}\r\n`);
        if (!answer.startsWith('STORED')) throw new EngineRefused('NOT_STORED', `${where} did not store a key.`);
      },
      async get(key) {
        const answer = await ask(`get ${key}\r\n`);
        if (answer === 'END\r\n') return undefined;
        const [, found, length, value = ''] = /^VALUE (\S+) \d+ (\d+)\r\n([\s\S]*)\r\nEND\r\n$/.exec(answer) ?? [];
        if (found !== key || Buffer.byteLength(value) !== Number(length)) throw notUnderstood('a value');
        return value;
      },
      async nodes() {
        // CONFIG cluster 0 <bytes>, the version, then `name|address|port` for each node, parted by spaces.
        const [, list = ''] =
          /^CONFIG cluster \d+ \d+\r\n\d+\n([^\n]*)\n/.exec(await ask('config get cluster\r\n')) ?? [];
        const nodes = NodeList.safeParse(
          list
            .split(' ')
            .filter(Boolean)
            .map((node) => node.split('|')),
        );
        if (!nodes.success) throw notUnderstood('a list of nodes');
        return nodes.data;
      },
      close: () => socket.destroy(),
    };
  };
