import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { CacheAddress } from './link.ts';

/** The engine answered with an error, or the connection is gone. */
export class RespError extends Error {
  override readonly name = 'RespError';
}

export interface RespConnection {
  /** Answers come in the order of the commands. @throws RespError */
  call(...command: readonly string[]): Promise<unknown>;
  /** Called once when the other end, or the network, has ended it. */
  onLost(listener: () => void): void;
  isOver(): boolean;
  close(): void;
}

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

/** One TLS socket that speaks RESP 2, of which it knows what a cache answers. Without a deadline of its own. */
export const respConnection = async ({ host, port, authority }: CacheAddress): Promise<RespConnection> => {
  // A certificate is for a name; an address is not sent as one (RFC 6066).
  const name = isIP(host) ? {} : { servername: host };
  const socket = connect({ host, port, ...name, ...(authority ? { ca: authority } : {}) });
  const waiting: Waiting[] = [];
  const listeners: (() => void)[] = [];
  let isOver = false;
  let ownWish = false;
  let unread = Buffer.alloc(0);

  const end = (why: string) => {
    if (isOver) return;
    isOver = true;
    for (const { reject } of waiting.splice(0)) reject(new RespError(why));
    if (!ownWish) for (const listener of listeners) listener();
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.setNoDelay(true);
  socket.on('error', ({ message }) => end(`The connection broke: ${message}`));
  socket.on('close', () => end('The connection was closed.'));
  socket.on('data', (bytes) => {
    unread = Buffer.concat([unread, bytes]);
    for (;;) {
      const found = replyIn(unread, 0);
      if (!found) return;
      unread = unread.subarray(found.end);
      const asked = waiting.shift();
      if (found.reply instanceof RespError) asked?.reject(found.reply);
      else asked?.resolve(found.reply);
    }
  });

  return {
    call: (...command) =>
      new Promise((resolve, reject) => {
        if (isOver) return reject(new RespError('The connection was closed.'));
        waiting.push({ resolve, reject });
        const words = command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
        socket.write(`*${command.length}\r\n${words.join('')}`);
      }),
    onLost: (listener) => void listeners.push(listener),
    isOver: () => isOver,
    close() {
      ownWish = true;
      socket.destroy();
      end('The client has closed the connection.');
    },
  };
};

/** The reply that begins at `start`, and where it ends; undefined while part of it is still on its way. */
const replyIn = (bytes: Buffer, start: number): { reply: unknown; end: number } | undefined => {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const kind = String.fromCharCode(bytes[start] ?? 0);
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (kind) {
    case '+':
      return { reply: line, end };
    case '-':
      return { reply: new RespError(line), end };
    case ':':
      return { reply: Number(line), end };
    case '$': {
      const length = Number(line);
      if (length < 0) return { reply: null, end };
      if (bytes.length < end + length + 2) return undefined;
      return { reply: bytes.toString('utf8', end, end + length), end: end + length + 2 };
    }
    case '*': {
      const items: unknown[] = [];
      let next = end;
      while (items.length < Number(line)) {
        const item = replyIn(bytes, next);
        if (!item) return undefined;
        items.push(item.reply);
        next = item.end;
      }
      return { reply: items, end: next };
    }
    default:
      return { reply: new RespError('The engine answered in another language.'), end: bytes.length };
  }
};
