/** Which tokens a cache keeps: one that is required, or two, the one that was rotated in last at the end. */
export type TokenSet = readonly string[];

/** What ElastiCache does where nobody has written down what it does. */
export interface TokenRules {
  /** ROTATE of the token that was rotated in last, or is the only one. */
  readonly rotateLast: 'refused' | 'nothing' | 'drops the other';
  /** ROTATE of the older of two. */
  readonly rotateOlder: 'becomes the last' | 'refused' | 'drops the other';
}

/**
 * What an order makes of the tokens of a cache that demands one (ElastiCache guide, "Authenticating with AUTH").
 *
 * @returns undefined when it is refused
 */
export const afterOrder = (
  tokens: TokenSet,
  strategy: 'ROTATE' | 'SET',
  token: string,
  rules: Pick<TokenRules, 'rotateLast' | 'rotateOlder'>,
): TokenSet | undefined => {
  const last = tokens.at(-1) ?? '';
  if (strategy === 'SET') return tokens.length === 2 && token === last ? [token] : undefined;
  if (!tokens.includes(token)) return [last, token];
  if (token === last) {
    return { refused: undefined, nothing: tokens, 'drops the other': [token] }[rules.rotateLast];
  }
  return { refused: undefined, 'becomes the last': [last, token], 'drops the other': [token] }[rules.rotateOlder];
};
