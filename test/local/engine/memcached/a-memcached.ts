import { connect } from 'node:net';
import type { MemcachedSettings } from '../../../../local/engine/memcached/types.ts';
import type { Address } from '../../../../local/engine/types.ts';

export const theSettings = (changes: Partial<MemcachedSettings> = {}): MemcachedSettings => ({
  memoryMegabytes: 8,
  largestItemBytes: 1024 * 1024,
  chunkBytes: 48,
  growthFactor: 1.25,
  hasCas: true,
  evicts: true,
  mayFlush: true,
  idleSeconds: 0,
  ...changes,
});

/** A raw connection to memcached. */
export interface RawClient {
  /** Sends text as it is and answers everything that comes back up to and with `until`. */
  send(text: string, until: string): Promise<string>;
  /** Sends each part by itself, with a moment between them: they arrive as separate chunks. */
  sendInParts(parts: readonly string[], until: string): Promise<string>;
  /** Resolves when the other side has ended the connection. */
  readonly closed: Promise<void>;
  close(): void;
}

export const openClient = async ({ host, port }: Address): Promise<RawClient> => {
  const socket = connect({ host, port, noDelay: true });
  socket.setEncoding('latin1');
  let received = '';
  let listen = () => {};
  socket.on('data', (text: string) => {
    received += text;
    listen();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  const answer = (until: string) =>
    new Promise<string>((resolve, reject) => {
      listen = () => {
        const end = received.indexOf(until);
        if (end < 0) return;
        const text = received.slice(0, end + until.length);
        received = received.slice(text.length);
        resolve(text);
      };
      void closed.then(() => reject(new Error(`The connection was closed after ${JSON.stringify(received)}`)));
      listen();
    });
  return {
    send(text, until) {
      socket.write(text, 'latin1');
      return answer(until);
    },
    async sendInParts(parts, until) {
      for (const part of parts) {
        await new Promise<void>((resolve) => socket.write(part, 'latin1', () => resolve()));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return await answer(until);
    },
    closed,
    close: () => socket.destroy(),
  };
};

/** One question on a connection of its own. */
export const askOnce = async (address: Address, text: string, until = 'END\r\n'): Promise<string> => {
  const client = await openClient(address);
  try {
    return await client.send(text, until);
  } finally {
    client.close();
  }
};

/** What auto discovery tells at an address. */
export const discover = async (address: Address): Promise<{ version: number; nodes: readonly Address[] }> => {
  const answer = await askOnce(address, 'config get cluster\r\n');
  const [, length, version, list] = /^CONFIG cluster 0 (\d+)\r\n(\d+)\n(.*)\n\r\nEND\r\n$/.exec(answer) ?? [];
  if (list === undefined || Number(length) !== `${version}\n${list}\n`.length) {
    throw new Error(`This is no configuration: ${JSON.stringify(answer)}`);
  }
  return {
    version: Number(version),
    nodes: list.split(' ').map((entry) => {
      const [host = '', ip = '', port = ''] = entry.split('|');
      if (host !== ip) throw new Error(`Host and address of ${entry} differ here`);
      return { host, port: Number(port) };
    }),
  };
};
