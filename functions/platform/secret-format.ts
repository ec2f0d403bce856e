import * as z from 'zod';
import type { CacheSeen, Endpoint } from './caches.ts';
import { FixSecret } from './operator-actions.ts';

// 16–128 printable characters, of the special ones only these (ElastiCache guide, "Authenticating with AUTH").
const Token = z.string().regex(/^[A-Za-z0-9!&#$^<>-]{16,128}$/);

/**
 * What the secret of a cache's token holds, as far as we need it. The token stands there twice: as `password`, which is AWS's own
 * name for it and what clients look for, and as `authToken`. Other fields are other people's.
 */
const TokenSecret = z
  .looseObject({
    // Another user's password is not the token of the cache.
    username: z.literal('default').optional(),
    authToken: Token.optional(),
    password: Token.optional(),
  })
  .refine(({ authToken, password }) => authToken === undefined || password === undefined || authToken === password);

/** A user of a user group, in the form in which AWS's own rotation keeps one (ElastiCache guide, user passwords). */
const UserSecret = z.looseObject({ username: z.string().min(1), password: z.string().min(16).max(128) });

/** AWS's own names for it, those of the secrets of its databases. */
const Address = z.looseObject({ host: z.string(), port: z.int() });

/** The text of the secret for a new token. The endpoint is added when the cache has one. */
export const tokenSecretText = (secret: {
  readonly engine: 'redis' | 'valkey';
  readonly cacheId: string;
  readonly authToken: string;
  readonly endpoint?: Endpoint | undefined;
}): string => {
  const { engine, cacheId, authToken, endpoint } = secret;
  const fields = { username: 'default', password: authToken, authToken, cacheId, tls: true };
  return JSON.stringify({ engine, ...addressIn(endpoint), ...fields });
};

/** The token in a secret's text. @throws FixSecret, which never repeats what it found */
export const tokenIn = (text: string, secretName: string): string => {
  const { data } = TokenSecret.safeParse(contentOf(text));
  const token = data?.authToken ?? data?.password;
  if (token !== undefined) return token;
  throw new FixSecret(
    `The secret ${secretName} does not hold a cache’s AUTH token, or holds two that differ: restore or delete it, and ask again.`,
  );
};

/** The user in a secret's text. @throws FixSecret, which never repeats what it found */
export const userIn = (text: string, secretName: string): { username: string; password: string } => {
  const { data } = UserSecret.safeParse(contentOf(text));
  if (data) return { username: data.username, password: data.password };
  throw new FixSecret(
    `The secret ${secretName} does not hold a user: write {"username": …, "password": …} into it, and ask again.`,
  );
};

/**
 * The text for the version with the next token: other people's fields stay as they are.
 *
 * @param next the new token, and where the cache is; without an endpoint, what the secret says of it stays
 * @throws FixSecret when the text holds no token now
 */
export const withNewToken = (
  text: string,
  secretName: string,
  { token, endpoint }: { readonly token: string; readonly endpoint?: Endpoint | undefined },
): string => {
  tokenIn(text, secretName);
  return changed(text, { ...addressIn(endpoint), password: token, authToken: token });
};

/**
 * The text for the version with a user's next password: `user_arn` and other people's fields stay as they are.
 *
 * @throws FixSecret when the text holds no user now
 */
export const withNewPassword = (
  text: string,
  secretName: string,
  { password, endpoint }: { readonly password: string; readonly endpoint?: Endpoint | undefined },
): string => {
  userIn(text, secretName);
  return changed(text, { ...addressIn(endpoint), password });
};

/** Where the secret says that the cache is; undefined when it does not. Never throws. */
export const endpointIn = (text: string): Endpoint | undefined => {
  const { data } = Address.safeParse(contentOf(text));
  return data && { host: data.host, port: data.port };
};

/** Where the clients of a cache connect; undefined until ElastiCache tells. */
export const endpointOf = ({ clusterMode, endpoints }: Pick<CacheSeen, 'clusterMode' | 'endpoints'>) =>
  clusterMode ? endpoints.configuration : endpoints.primary;

const addressIn = (endpoint: Endpoint | undefined) => (endpoint ? { host: endpoint.host, port: endpoint.port } : {});

const changed = (text: string, fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...(contentOf(text) as object), ...fields });

/** Undefined when it is no JSON; what the parser says of it would repeat parts of it. */
const contentOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
