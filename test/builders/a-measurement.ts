import type { Felt, Measurement } from '../../functions/failover-drill/measurement.ts';

/** A client that wrote the tested shard, and failed for two seconds. */
export const aFelt = (overrides: Partial<Felt> = {}): Felt => ({
  client: 'cluster',
  does: 'write',
  shard: 'tested',
  attempts: 1000,
  failures: 80,
  errors: { closed: 80 },
  outageMs: 2000,
  outageFromMs: 8000,
  outageToMs: 10_000,
  longestGapMs: 2000,
  latency: {},
  ...overrides,
});

/** A failover that clients noticed for two seconds, and that cost nothing. */
export const aMeasurement = (overrides: Partial<Measurement> = {}): Measurement => ({
  writeOutageMs: 2000,
  readOutageMs: 1000,
  longestGapMs: 2000,
  lostAcknowledgedWrites: 0,
  staleReads: 0,
  clients: [aFelt()],
  ...overrides,
});
