import type { CacheSeen } from './caches.ts';

/** The VPC that a cache is in, and whether the autopilot's configuration has it. */
export interface CacheVpc {
  readonly id: string;
  readonly configured: boolean;
}

export interface VpcEyes {
  /** The VPC of a subnet group; undefined when there is no such group. */
  readonly vpcOf: (subnetGroup: string) => Promise<string | undefined>;
  /** The VPCs that have functions of ours. */
  readonly probedVpcs: readonly string[];
}

/** Undefined when nobody tells. */
export const vpcSeen = async (
  { subnetGroup }: Pick<CacheSeen, 'subnetGroup'>,
  { vpcOf, probedVpcs }: VpcEyes,
): Promise<CacheVpc | undefined> => {
  const id = subnetGroup === undefined ? undefined : await vpcOf(subnetGroup);
  return id === undefined ? undefined : { id, configured: probedVpcs.includes(id) };
};
