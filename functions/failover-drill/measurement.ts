import * as z from 'zod';
import { ClientKind } from './probe-log.ts';

/** Milliseconds at two points of the distribution of answered commands; left out when nothing was answered. */
const Latency = z.strictObject({ p50Ms: z.number().nonnegative(), p99Ms: z.number().nonnegative() });

/** Milliseconds, or `not-over` when nothing that lasts was seen behind them. */
const Length = z.union([z.number().nonnegative(), z.literal('not-over')]);

/** What one client felt, reading or writing one shard. */
export const Felt = z.strictObject({
  client: ClientKind,
  does: z.enum(['write', 'read']),
  shard: z.enum(['tested', 'control']),
  attempts: z.int().nonnegative(),
  failures: z.int().nonnegative(),
  errors: z
    .record(z.string(), z.int().positive())
    .describe('how often each kind of failure; `hung`: answered, and so late that it counts as a failure'),
  /**
   * The longest outage: from the first failure to the answer of the first success that lasts; 0 without a failure. A failure
   * after that begins another outage.
   */
  outageMs: Length,
  /** When the longest outage began and ended, in milliseconds of the log. */
  outageFromMs: z.number().nonnegative().optional(),
  outageToMs: z.number().nonnegative().optional(),
  /** How many outages there were. Moments in which everything was answered, only late, are none of them. */
  outages: z.int().nonnegative(),
  /** When the first outage began and the last one ended, in milliseconds of the log. */
  outagesFromMs: z.number().nonnegative().optional(),
  outagesToMs: z.number().nonnegative().optional(),
  /** All outages together, and the moments in which everything was answered, only late. */
  unavailableMs: Length,
  /** The same as far as it was seen: an outage that was not over counts until the end of the log. */
  unavailableSeenMs: z.number().nonnegative(),
  /** The longest time between two answers, whatever happened in between. */
  longestGapMs: z.number().nonnegative(),
  latency: z.strictObject({ before: Latency.optional(), during: Latency.optional(), after: Latency.optional() }),
  /** Writes only: acknowledged and not there in the end. */
  lostAcknowledgedWrites: z.union([z.int().nonnegative(), z.literal('unknown')]).optional(),
  /** Reads only: answered with less than what was acknowledged to the same client before the read was sent, and was not lost. */
  staleReads: z.int().nonnegative().optional(),
});
export type Felt = z.infer<typeof Felt>;

/** The figures of one drill, all from its probe log. */
export const Measurement = z.strictObject({
  /** What the well-behaved clients, `cluster` and `plain`, felt of the tested shard: the longest outage. */
  writeOutageMs: Length,
  /** How often, and for how long in all, writes failed for the one of them for whom they failed longer in all: the measure. */
  writeOutages: z.int().nonnegative(),
  writeUnavailableMs: Length,
  /** The same as far as it was seen: an outage that was not over counts until the end of the log. */
  writeUnavailableSeenMs: z.number().nonnegative(),
  readOutageMs: Length,
  readOutages: z.int().nonnegative(),
  readUnavailableMs: Length,
  readUnavailableSeenMs: z.number().nonnegative(),
  longestGapMs: z.number().nonnegative(),
  /** Of all clients, on both shards. */
  lostAcknowledgedWrites: z.union([z.int().nonnegative(), z.literal('unknown')]),
  /** Of the well-behaved clients, on the tested shard. */
  staleReads: z.int().nonnegative(),
  /** The other shard, for comparison: these are left out when the cache has one shard only. */
  controlShardId: z.string().optional(),
  /** Its longest outage, which should be 0, also of late answers only. */
  controlOutageMs: Length.optional(),
  /** How long it failed in all for the client that was worst off, without the moments in which everything was only answered late. */
  controlFailedMs: Length.optional(),
  /** How many of `lostAcknowledgedWrites` were lost there, where nobody expects it. */
  controlLostWrites: z.union([z.int().nonnegative(), z.literal('unknown')]).optional(),
  clients: z.array(Felt),
});
export type Measurement = z.infer<typeof Measurement>;
