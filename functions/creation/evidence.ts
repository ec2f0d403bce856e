/** One part of the evidence: what was read, or why it could not be. */
export type Read<Value> = { readonly value: Value } | { readonly unread: string };

/** The order that did not become a cache, and how it failed. */
export interface FailedOrder {
  readonly cacheId: string;
  readonly region: string;
  readonly nodeType: string;
  /** Of all shards, replicas included. */
  readonly nodes: number;
  readonly clusterMode: boolean;
  readonly subnetGroup: string;
  /** Those that the order names. */
  readonly securityGroupIds: readonly string[];
  readonly kmsKeyId?: string | undefined;
  /** What the workflow caught. */
  readonly problem: { readonly step: string; readonly error: string; readonly cause: string };
  /** When the cache was ordered; ISO 8601, UTC. */
  readonly orderedAt: string;
  /** The only clock of the diagnosis; ISO 8601, UTC. */
  readonly now: string;
}

/** What the account shows about it; each part by itself, since any of them may be denied or throttled. */
export interface Evidence {
  /** Undefined inside: there is no such cache. */
  readonly cache: Read<CacheEvidence | undefined>;
  /** What ElastiCache has noted about the cache and its nodes since the order, newest first. */
  readonly events: Read<readonly EventSeen[]>;
  /** Undefined inside: there is no such subnet group. */
  readonly subnets: Read<readonly SubnetSeen[] | undefined>;
  /** Those of the order's security groups that exist. */
  readonly securityGroupIds: Read<readonly string[]>;
  readonly quotas: Read<NodeQuotas>;
  readonly nodesInRegion: Read<NodesSeen>;
  /** Left out when the order names no key; undefined inside: there is no such key. */
  readonly key?: Read<KeySeen | undefined> | undefined;
}

export interface CacheEvidence {
  readonly arn: string;
  /** creating, create-failed, available, … */
  readonly status: string;
  readonly shardsAvailable: number;
  readonly shards: number;
}

export interface EventSeen {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The cache's id, or that of one of its nodes. */
  readonly source: string;
  readonly message: string;
}

export interface SubnetSeen {
  readonly id: string;
  readonly zone: string;
  /** Undefined when EC2 knows no such subnet any more. */
  readonly freeAddresses: number | undefined;
}

/** Each is undefined when Service Quotas does not know it. */
export interface NodeQuotas {
  readonly perRegion: number | undefined;
  /** Of one cache with cluster mode. */
  readonly perCluster: number | undefined;
}

export interface NodesSeen {
  /** Of every cache in the Region, this one included. */
  readonly all: number;
  /** Those of this cache. ElastiCache lists them before the cache itself names any shard. */
  readonly own: number;
}

export interface KeySeen {
  /** Enabled, Disabled, PendingDeletion, … */
  readonly state: string;
}

/** The value, where there is one. */
export const known = <Value>(read: Read<Value> | undefined): Value | undefined =>
  read && 'value' in read ? read.value : undefined;
