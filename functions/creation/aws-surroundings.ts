import { type CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type Filter,
  type IpPermission,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import {
  DescribeCacheEngineVersionsCommand,
  DescribeCacheSubnetGroupsCommand,
  DescribeReservedCacheNodesOfferingsCommand,
  DescribeUserGroupsCommand,
  type ElastiCacheClient,
  ListAllowedNodeTypeModificationsCommand,
} from '@aws-sdk/client-elasticache';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { isNamed } from '../platform/aws-errors.ts';
import { awsNodeQuotas } from './aws-node-quotas.ts';
import type { Surroundings } from './look.ts';
import type { InboundRule, PeerRule, SecurityGroupSeen, UserGroupSeen } from './observation.ts';

export interface SurroundingClients {
  readonly elastiCache: ElastiCacheClient;
  readonly ec2: EC2Client;
  readonly logs: CloudWatchLogsClient;
  readonly serviceQuotas: ServiceQuotasClient;
}

/** The rest of the account by the SDK's clients. */
export const awsSurroundings = ({ elastiCache, ec2, logs, serviceQuotas }: SurroundingClients): Surroundings => ({
  async subnetGroup(name) {
    try {
      const { CacheSubnetGroups = [] } = await elastiCache.send(
        new DescribeCacheSubnetGroupsCommand({ CacheSubnetGroupName: name }),
      );
      const [group] = CacheSubnetGroups;
      if (!group?.VpcId) return undefined;
      const subnets = group.Subnets ?? [];
      const zones = subnets.flatMap(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone?.Name ?? []);
      return {
        name,
        vpcId: group.VpcId,
        zones: [...new Set(zones)].sort((one, other) => one.localeCompare(other)),
        freeAddresses: await freeAddresses(
          ec2,
          subnets.map(({ SubnetIdentifier = '' }) => SubnetIdentifier),
        ),
      };
    } catch (error) {
      // A name that cannot exist is answered as a wrong value.
      if (isNamed(error, 'CacheSubnetGroupNotFoundFault', 'InvalidParameterValueException')) return undefined;
      throw error;
    }
  },

  securityGroups: async (ids) =>
    // Asked by filter, because asking by id fails for all when one does not exist.
    ids.length === 0 ? [] : await securityGroupsLike(ec2, [{ Name: 'group-id', Values: [...ids] }]),

  async defaultSecurityGroup(vpcId) {
    const [group] = await securityGroupsLike(ec2, [
      { Name: 'vpc-id', Values: [vpcId] },
      { Name: 'group-name', Values: ['default'] },
    ]);
    return group;
  },

  async engineVersions(engine) {
    const versions: { version: string; family: string }[] = [];
    let Marker: string | undefined;
    do {
      const page = await elastiCache.send(
        new DescribeCacheEngineVersionsCommand({ Engine: engine, ...(Marker ? { Marker } : {}) }),
      );
      for (const { EngineVersion, CacheParameterGroupFamily } of page.CacheEngineVersions ?? []) {
        if (EngineVersion && CacheParameterGroupFamily) {
          versions.push({ version: EngineVersion, family: CacheParameterGroupFamily });
        }
      }
      Marker = page.Marker;
    } while (Marker);
    return versions;
  },

  async allowedNodeTypes(cacheId) {
    const { ScaleUpModifications: up = [], ScaleDownModifications: down = [] } = await elastiCache.send(
      new ListAllowedNodeTypeModificationsCommand({ ReplicationGroupId: cacheId }),
    );
    return { up, down };
  },

  async isNodeTypeOffered(nodeType) {
    const { ReservedCacheNodesOfferings = [] } = await elastiCache.send(
      new DescribeReservedCacheNodesOfferingsCommand({ CacheNodeType: nodeType }),
    );
    return ReservedCacheNodesOfferings.length > 0;
  },

  async logGroups(names) {
    const found = await Promise.all([...new Set(names)].map((name) => hasLogGroup(logs, name)));
    return found.flat();
  },

  async userGroups(ids) {
    const found = await Promise.all(ids.map((id) => userGroupsLike(elastiCache, id)));
    return found.flat();
  },

  nodeQuotas: () => awsNodeQuotas(elastiCache, serviceQuotas),
});

/** Undefined when one of the subnets does not tell. A group has at most 20, which EC2 answers in one page. */
const freeAddresses = async (ec2: EC2Client, ids: string[]): Promise<number | undefined> => {
  if (ids.length === 0) return 0;
  const { Subnets = [] } = await ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'subnet-id', Values: ids }] }),
  );
  const counts = Subnets.flatMap(({ AvailableIpAddressCount }) => AvailableIpAddressCount ?? []);
  return counts.length === ids.length ? counts.reduce((sum, count) => sum + count, 0) : undefined;
};

