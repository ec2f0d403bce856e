import type { RepeatedRotation } from './token-faults.ts';

/**
 * The AUTH tokens of one cache, as lower-case hex SHA-256, oldest first. At most two are valid at a time.
 * `required` false with a token means: the token is accepted, and so is whoever comes without one.
 */
export interface TokenSet {
  readonly hashes: readonly string[];
  readonly required: boolean;
}

export const NO_TOKENS: TokenSet = { hashes: [], required: false };

export type TokenStrategy = 'ROTATE' | 'SET';

export type TokenOutcome =
  | { readonly tokens: TokenSet; readonly status: 'SETTING' | 'ROTATING' }
  | { readonly refused: string };

/**
 * What ModifyReplicationGroup makes of the tokens (ElastiCache guide, "Authenticating with AUTH"):
 * ROTATE adds the new token and keeps only the one before it; SET makes the token that was rotated in last the only one.
 * Where the guide says "not allowed", the change is refused. It says nothing of a token that is rotated in again.
 */
export const changeTokens = (
  now: TokenSet,
  strategy: TokenStrategy,
  hash: string,
  repeated: RepeatedRotation = 'refused',
): TokenOutcome => {
  const latest = now.hashes.at(-1);
  if (strategy === 'ROTATE') {
    const hashes = rotate(now.hashes, hash, repeated);
    if (!hashes) return { refused: 'The AUTH token to rotate in is already the current one. Pass a new token.' };
    // A cache that was open stays open until SET: clients get the time to learn the token.
    return { tokens: { hashes, required: now.required }, status: 'ROTATING' };
  }
  if (latest === undefined) {
    return { refused: 'There is no AUTH token to set. Use the ROTATE strategy first, then SET the same token.' };
  }
  if (latest !== hash) return { refused: 'SET takes the AUTH token that was rotated in last; this is another one.' };
  if (now.hashes.length === 1 && now.required) {
    return { refused: 'This AUTH token is already the only one. Use the ROTATE strategy to bring in a new one.' };
  }
  return { tokens: { hashes: [hash], required: true }, status: 'SETTING' };
};

/** The tokens after ROTATE. Undefined: refused. */
const rotate = (hashes: readonly string[], hash: string, repeated: RepeatedRotation): readonly string[] | undefined => {
  const latest = hashes.at(-1);
  if (latest === undefined || (hashes.includes(hash) && repeated === 'drops-the-other')) return [hash];
  if (latest !== hash) return [latest, hash];
  return repeated === 'refused' ? undefined : hashes;
};
