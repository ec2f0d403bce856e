import * as z from 'zod';
import { ClientKind } from './probe-log.ts';

/** Milliseconds at two points of the distribution of answered commands; left out when nothing was answered. */
const Latency = z.strictObject({ p50Ms: z.number().nonnegative(), p99Ms: z.number().nonnegative() });

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
   * From the first failure to the answer of the first success that lasts; 0 without a failure, `not-over` when nothing that
   * lasts was seen. A failure after that begins another outage: the longest counts.
   */
  outageMs: z.union([z.number().nonnegative(), z.literal('not-over')]),
  /** When the outage began and ended, in milliseconds of the log. */
  outageFromMs: z.number().nonnegative().optional(),
  outageToMs: z.number().nonnegative().optional(),
  /** The longest time between two answers, whatever happened in between. */
  longestGapMs: z.number().nonnegative(),
  latency: z.strictObject({ before: Latency.optional(), during: Latency.optional(), after: Latency.optional() }),
  /** Writes only: acknowledged and not there in the end. */
  lostAcknowledgedWrites: z.union([z.int().nonnegative(), z.literal('unknown')]).optional(),
  /** Reads only: answered with less than what was acknowledged to the same client before the read was sent. */
  staleReads: z.int().nonnegative().optional(),
});
export type Felt = z.infer<typeof Felt>;

/** The figures of one drill, all from its probe log. */
export const Measurement = z.strictObject({
  /** What the well-behaved clients felt of the tested shard: the longer outage of `cluster` and `plain`. */
  writeOutageMs: z.union([z.number().nonnegative(), z.literal('not-over')]),
  readOutageMs: z.union([z.number().nonnegative(), z.literal('not-over')]),
  longestGapMs: z.number().nonnegative(),
  /** Of all clients, on the tested shard. */
  lostAcknowledgedWrites: z.union([z.int().nonnegative(), z.literal('unknown')]),
  staleReads: z.int().nonnegative(),
  /** The other shard's longest outage, which should be 0; left out when the cache has one shard only. */
  controlOutageMs: z.union([z.number().nonnegative(), z.literal('not-over')]).optional(),
  clients: z.array(Felt),
});
export type Measurement = z.infer<typeof Measurement>;
