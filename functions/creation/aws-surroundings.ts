import {
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type Filter,
  type IpPermission,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import {
  DescribeCacheEngineVersionsCommand,
  DescribeCacheSubnetGroupsCommand,
  type ElastiCacheClient,
  ListAllowedNodeTypeModificationsCommand,
} from '@aws-sdk/client-elasticache';
import { isNamed } from '../platform/aws-errors.ts';
import type { Surroundings } from './look.ts';
import type { InboundRule, PeerRule, SecurityGroupSeen } from './observation.ts';

/** The rest of the account by the SDK's clients. */
export const awsSurroundings = (elastiCache: ElastiCacheClient, ec2: EC2Client): Surroundings => ({
  async subnetGroup(name) {
    try {
      const { CacheSubnetGroups = [] } = await elastiCache.send(
        new DescribeCacheSubnetGroupsCommand({ CacheSubnetGroupName: name }),
      );
      const [group] = CacheSubnetGroups;
      if (!group?.VpcId) return undefined;
      const zones = (group.Subnets ?? []).flatMap(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone?.Name ?? []);
      return { name, vpcId: group.VpcId, zones: [...new Set(zones)].sort((one, other) => one.localeCompare(other)) };
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
});

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
