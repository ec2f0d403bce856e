import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import type { World } from '../../service.ts';
import { serviceLinkedRole } from './service-linked-role.ts';
import type { Subnet } from './state/region-state.ts';

export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
}

/** What ElastiCache asks of EC2. */
export interface Network {
  /** Those of `ids` that exist. */
  subnets(ids: readonly string[]): Promise<readonly Subnet[]>;
  /** Addresses that nothing has taken yet, by subnet id; only those of `ids` that exist. */
  freeAddresses(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Those of `ids` that exist. */
  securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]>;
  /** The group called `default` of a VPC. */
  defaultSecurityGroup(vpcId: string): Promise<SecurityGroup | undefined>;
  /** The subnets of the Region's default VPC; none when it has no default VPC. */
  defaultSubnets(): Promise<readonly Subnet[]>;
}

/** EC2 answers `Invalid…NotFound` for the whole call as soon as one id is unknown: then each is asked for by itself. */
const existing = async <T>(ids: readonly string[], describe: (ids: string[]) => Promise<T[]>): Promise<T[]> => {
  try {
    return await describe([...ids]);
  } catch (error) {
    if (!/^Invalid/.test((error as Error).name)) throw error;
    if (ids.length < 2) return [];
    const each = await Promise.all(ids.map((id) => existing([id], describe)));
    return each.flat();
  }
};

/** The network of one Region as EC2 describes it to ElastiCache's service-linked role. */
export const ec2Network = (world: World, region: string): Network => {
  const client = () => world.client(EC2Client, serviceLinkedRole(world.accountId), region);
  const describeSubnets = async (input: { SubnetIds?: string[]; Filters?: { Name: string; Values: string[] }[] }) => {
    const { Subnets = [] } = await client().send(new DescribeSubnetsCommand(input));
    return Subnets.map(({ SubnetId = '', AvailabilityZone = '', VpcId = '' }) => ({
      id: SubnetId,
      availabilityZone: AvailabilityZone,
      vpcId: VpcId,
    }));
  };
  const describeSecurityGroups = async (input: {
    GroupIds?: string[];
    Filters?: { Name: string; Values: string[] }[];
  }) => {
    const { SecurityGroups = [] } = await client().send(new DescribeSecurityGroupsCommand(input));
    return SecurityGroups.map(({ GroupId = '', VpcId = '' }) => ({ id: GroupId, vpcId: VpcId }));
  };

  return {
    subnets: (ids) => existing(ids, (SubnetIds) => describeSubnets({ SubnetIds })),
    async freeAddresses(ids) {
      const counts = await existing(ids, async (SubnetIds) => {
        const { Subnets = [] } = await client().send(new DescribeSubnetsCommand({ SubnetIds }));
        return Subnets.map(
          ({ SubnetId = '', AvailableIpAddressCount = 0 }) => [SubnetId, AvailableIpAddressCount] as const,
        );
      });
      return new Map(counts);
    },
    securityGroups: (ids) => existing(ids, (GroupIds) => describeSecurityGroups({ GroupIds })),
    async defaultSecurityGroup(vpcId) {
      const [group] = await describeSecurityGroups({
        Filters: [
          { Name: 'vpc-id', Values: [vpcId] },
          { Name: 'group-name', Values: ['default'] },
        ],
      });
      return group;
    },
    async defaultSubnets() {
      const { Vpcs = [] } = await client().send(
        new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
      );
      const vpcId = Vpcs[0]?.VpcId;
      return vpcId ? describeSubnets({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }) : [];
    },
  };
};