const userGroupsLike = async (elastiCache: ElastiCacheClient, UserGroupId: string): Promise<UserGroupSeen[]> => {
  try {
    const { UserGroups = [] } = await elastiCache.send(new DescribeUserGroupsCommand({ UserGroupId }));
    return UserGroups.map(({ Status = 'unknown', Engine = '' }) => ({
      id: UserGroupId,
      status: Status,
      engine: Engine,
    }));
  } catch (error) {
    // Without the service's role there was never a group; a name that cannot exist is answered as a wrong value.
    const absent = ['UserGroupNotFoundFault', 'ServiceLinkedRoleNotFoundFault', 'InvalidParameterValueException'];
    if (isNamed(error, ...absent)) return [];
    throw error;
  }
};

/** The name itself when there is such a group. Sorted by name, the shortest comes first: that is the one, or there is none. */
const hasLogGroup = async (logs: CloudWatchLogsClient, name: string): Promise<string[]> => {
  try {
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    return logGroups.some(({ logGroupName }) => logGroupName === name) ? [name] : [];
  } catch (error) {
    // A name that cannot exist is answered as a wrong value.
    if (isNamed(error, 'InvalidParameterException')) return [];
    throw error;
  }
};

const securityGroupsLike = async (ec2: EC2Client, Filters: Filter[]): Promise<SecurityGroupSeen[]> => {
  const groups: SecurityGroupSeen[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ec2.send(new DescribeSecurityGroupsCommand({ Filters, ...(NextToken ? { NextToken } : {}) }));
    groups.push(...(page.SecurityGroups ?? []).map(securityGroupSeen));
    NextToken = page.NextToken;
  } while (NextToken);
  return groups;
};

const securityGroupSeen = (group: SecurityGroup): SecurityGroupSeen => ({
  id: group.GroupId ?? '',
  vpcId: group.VpcId ?? '',
  inbound: (group.IpPermissions ?? []).flatMap(inboundRules),
  peers: (group.IpPermissions ?? []).flatMap(peerRules),
});

/** TCP, its number 6, or `-1` for every protocol; without ports all of them are meant (EC2, IpPermission). */
const tcpPorts = ({ IpProtocol, FromPort, ToPort }: IpPermission): { fromPort: number; toPort: number } | undefined => {
  if (IpProtocol !== 'tcp' && IpProtocol !== '6' && IpProtocol !== '-1') return undefined;
  const everyPort = IpProtocol === '-1' || FromPort === undefined || FromPort === -1;
  return everyPort ? { fromPort: 0, toPort: 65_535 } : { fromPort: FromPort, toPort: ToPort ?? FromPort };
};

const inboundRules = (permission: IpPermission): InboundRule[] => {
  const ports = tcpPorts(permission);
  const { IpRanges = [], Ipv6Ranges = [] } = permission;
  const cidrs = [...IpRanges.map(({ CidrIp }) => CidrIp), ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6)];
  return ports ? cidrs.map((cidr) => ({ ...ports, cidr: cidr ?? 'unreadable' })) : [];
};

const peerRules = (permission: IpPermission): PeerRule[] => {
  const ports = tcpPorts(permission);
  const { UserIdGroupPairs = [], PrefixListIds = [] } = permission;
  const ids = [
    ...UserIdGroupPairs.map(({ GroupId }) => GroupId),
    ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
  ];
  return ports ? ids.flatMap((id) => (id ? [{ ...ports, id }] : [])) : [];
};
