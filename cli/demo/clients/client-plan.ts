/** Which library speaks; `raw` is none. */
export type Kind = 'ioredis' | 'node-redis' | 'raw';

/**
 * What an application does about its token. `long-lived`: reads it once and keeps its connections. `reconnecting`: connects
 * all the time, with a token that it keeps for a short time only. `late`: connects all the time with its first token until
 * somebody lets it read again. `too-late`: does so for ever.
 */
export type Behaviour = 'long-lived' | 'reconnecting' | 'late' | 'too-late';

export interface ClientPlan {
  /** Clients of one application read the secret with the same identity. */
  readonly application: string;
  readonly kind: Kind;
  readonly behaviour: Behaviour;
}

/** Each library, kept and reconnecting, and the two that should not be like that. */
export const CLIENT_PLANS: readonly ClientPlan[] = [
  { application: 'web', kind: 'ioredis', behaviour: 'long-lived' },
  { application: 'web', kind: 'node-redis', behaviour: 'long-lived' },
  { application: 'web', kind: 'raw', behaviour: 'long-lived' },
  { application: 'worker', kind: 'ioredis', behaviour: 'reconnecting' },
  { application: 'worker', kind: 'node-redis', behaviour: 'reconnecting' },
  { application: 'worker', kind: 'raw', behaviour: 'reconnecting' },
  { application: 'report', kind: 'node-redis', behaviour: 'late' },
  { application: 'legacy', kind: 'raw', behaviour: 'too-late' },
];
