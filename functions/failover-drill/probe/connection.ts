import { isIP } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import type { Endpoint } from '../../platform/caches.ts';
import { Connector } from './connector.ts';
import { CLOSED, Disconnected, TIMEOUT } from './error-kind.ts';

/** Who comes. */
export interface Credentials {
  /** Left out: come without a token. */
  readonly authToken?: string | undefined;
  /** Whose token, or password, it is. Left out: the default user's. */
  readonly username?: string | undefined;
}

/** One way to the cache. It never reconnects by itself and keeps no command for later. */
export interface Connection {
  /** Rejects with what the engine answered, or when the connection breaks. Without a deadline of its own. */
  call(name: string, ...args: readonly string[]): Promise<unknown>;
  /** Tells once when the connection is gone without our wish. */
  onBroken(listener: () => void): void;
  /** Ends it at once, with what is under way. */
  close(): void;
}

/** Where a node is, and under which name its certificate is checked when that is not its host. */
export interface NodeAddress extends Endpoint {
  readonly tls: boolean;
  readonly certificateName?: string | undefined;
}

/** A closed connection whose other end does not close, too, is destroyed after this. */
const CLOSING_MS = 100;

/** Longer than any attempt lives; only a net below our own deadlines. */
const CONNECT_TIMEOUT_MS = 5000;

/** How a client of the prober talks to one node: everything that ioredis does by itself, and that takes time, is off. */
export const nodeOptions = (tls: boolean, { authToken, username }: Credentials) =>
  ({
    ...(authToken ? { password: authToken } : {}),
    ...(username ? { username } : {}),
    ...(tls ? { tls: {} } : {}),
    // HELLO of protocol 3 is newer than the oldest engines that ElastiCache runs.
    protocol: 2,
    Connector,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: CLOSING_MS,
    retryStrategy: () => null,
    reconnectOnError: null,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: false,
    disableClientInfo: true,
  }) satisfies RedisOptions;

/** Connects to one node; the signal gives it up at any time. @throws what the way there, or the engine, answered */
export const openNode = async (
  { host, port, tls, certificateName = host }: NodeAddress,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Connection> => {
  const options = nodeOptions(tls, credentials);
  const client = new Redis({
    ...options,
    host,
    port,
    enableOfflineQueue: false,
    // A certificate is for a name; an address is not sent as one (RFC 6066).
    ...(tls && !isIP(certificateName) ? { tls: { servername: certificateName } } : {}),
  });
  // The client also *emits* each failure; the last one is the reason why the connection ended.
  let lastError: Error | undefined;
  client.on('error', (error: Error) => {
    lastError = error;
  });
  const close = () => {
    client.disconnect();
    client.stream?.destroy();
  };
  try {
    await unlessAborted(signal, client.connect());
  } catch (error) {
    close();
    throw lastError ?? error;
  }
  return {
    call: (name, ...args) => client.call(name, ...args),
    onBroken(listener) {
      client.once('end', listener);
    },
    close,
  };
};

/** Rejects when the signal comes first; what comes later is dropped, not left unhandled. */
export const unlessAborted = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  work.catch(() => undefined);
  if (signal.aborted) throw new Disconnected(reasonOf(signal));
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Disconnected(reasonOf(signal)));
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (giveUp) signal.removeEventListener('abort', giveUp);
  }
};

const reasonOf = ({ reason }: AbortSignal): string =>
  reason instanceof DOMException && reason.name === 'TimeoutError' ? TIMEOUT : CLOSED;
