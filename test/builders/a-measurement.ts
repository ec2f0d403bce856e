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
  outages: 1,
  unavailableMs: 2000,
  unavailableSeenMs: 2000,
  outagesFromMs: 8000,
  outagesToMs: 10_000,
  longestGapMs: 2000,
  latency: {},
  ...overrides,
});

/** A failover that clients noticed once, for two seconds, and that cost nothing; an outage of another length is the only one, too. */
export const aMeasurement = (overrides: Partial<Measurement> = {}): Measurement => ({
  ...onceFor('write', overrides.writeOutageMs ?? 2000),
  ...onceFor('read', overrides.readOutageMs ?? 1000),
  longestGapMs: 2000,
  lostAcknowledgedWrites: 0,
  staleReads: 0,
  clients: [aFelt()],
  ...overrides,
});

/** How long what is not over was seen. */
const SEEN_MS = 600_000;

const onceFor = <Does extends 'write' | 'read'>(does: Does, outageMs: Measurement['writeOutageMs']) =>
  ({
    [`${does}OutageMs`]: outageMs,
    [`${does}Outages`]: outageMs === 0 ? 0 : 1,
    [`${does}UnavailableMs`]: outageMs,
    [`${does}UnavailableSeenMs`]: outageMs === 'not-over' ? SEEN_MS : outageMs,
  }) as Pick<Measurement, `${Does}${'OutageMs' | 'Outages' | 'UnavailableMs' | 'UnavailableSeenMs'}`>;
