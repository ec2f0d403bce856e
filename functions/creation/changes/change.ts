import type { CacheSeen } from '../../platform/caches.ts';
import type { Observation } from '../observation.ts';
import type { ChangeStep, Fault } from '../schemas.ts';
import type { CacheSpec } from '../spec.ts';

/** Everything on which a change of an existing cache depends. */
export interface ChangeContext {
  readonly spec: CacheSpec;
  readonly cache: CacheSeen;
  readonly seen: Observation;
  readonly operationId: string;
  readonly optInTag: string;
  readonly notificationTopicArn: string;
  /** Who wants it: a person with a specification, or the autopilot itself, which found drift. */
  readonly initiative: 'person' | 'own';
  /** The ids of the steps that this operation has taken already. */
  readonly taken: readonly string[];
}

/** What one kind of change comes to. */
export interface Change {
  readonly steps?: readonly ChangeStep[];
  /** What cannot be changed, or not so: each with the way that there is. */
  readonly refused?: readonly Fault[];
}

/** Finds what one kind of change has to do, if anything: a small pure function for each kind, as the rules are. */
export type Changer = (context: ChangeContext) => Change;

/** Half an hour: settings, replicas and node types of small caches take 5–20 minutes (terraform-provider-aws, timings). */
const STEP_SECONDS = 1800;

type Parts = Pick<ChangeStep, 'id' | 'says' | 'fields'> & Partial<ChangeStep>;

/** A step with one call to ElastiCache; by default it interrupts nothing, and nobody but a person asks for it. */
export const step = (operation: string, parameters: Record<string, unknown>, parts: Parts): ChangeStep => ({
  call: { service: 'elasticache', operation, parameters },
  interrupts: 'nothing',
  safe: false,
  deadlineSeconds: STEP_SECONDS,
  ...parts,
});

/**
 * ModifyReplicationGroup, or ModifyCacheCluster for Memcached, at once: what waited for the maintenance window would not be
 * seen to work.
 */
export const modification = (
  { cache: { cacheId, kind } }: Pick<ChangeContext, 'cache'>,
  parameters: Record<string, unknown>,
  parts: Parts,
): ChangeStep =>
  kind === 'cluster'
    ? step('ModifyCacheCluster', { CacheClusterId: cacheId, ApplyImmediately: true, ...parameters }, parts)
    : step('ModifyReplicationGroup', { ReplicationGroupId: cacheId, ApplyImmediately: true, ...parameters }, parts);

/** `one shard`, `3 shards`. */
export const counted = (count: number, thing: string): string =>
  `${count === 1 ? 'one' : count} ${thing}${count === 1 ? '' : 's'}`;
