import { randomBytes } from 'node:crypto';
import type { Credentials, Principal } from '../service.ts';

/** Hands out credentials and knows whose they are. They live as long as the account runs. */
export interface Identities {
  /** The same principal gets the same credentials. */
  credentialsFor(principal: Principal): Credentials;
  /** Whose access key this is; undefined when this account never gave it out. */
  principalOf(accessKeyId: string): Principal | undefined;
}

const random = (length: number) => randomBytes(length).toString('hex').slice(0, length).toUpperCase();

export const createIdentities = (): Identities => {
  const byPrincipal = new Map<string, Credentials>();
  const byAccessKey = new Map<string, Principal>();

  return {
    credentialsFor(principal) {
      const key = JSON.stringify(principal);
      const known = byPrincipal.get(key);
      if (known) return known;
      // AWS's own prefixes: AKIA for a person's long-lived key, ASIA for a session's.
      const credentials: Credentials =
        principal.kind === 'user'
          ? { accessKeyId: `AKIA${random(16)}`, secretAccessKey: random(40) }
          : { accessKeyId: `ASIA${random(16)}`, secretAccessKey: random(40), sessionToken: random(64) };
      byPrincipal.set(key, credentials);
      byAccessKey.set(credentials.accessKeyId, principal);
      return credentials;
    },
    principalOf: (accessKeyId) => byAccessKey.get(accessKeyId),
  };
};
