import type { ServiceUpdateSeverity, UpdateActionStatus } from '@aws-sdk/client-elasticache';

/** An update that AWS has for one cache: a security patch that its operator applies, or AWS does in the end. */
export interface ServiceUpdate {
  /** `elasticache-20261120-001`; several caches may have the same update. */
  readonly name: string;
  readonly severity: ServiceUpdateSeverity;
  /** How far it is on this cache. */
  readonly status: UpdateActionStatus;
  /** Account time, ms. */
  readonly releasedAt: number;
  readonly cacheId: string;
  readonly isGroup: boolean;
  readonly engine: string;
  readonly engineVersion: string;
  readonly nodeCount: number;
}
