import * as z from 'zod';
import { CacheId, IsoTime, OperationId } from '../platform/names.ts';

/**
 * How a client of the prober behaves.
 *
 * - `cluster` follows the topology: with cluster mode it asks for the slots and follows MOVED; without, it connects to the
 *   primary endpoint, reconnects, and takes READONLY for a reason to connect anew. This is what a well-configured
 *   application feels.
 * - `plain` is a standalone client: one connection, which it opens anew when it breaks, to the primary endpoint (with cluster
 *   mode: to the shard's primary, which it asks the cluster for whenever it connects, and which MOVED says it has lost).
 *   READONLY it only reports.
 * - `naive` connects to the address that the primary had at the beginning, opens its connection anew when it breaks, and
 *   does nothing about READONLY or MOVED.
 *
 * To none of them a silent connection is whole: after 50 ms without any answer it tries whether a new one is answered sooner,
 * so that the log shows when the cache was back, not how patient a client's settings are.
 */
export const ClientKind = z.enum(['cluster', 'plain', 'naive']);
export type ClientKind = z.infer<typeof ClientKind>;

/** Outcome 0 of every log: the command was answered as it should be. */
export const OK = 'ok';

/** What one client did to one shard: attempts in the order in which they were sent, by column. */
export const ProbeLane = z.strictObject({
  client: ClientKind,
  does: z.enum(['write', 'read']),
  /** The shard that fails over, or another one for comparison. */
  shard: z.enum(['tested', 'control']),
  shardId: z.string(),
  sentAtMs: z.array(z.number()).describe('since the log began, by a clock that only goes forward'),
  tookMs: z.array(z.number().nonnegative()).describe('until it was answered, refused or given up'),
  outcome: z.array(z.int().nonnegative()).describe('index into `outcomes`; 0 is ok'),
  number: z
    .array(z.int())
    .describe('a write: the number that was written, growing by one; a read: the highest number that was found, or -1'),
});
export type ProbeLane = z.infer<typeof ProbeLane>;

/** Which acknowledged numbers of one client were there in the end, asked of the shard's primary. */
export const Kept = z.strictObject({
  client: ClientKind,
  shard: z.enum(['tested', 'control']),
  /** `unknown` when the primary could not be asked, or the whole key was gone (evicted, flushed). */
  lostNumbers: z.union([z.array(z.int()), z.literal('unknown')]),
});
export type Kept = z.infer<typeof Kept>;

/** Everything that the prober saw: the raw material of every figure and of the picture. */
export const ProbeLog = z.strictObject({
  operationId: OperationId,
  cacheId: CacheId,
  shardId: z.string(),
  startedAt: IsoTime,
  /** Pairs of milliseconds since the beginning and milliseconds since 1970, to place events of other clocks in the log. */
  clock: z.array(z.tuple([z.number(), z.number()])).min(1),
  outcomes: z
    .array(z.string())
    .describe('ok, timeout, or the kind of error: READONLY, MOVED, CLUSTERDOWN, closed, refused'),
  lanes: z.array(ProbeLane),
  kept: z.array(Kept),
  /**
   * From and to, in milliseconds of the log: the prober itself was held up (it had no CPU), so that whatever happened
   * meanwhile was seen late. What took long only because of that is no failure of the cache.
   */
  stalls: z.array(z.tuple([z.number().nonnegative(), z.number().nonnegative()])).optional(),
  /** How long the whole log is. */
  lastedMs: z.number().nonnegative(),
  endedBecause: z.enum(['told', 'drill-ended', 'time-limit']),
});
export type ProbeLog = z.infer<typeof ProbeLog>;

/** When something happened, in milliseconds since the log began: by the nearest two readings of the clock, in proportion. */
export const placeInLog = ({ clock }: Pick<ProbeLog, 'clock'>, at: string): number => {
  const epochMs = Date.parse(at);
  const later = clock.findIndex(([, time]) => time >= epochMs);
  // Before the first reading and behind the last one, the nearest two tell how fast the other clock goes.
  const index = later < 0 ? clock.length - 1 : Math.max(1, later);
  const [toMs, toTime] = clock[index] ?? clock[0] ?? [0, epochMs];
  const [fromMs, fromTime] = clock[index - 1] ?? [toMs - 1, toTime - 1];
  const pace = toTime > fromTime ? (toMs - fromMs) / (toTime - fromTime) : 1;
  return toMs + (epochMs - toTime) * pace;
};
