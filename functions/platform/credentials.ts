import { tokenIn, userIn } from './secret-format.ts';
import type { Secrets } from './secrets.ts';

/** Where the answer is to the engine's question who comes. */
export interface CredentialsSource {
  /** Whether the cache asks at all. */
  readonly auth: boolean;
  /** A name or ARN. */
  readonly secret?: string | undefined;
  /** The secret holds a user and a password, not a token. */
  readonly asUser?: boolean | undefined;
}

/** What a client says when it comes. It stays in memory: never in a log, an answer or a state. */
export interface Credentials {
  readonly authToken?: string;
  readonly username?: string;
}

/** @throws FixSecret when the secret does not hold what it should */
export const credentialsFor = async (
  { auth, secret, asUser }: CredentialsSource,
  secrets: Pick<Secrets, 'read'>,
): Promise<Credentials> => {
  if (!auth || secret === undefined) return {};
  const text = await secrets.read(secret);
  if (!asUser) return { authToken: tokenIn(text, secret) };
  const { username, password } = userIn(text, secret);
  return { username, authToken: password };
};
