import { isIP } from 'node:net';
import { Redis } from 'ioredis';
import type { Endpoint } from './caches.ts';

/** How to reach one node. */
export interface EngineAddress extends Endpoint {
  readonly tls: boolean;
  /** Left out: come without a token. */
  readonly authToken?: string | undefined;
  /** Whose token, or password, it is. Left out: the default user's. */
  readonly username?: string | undefined;
}

/** A connection to one node of Redis or Valkey. */
export interface EngineConnection {
  /** @throws EngineRefused when the engine answers with an error, Unreachable when it does not answer in time */
  command(name: string, ...args: readonly string[]): Promise<unknown>;
  close(): void;
}

export type Connect = (address: EngineAddress) => Promise<EngineConnection>;

/** Nothing answered, or not in time, or not in the engine's language. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The engine answered with an error. `code` is its first word: NOAUTH, WRONGPASS, READONLY. */
export class EngineRefused extends Error {
  override readonly name = 'EngineRefused';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Long enough for a name, a handshake and a slow zone; short enough that a dead node is seen before Lambda's own end. */
const DEADLINE_MS = 5000;

/**
 * Connects to one node, without retries, and with a deadline of our own around everything: the client by itself hangs on
 * a wrong token, a refused port or an unknown certificate authority.
 *
 * @throws Unreachable, or EngineRefused when the token is wrong
 */
export const connect =
  (deadlineMs = DEADLINE_MS): Connect =>
  async ({ host, port, tls, authToken, username }) => {
    const where = `${host}:${port}`;
    const client = new Redis({
      host,
      port,
      ...(authToken ? { password: authToken } : {}),
      ...(username ? { username } : {}),
      // A certificate is for a name; an address is not sent as one (RFC 6066).
      ...(tls ? { tls: isIP(host) ? {} : { servername: host } } : {}),
      // HELLO of protocol 3 is newer than the oldest engines that ElastiCache runs.
      protocol: 2,
      lazyConnect: true,
      connectTimeout: deadlineMs,
      retryStrategy: () => null,
      reconnectOnError: null,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      // The ready check sends INFO, which a node without our token refuses; and loading shows in the first command.
      enableReadyCheck: false,
      // Else the client announces itself with commands of its own, before we have said who we are.
      disableClientInfo: true,
    });
    // The client also *emits* each failure; the last one is the reason why the connection ended.
    let lastError: Error | undefined;
    client.on('error', (error: Error) => {
      lastError = error;
    });
    const close = () => client.disconnect();

    try {
      await within(deadlineMs, where, client.connect());
    } catch (error) {
      close();
      throw asEngineError(lastError ?? error, where);
    }
    return {
      async command(name, ...args) {
        try {
          return await within(deadlineMs, where, client.call(name, ...args));
        } catch (error) {
          throw asEngineError(error, where);
        }
      },
      close,
    };
  };

/** Rejects when the deadline passes first; what comes later is dropped, not left unhandled. */
const within = async <T>(deadlineMs: number, where: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unreachable(`${where} did not answer within ${deadlineMs} ms.`)), deadlineMs);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
};

/** The engine's own errors begin with a word in capitals; all else is about the way there. */
const asEngineError = (error: unknown, where: string): Error => {
  if (error instanceof Unreachable || error instanceof EngineRefused) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [, code] = /^([A-Z][A-Z0-9]+)\b/.exec(message) ?? [];
  const isReply = error instanceof Error && error.name === 'ReplyError' && code !== undefined;
  return isReply
    ? new EngineRefused(code, `${where} answered ${code}.`, { cause: error })
    : new Unreachable(`${where} cannot be reached: ${message}`, { cause: error });
};
