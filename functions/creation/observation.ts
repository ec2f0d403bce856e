import type { CacheSeen } from '../platform/caches.ts';

/** What was there when we looked: everything outside the specification on which the decision depends. */
export interface Observation {
  /** The only clock of the decision; ISO 8601, UTC. */
  readonly observedAt: string;
  /** The cache of the same id, if there is one. */
  readonly cache?: CacheSeen | undefined;
  /** The parameter group of ours for this cache and the specification's family, if there is one, with the values that were set in it. */
  readonly parameterGroup?: { readonly family: string; readonly values: Readonly<Record<string, string>> } | undefined;
  /** The node types to which ElastiCache would move the cache now; left out when it was not asked. */
  readonly allowedNodeTypes?: { readonly up: readonly string[]; readonly down: readonly string[] } | undefined;
  /** The snapshots that this operation took before its risky steps, as far as it did. */
  readonly snapshotsBefore?:
    | Readonly<Partial<Record<'upgrade' | 'restart', { name: string; status: string }>>>
    | undefined;
  /** The specification that the cache was last found to fulfil, if it is known. */
  readonly remembered?: Readonly<Record<string, unknown>> | undefined;
  /** The parameter group that the specification names, if it exists. */
  readonly namedParameterGroup?: { readonly family: string; readonly clusterEnabled: boolean } | undefined;
  /**
   * What only a starting node takes: in the group that the cache uses, and in the one that it should use, or the defaults on
   * which that is built. Left out when these are the same.
   */
  readonly bootValues?:
    | { readonly from: Readonly<Record<string, string>>; readonly to: Readonly<Record<string, string>> }
    | undefined;
  /** The secret of the cache's token, if there is one. */
  readonly secret?: { readonly arn: string; readonly deletionScheduled: boolean } | undefined;
  /** How it is about the secret of a user that the specification names; left out when it names none. */
  readonly userSecret?: 'there' | 'deletion scheduled' | 'missing' | undefined;
  /** The subnet group that the specification names, or `default`, if it exists. */
  readonly subnetGroup?: SubnetGroupSeen | undefined;
  /** Those of the specification's security groups that exist. */
  readonly securityGroups: readonly SecurityGroupSeen[];
  /** Those that the cache will have: the specification's, or the VPC's default group when it names none. */
  readonly cacheGroups?: readonly SecurityGroupSeen[] | undefined;
  /** The security group of the function that verifies caches in the cache's VPC, where there is one. */
  readonly verifierGroupId?: string | undefined;
  /** Whether the Region has nodes of the specification's type; left out when it was not asked. */
  readonly nodeTypeOffered?: boolean | undefined;
  /** Those of the specification's log groups that exist; left out when it names none. */
  readonly logGroups?: readonly string[] | undefined;
  /** Those of the specification's user groups that exist; left out when it names none. */
  readonly userGroups?: readonly UserGroupSeen[] | undefined;
  /** What the account may have of nodes, and has; left out when no node would be added. */
  readonly nodeQuotas?: NodeQuotasSeen | undefined;
  /** Sentences about what could not be seen, on which the decision does not have to wait. */
  readonly doubts?: readonly string[] | undefined;
  /** The versions of the specification's engine that ElastiCache offers. */
  readonly engineVersions: readonly { readonly version: string; readonly family: string }[];
  /** The parameters of the engine's family, by name; empty when the specification sets none. */
  readonly parameters: Readonly<Record<string, ParameterSeen>>;
}

export interface SubnetGroupSeen {
  readonly name: string;
  readonly vpcId: string;
  /** The distinct availability zones of its subnets. */
  readonly zones: readonly string[];
  /** How many addresses its subnets have left together; undefined when they do not tell. */
  readonly freeAddresses?: number | undefined;
}

/** Each quota is undefined when Service Quotas does not tell it. */
export interface NodeQuotasSeen {
  readonly nodesPerRegion?: number | undefined;
  /** Of one cache with cluster mode, replicas included. */
  readonly nodesPerCluster?: number | undefined;
  readonly nodesPerMemcached?: number | undefined;
  /** The nodes of every cache in the Region, this one included. */
  readonly nodesThere: number;
}

export interface UserGroupSeen {
  readonly id: string;
  /** creating, active, modifying or deleting. */
  readonly status: string;
  /** `redis` or `valkey`. */
  readonly engine: string;
}

export interface SecurityGroupSeen {
  readonly id: string;
  readonly vpcId: string;
  readonly inbound: readonly InboundRule[];
  /** Who else is let in, by name. */
  readonly peers?: readonly PeerRule[];
}

/** A security group (`sg-…`) or a prefix list (`pl-…`) that is let in, on one range of TCP ports. */
export interface PeerRule {
  readonly fromPort: number;
  readonly toPort: number;
  readonly id: string;
}

/** One range of addresses let in, on one range of TCP ports. */
export interface InboundRule {
  readonly fromPort: number;
  readonly toPort: number;
  /** e.g. `10.0.0.0/8` or `::/0`. */
  readonly cidr: string;
}

export interface ParameterSeen {
  readonly modifiable: boolean;
  /** As ElastiCache writes them: `yes,no` or `1-20000`; undefined when it says nothing. */
  readonly allowedValues?: string | undefined;
  readonly dataType?: string | undefined;
  /** `immediate`, or `requires-reboot`. */
  readonly changeType?: string | undefined;
}
