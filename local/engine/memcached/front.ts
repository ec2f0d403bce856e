import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { Address } from '../types.ts';
import { createAnswerSlots } from './answer-slots.ts';
import { createCommandReader } from './command-reader.ts';

/** An address that clients know: of one node, or of the whole cluster. */
export interface Front {
  readonly address: Address;
  /** Ends all connections; new ones are taken as before. */
  cut(): void;
  close(): Promise<void>;
}

export interface FrontOptions {
  /** Port of the memcached behind a new connection; undefined refuses it. */
  readonly port: () => number | undefined;
  /** The service's own answer to a command line, or undefined for memcached's. */
  readonly answerTo: (line: string) => string | undefined;
}

const HOST = '127.0.0.1';

const mapped = (map: (chunk: Buffer) => Buffer): Transform =>
  new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, map(chunk)) });

/** Opens an address on a free port of the loopback, in front of memcached. */
export const openFront = async ({ port, answerTo }: FrontOptions): Promise<Front> => {
  const clients = new Set<Socket>();

  const accept = (client: Socket) => {
    client.on('error', () => client.destroy());
    const behind = port();
    if (behind === undefined) {
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    const node = connect({ host: HOST, port: behind, noDelay: true });
    const slots = createAnswerSlots();
    const read = createCommandReader(answerTo);
    const requests = mapped((chunk) =>
      Buffer.concat(read(chunk).map((piece) => ('answer' in piece ? slots.reserve(piece.answer) : piece.forward))),
    );
    client.pipe(requests).pipe(node);
    node.pipe(mapped(slots.fill)).pipe(client);
    node.on('error', () => client.resetAndDestroy());
    client.on('close', () => {
      node.destroy();
      clients.delete(client);
    });
  };

  const server = createServer({ noDelay: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('An endpoint found no port to listen on.');
  const cut = () => {
    for (const client of clients) client.resetAndDestroy();
  };

  return {
    address: { host: HOST, port: bound.port },
    cut,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      return closed;
    },
  };
};
