import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import type { Credentials } from './link.ts';

/** Where an application has its token from. */
export interface TokenSource {
  get(): Promise<Credentials>;
  /** Fetches it anew, whatever is kept: the token was refused. */
  fetchAgain(): Promise<Credentials>;
}

export type FetchToken = () => Promise<Credentials>;

/** As docs/applications.md tells it to applications; other fields are not their business. */
const Secret = z
  .looseObject({ username: z.string().optional(), password: z.string().optional(), authToken: z.string().optional() })
  .transform(({ username, password, authToken }, context): Credentials => {
    const secret = password ?? authToken;
    if (!secret) context.addIssue('no password');
    // Engines older than Redis 6 know no users: the default one is not named.
    return { password: secret ?? '', ...(username && username !== 'default' ? { username } : {}) };
  });

/** Reads the version that is current (AWSCURRENT). @throws what Secrets Manager answers */
export const fetchFrom =
  (client: SecretsManagerClient, secretId: string): FetchToken =>
  async () => {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    return Secret.parse(JSON.parse(SecretString));
  };

/** Keeps the token for a time, as AWS’s caching clients do. One that cannot be fetched anew now stays in use. */
export const cachedFor = (keepMs: number, fetch: FetchToken, now: () => number = () => performance.now()) => {
  let kept: { readonly token: Credentials; readonly until: number } | undefined;
  const fetchAgain = async () => {
    const token = await fetch();
    kept = { token, until: now() + keepMs };
    return token;
  };
  return {
    fetchAgain,
    async get() {
      if (kept && now() < kept.until) return kept.token;
      try {
        return await fetchAgain();
      } catch (error) {
        if (kept) return kept.token;
        throw error;
      }
    },
  } satisfies TokenSource;
};

/** Keeps the first token until it is told to read, and then that one. It does not help itself when it is refused. */
export const keptUntilTold = (fetch: FetchToken): TokenSource & { tell(): void } => {
  let kept: Credentials | undefined;
  const get = async () => {
    kept ??= await fetch();
    return kept;
  };
  return {
    get,
    fetchAgain: get,
    tell() {
      kept = undefined;
    },
  };
};
