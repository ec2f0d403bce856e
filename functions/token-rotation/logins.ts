import { FixSecret } from '../platform/operator-actions.ts';
import { tokenIn, userIn } from '../platform/secret-format.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Acceptance, Target, Versions } from './schemas.ts';

/** The versions of the secret, in the order in which they are tried. */
export const LABELS = ['current', 'pending', 'previous'] as const;
export type Label = (typeof LABELS)[number];

/** What a client says when it comes. It stays in memory: never in a log, an error, an answer or a state. */
export interface Login {
  /** Left out: the default user, who has the AUTH token. */
  readonly username?: string;
  readonly token: string;
}

/** Why a version has no token of its own that could be tried. */
export type Standing = Extract<Acceptance, 'absent' | 'no-value' | 'same'>;

/** Of each version either how to log in with it, or why there is nothing to try. */
export type Logins = ReadonlyMap<Label, Login | Standing>;

/** Those that can be tried; no two have the token of the current one. */
export const loginsIn = (logins: Logins): readonly (readonly [Label, Login])[] =>
  [...logins].flatMap(([label, login]) => (typeof login === 'string' ? [] : [[label, login] as const]));

/**
 * Reads what the versions of the secret hold.
 *
 * @throws FixSecret when the current or the pending version does not hold what it should. The previous one is only looked at:
 *   without a token of ours in it there is nothing to try
 */
export const readLogins = async (
  { secretArn, userId }: Target,
  versions: Versions,
  secrets: Pick<Secrets, 'readVersion'>,
): Promise<Logins> => {
  const loginIn = (text: string): Login => {
    if (userId === undefined) return { token: tokenIn(text, secretArn) };
    const { username, password } = userIn(text, secretArn);
    return { username, token: password };
  };
  const read = async (versionId: string) => {
    const text = await secrets.readVersion(secretArn, versionId);
    return text === undefined ? undefined : loginIn(text);
  };

  const current = await read(versions.current);
  if (!current) {
    throw new FixSecret(`The current version of the secret ${secretArn} has no value: restore it, and ask again.`);
  }
  const pending = versions.pending === undefined ? 'absent' : ((await read(versions.pending)) ?? 'no-value');
  if (typeof pending !== 'string' && pending.username !== current.username) {
    throw new FixSecret(
      `The pending version of the secret ${secretArn} is another user’s than the current one: take its label AWSPENDING off, and ask again.`,
    );
  }
  const previous = versions.previous === undefined ? 'absent' : await read(versions.previous).catch(unreadable);
  const isOfTheSame = typeof previous !== 'string' && previous?.username === current.username;
  const orSame = (login: Login | Standing) =>
    typeof login !== 'string' && login.token === current.token ? 'same' : login;
  return new Map<Label, Login | Standing>([
    ['current', current],
    ['pending', orSame(pending)],
    ['previous', previous === 'absent' ? previous : orSame((isOfTheSame && previous) || 'no-value')],
  ]);
};

const unreadable = (error: unknown): undefined => {
  if (!(error instanceof FixSecret)) throw error;
};
