import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { InternalUser } from './access.ts';

/** The service's own connection to one node. Made on first use, and anew after it broke. */
export interface AdminConnection {
  /** @throws Error when the node refuses the command, cannot be reached, or gives no answer within `deadlineMs` */
  call(deadlineMs: number, ...args: readonly string[]): Promise<unknown>;
  /** As `call`, for arguments and answers that need not be text: keys, values, libraries of functions. */
  callBinary(deadlineMs: number, ...args: readonly (string | Buffer)[]): Promise<unknown>;
  close(): void;
}

const within = <T>(deadlineMs: number, work: Promise<T>, sentence: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(sentence)), deadlineMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** @param caFile the authority that signed the node's certificate; left out: no TLS */
export const createAdminConnection = (port: number, user: InternalUser, caFile?: string): AdminConnection => {
  const host = '127.0.0.1';
  const tls = caFile === undefined ? {} : { tls: { ca: readFileSync(caFile) } };
  let open: { readonly redis: Redis; readonly ready: Promise<void> } | undefined;

  const connect = () => {
    const redis = new Redis({
      host,
      port,
      username: user.name,
      password: user.password,
      lazyConnect: true,
      // A node is asked before it is ready, too; and whoever asks decides whether to ask again.
      enableReadyCheck: false,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      ...tls,
    });
    // The client says only "Connection is closed" where it fails; the reason is in its events.
    let reason: Error | undefined;
    redis.on('error', (error) => {
      reason = error;
    });
    const connection = {
      redis,
      ready: redis.connect().catch((error: unknown) => {
        throw reason ?? error;
      }),
    };
    redis.once('end', () => {
      if (open === connection) open = undefined;
    });
    open = connection;
    return connection;
  };

  const ask = async (deadlineMs: number, command: string, send: (redis: Redis) => Promise<unknown>) => {
    const { redis, ready } = open ?? connect();
    const answer = ready.then(() => send(redis));
    return await within(deadlineMs, answer, `No answer to ${command} within ${deadlineMs} ms`);
  };

  return {
    call: (deadlineMs, command = '', ...rest) => ask(deadlineMs, command, (redis) => redis.call(command, ...rest)),
    callBinary(deadlineMs, first = '', ...rest) {
      const command = String(first);
      return ask(deadlineMs, command, (redis) => redis.callBuffer(command, ...rest));
    },
    close() {
      open?.redis.disconnect();
      open = undefined;
    },
  };
};
