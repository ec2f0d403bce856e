import type { CacheSeen } from '../platform/caches.ts';
import type { Holder } from '../platform/ledger.ts';
import type { SecretSeen } from '../platform/secrets.ts';
import type { UserSeen } from '../platform/users.ts';
import type { Tried } from './schemas.ts';
import type { Changer } from './who-changed.ts';

/** Everything that a plan for a rotation depends on, as it was at one time. */
export interface RotationSeen {
  /** ISO 8601, UTC: the only clock. */
  readonly observedAt: string;
  /** With details. */
  readonly cache?: CacheSeen | undefined;
  /** The user that was asked for, when there is one of this name. */
  readonly user?: UserSeen | undefined;
  /** The secret with the token or the password. */
  readonly secret?: SecretSeen | undefined;
  /** Another operation that has the cache's lock. */
  readonly holder?: Holder | undefined;
  /** Another rotation of the same token that waits for a person. */
  readonly asked?: string | undefined;
  /** Another rotation of the same token that has begun and not ended, for example in its grace period. */
  readonly underWay?: { readonly operationId: string; readonly graceEndsAt?: string | undefined } | undefined;
  /** Who changed the token last. */
  readonly changedBy: Changer;
  /** Until when the token before the current one was promised to be valid, by the rotation that made the current one so. */
  readonly graceEndsAt?: string | undefined;
  /** The newest rotation of it by us that has ended. */
  readonly last?: { readonly operationId: string; readonly outcome: string } | undefined;
  /** A failover that has begun within the last hour and has not recovered, by ElastiCache's events. */
  readonly failover?: { readonly at: string; readonly says: string } | undefined;
  /** The VPC that the cache is in, and whether the autopilot's configuration has it. */
  readonly vpc?: { readonly id: string; readonly configured: boolean } | undefined;
  /** Which tokens the nodes accept; undefined as long as nobody has tried. */
  readonly tried?: Tried | undefined;
}
