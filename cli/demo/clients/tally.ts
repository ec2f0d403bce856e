import type { Behaviour, Kind } from './client-plan.ts';

/** What one client has seen until now. */
export interface ClientFigures {
  /** What it calls itself to the engine. */
  readonly name: string;
  /** Whose identity it reads the secret with. */
  readonly application: string;
  readonly kind: Kind;
  readonly behaviour: Behaviour;
  /** Commands that were answered as they should. */
  readonly commands: number;
  /** Commands, and attempts to connect for one, that were not. */
  readonly failed: number;
  /** Connections that it has opened after its first, by its own wish. */
  readonly reconnects: number;
  /** Connections that ended without its wish. */
  readonly lost: number;
  /** Logins that the engine refused; one that succeeded with a token fetched anew has failed nothing. */
  readonly refusedLogins: number;
  /** How often it has read the secret. */
  readonly secretReads: number;
  readonly firstFailure?: Failure;
  readonly lastFailure?: Failure;
}

/** When, ISO 8601, and how, without any token. */
export interface Failure {
  readonly at: string;
  readonly says: string;
}

export type Counted = 'commands' | 'failed' | 'reconnects' | 'lost' | 'refusedLogins' | 'secretReads';

export interface Tally {
  count(what: Exclude<Counted, 'failed'>): void;
  fail(error: unknown): void;
  figures(): ClientFigures;
}

type Identity = Pick<ClientFigures, 'name' | 'application' | 'kind' | 'behaviour'>;

/** Counts for one client. */
export const createTally = (identity: Identity, now: () => string): Tally => {
  const counts: Record<Counted, number> = {
    commands: 0,
    failed: 0,
    reconnects: 0,
    lost: 0,
    refusedLogins: 0,
    secretReads: 0,
  };
  let firstFailure: Failure | undefined;
  let lastFailure: Failure | undefined;
  return {
    count(what) {
      counts[what] += 1;
    },
    fail(error) {
      counts.failed += 1;
      lastFailure = { at: now(), says: error instanceof Error ? error.message : String(error) };
      firstFailure ??= lastFailure;
    },
    figures: () => ({
      ...identity,
      ...counts,
      ...(firstFailure ? { firstFailure } : {}),
      ...(lastFailure ? { lastFailure } : {}),
    }),
  };
};
