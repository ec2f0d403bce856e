import { connect, createServer, type Socket } from 'node:net';
import type { TransitMode } from './types.ts';

/** One port for two kinds of clients, before a node that has a port for each. */
export interface Front {
  /** Lets in these clients from now on, and cuts off all others. */
  admit(mode: TransitMode): void;
  close(): Promise<void>;
}

/** First byte of a TLS connection: a record that holds a handshake (RFC 8446, 5.1). No command begins with it. */
const HANDSHAKE = 0x16;

interface Passage {
  readonly isTls: boolean;
  cut(): void;
}

const lets = (mode: TransitMode, isTls: boolean) => mode === 'preferred' || (mode === 'required') === isTls;

/**
 * Listens on a node's own port and leads each client to the node's port for TLS or for plain text, by its first byte.
 *
 * @throws Error when somebody else has the port
 */
export const openFront = async (
  port: number,
  behind: { readonly plain: number; readonly tls: number },
  first: TransitMode,
): Promise<Front> => {
  const host = '127.0.0.1';
  const clients = new Set<Socket>();
  const passages = new Set<Passage>();
  let mode = first;

  const lead = (client: Socket, begun: Buffer) => {
    const isTls = begun[0] === HANDSHAKE;
    if (!lets(mode, isTls)) {
      client.resetAndDestroy();
      return;
    }
    const node = connect({ host, port: isTls ? behind.tls : behind.plain, noDelay: true });
    const passage: Passage = {
      isTls,
      cut() {
        client.resetAndDestroy();
        node.resetAndDestroy();
      },
    };
    passages.add(passage);
    client.once('close', () => {
      passages.delete(passage);
      node.destroy();
    });
    node.on('error', () => client.resetAndDestroy());
    node.once('close', () => client.destroy());
    node.once('connect', () => {
      node.write(begun);
      client.pipe(node);
      node.pipe(client);
    });
  };

  const server = createServer({ noDelay: true }, (client) => {
    clients.add(client);
    client.on('error', () => client.destroy());
    client.once('close', () => clients.delete(client));
    client.once('data', (begun: Buffer) => {
      client.pause();
      lead(client, begun);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, resolve);
  });

  return {
    admit(next) {
      mode = next;
      for (const passage of passages) if (!lets(mode, passage.isTls)) passage.cut();
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const passage of passages) passage.cut();
      for (const client of clients) client.destroy();
      return closed;
    },
  };
};
