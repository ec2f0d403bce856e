import type { Buffer } from 'node:buffer';

/** Where a cache is, and what a client needs to trust it. */
export interface CacheAddress {
  readonly host: string;
  readonly port: number;
  readonly clusterMode: boolean;
  /** PEM of the authority that signed the nodes’ certificates. Left out: whom Node trusts by itself, as on AWS. */
  readonly authority?: Buffer | undefined;
}

/** Who comes. */
export interface Credentials {
  /** Left out: the default user, whose password is the AUTH token. */
  readonly username?: string | undefined;
  readonly password: string;
}

export interface LinkOptions {
  /** What the client calls itself to the engine (CLIENT SETNAME). */
  readonly name: string;
  /** Whether the library may connect again by itself, as it does in an application that nobody restarts. */
  readonly reconnects: boolean;
  /** Called each time when a connection ends that we have not closed. */
  readonly onLost: () => void;
}

/** A way to the cache, made by one client library. Commands are tried once: nothing is repeated or kept for later. */
export interface Link {
  /** `index` from 0 to `KEYS` - 1. */
  write(index: number, value: string): Promise<void>;
  read(index: number): Promise<string | null>;
  /** Whether it is gone for good, and somebody has to open another. */
  isOver(): boolean;
  close(): void;
}

/** @throws LoginRefused when the engine does not accept the credentials, or what else is in the way */
export type OpenLink = (address: CacheAddress, credentials: Credentials, options: LinkOptions) => Promise<Link>;

/** The engine does not know this password. Its message is the engine’s, and never holds the password. */
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused';
}

/** An error as it is, or LoginRefused when this is what it is about. */
export const asLoginError = (error: unknown): Error => {
  const found = error instanceof Error ? error : new Error(String(error));
  return /^(WRONGPASS|NOAUTH|ERR invalid password)/.test(found.message)
    ? new LoginRefused(found.message, { cause: error })
    : found;
};

/** Enough that each of a handful of shards gets some. */
export const KEYS = 32;

/** What a client leaves in the cache goes away by itself. */
export const KEPT_SECONDS = 600;

/** Each client has keys of its own: what it reads, it wrote. */
export const keyOf = (name: string, index: number): string => `autopilot:demo:${name}:${index}`;
