import type { CacheSeen } from '../platform/caches.ts';
import type { Holder, Quarantine, RememberedSpec } from '../platform/ledger.ts';
import type { DrillResult } from './schemas.ts';

/** Everything that a plan for a drill depends on, as it was at one time. What could not be read is `unknown`, never left out. */
export interface DrillSeen {
  /** ISO 8601, UTC: the only clock. */
  readonly observedAt: string;
  /** With details. */
  readonly cache?: CacheSeen | undefined;
  /** How far each node of the shard is behind, seconds, by node: only replicas say it. Of each the highest of the last minutes. */
  readonly lagSeconds: ReadonlyMap<string, number>;
  readonly snapshots: readonly {
    readonly name: string;
    readonly status: string;
    readonly takenAt?: string | undefined;
  }[];
  /** Service updates that are under way or scheduled, by name. */
  readonly serviceUpdates: readonly string[];
  /** Alarms in the state ALARM that concern the cache, or that the policy names. */
  readonly firing: readonly string[];
  /** Alarms that the policy names and that are not there, or have no data: they protect nobody. */
  readonly blindAlarms: readonly string[];
  /** Failovers that were tested in the Region within the last 24 hours, by anybody. */
  readonly failoversToday: number;
  readonly quarantine?: Quarantine | undefined;
  /** Another operation that has the cache's lock. */
  readonly holder?: Holder | undefined;
  /** Another drill of the cache that waits for a person. */
  readonly asked?: string | undefined;
  /** Drills of the cache, newest first, as far back as records are kept. */
  readonly drills: readonly DrillResult[];
  /** When each of its shards was last let fail over by us, by shard; older than any drill that is still known, too. */
  readonly turns: ReadonlyMap<string, string>;
  /** When it was last changed much: another engine, node type or number of nodes. */
  readonly lastMajorChange?: { readonly at: string; readonly what: string } | undefined;
  /** The specification that the ledger keeps. */
  readonly remembered?: RememberedSpec | undefined;
  /** Whether the secret with the cache's token, or user, is there. */
  readonly secretIsThere: boolean;
  /** The VPC that the cache is in, and whether the autopilot's configuration has it. */
  readonly vpc?: { readonly id: string; readonly configured: boolean } | undefined;
}
