/**
 * A Node.js application on ioredis whose cache changes its token while it works. It reads the secret every few minutes; when
 * the token has changed, it connects anew with it, lets the old connections finish, and goes on. ioredis keeps the password
 * that it was made with for every connection that it opens later: so a new token needs a new client.
 *
 *   const cache = await openCache('autopilot/orders/auth-token');
 *   await cache.use((redis) => redis.set('greeting', 'hello'));
 *   await cache.close();
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Cluster } from 'ioredis';

/** Well below the grace period, for which both tokens are valid (a day, unless the account's policy says otherwise). */
const READ_EVERY_MS = 5 * 60_000;
/** A refused token is asked for anew at once, but not more often than this, however many connections are refused. */
const ASK_AGAIN_AFTER_MS = 5000;

interface Options {
  readonly secrets?: SecretsManagerClient;
  readonly readEveryMs?: number;
  /** Only where Node does not know the certificates' authority by itself. */
  readonly tls?: { readonly ca?: Buffer };
}

/** What the application needs of the secret. Fields may be added to it at any time. */
interface Secret {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

export interface Cache {
  /** Runs a command; once more when the engine has refused our token, and a newer one was there. */
  use<T>(work: (redis: Cluster) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export const openCache = async (secretId: string, options: Options = {}): Promise<Cache> => {
  const { secrets = new SecretsManagerClient(), readEveryMs = READ_EVERY_MS, tls = {} } = options;

  const readSecret = async (): Promise<Secret> => {
    const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
    return JSON.parse(SecretString);
  };

  const connect = async ({ host, port, username, password }: Secret): Promise<Cluster> => {
    const redis = new Cluster([{ host, port }], {
      // The nodes tell their names, which their certificates know; an address would not pass.
      dnsLookup: (name, done) => done(null, name),
      redisOptions: { username, password, tls },
      lazyConnect: true,
    });
    // A connection that breaks is told here, and ioredis opens another: with the token that it has.
    const refused = (error: Error) => void (isRefusal(error) && askAgain());
    redis.on('error', refused).on('node error', refused).on('nodeError', refused);
    await redis.connect();
    return redis;
  };

  let secret = await readSecret();
  let redis = await connect(secret);

  /** Goes over to the token that is current now. Answers whether it is another one. */
  const reload = async (): Promise<boolean> => {
    const next = await readSecret();
    if (next.password === secret.password) return false;
    const old = redis;
    redis = await connect(next);
    secret = next;
    // Answers that are under way still arrive; who was connected is not asked for its token again.
    old.quit().catch(() => old.disconnect());
    return true;
  };

  let reloading: Promise<boolean> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  const reloadOnce = (): Promise<boolean> => {
    reloading ??= reload().finally(() => {
      reloading = undefined;
    });
    return reloading;
  };
  const askAgain = async (): Promise<boolean> => {
    if (!reloading && performance.now() - askedAt < ASK_AGAIN_AFTER_MS) return false;
    askedAt = performance.now();
    // While Secrets Manager does not answer, the token that we have is the best one.
    return reloadOnce().catch(() => false);
  };
  const timer = setInterval(() => reloadOnce().catch(() => undefined), readEveryMs);
  timer.unref();

  return {
    async use(work) {
      const used = redis;
      try {
        return await work(used);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // Another command may have brought the new token meanwhile.
        if (!(await askAgain()) && redis === used) throw error;
        return work(redis);
      }
    },
    async close() {
      clearInterval(timer);
      await reloading?.catch(() => undefined);
      await redis.quit().catch(() => redis.disconnect());
    },
  };
};

/** Whether the engine did not let us in. The command that has met this was not carried out. */
const isRefusal = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { lastNodeError } = error as { lastNodeError?: unknown };
  return /WRONGPASS|NOAUTH|invalid password/.test(error.message) || isRefusal(lastNodeError);
};
