import { connect, createServer, type Socket } from 'node:net';
import type { Address } from './types.ts';

/** An address that stays while the nodes behind it change: what a DNS name is on AWS. */
export interface Endpoint {
  readonly address: Address;
  /** Sends new connections to these ports in turn, and cuts the connections to all others. None: all are refused. */
  pointTo(ports: readonly number[]): void;
  close(): Promise<void>;
}

interface Passage {
  readonly port: number;
  cut(): void;
}

/** Opens an endpoint on a free port of the loopback. Bytes pass through untouched, TLS included. */
export const openEndpoint = async (): Promise<Endpoint> => {
  const host = '127.0.0.1';
  const passages = new Set<Passage>();
  let upstream: readonly number[] = [];
  let turn = 0;

  const accept = (client: Socket) => {
    const port = upstream[turn % Math.max(1, upstream.length)];
    turn += 1;
    client.on('error', () => client.destroy());
    if (port === undefined) {
      client.resetAndDestroy();
      return;
    }
    const node = connect({ host, port, noDelay: true });
    const passage: Passage = {
      port,
      cut() {
        client.resetAndDestroy();
        node.resetAndDestroy();
      },
    };
    passages.add(passage);
    node.once('connect', () => {
      client.pipe(node);
      node.pipe(client);
      client.resume();
    });
    node.on('error', () => client.resetAndDestroy());
    node.on('close', () => {
      client.destroy();
      passages.delete(passage);
    });
    client.on('close', () => node.destroy());
  };

  const server = createServer({ noDelay: true, pauseOnConnect: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('An endpoint found no port to listen on.');

  return {
    address: { host, port: bound.port },
    pointTo(ports) {
      upstream = ports;
      for (const passage of passages) if (!ports.includes(passage.port)) passage.cut();
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const passage of passages) passage.cut();
      return closed;
    },
  };
};
