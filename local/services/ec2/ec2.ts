import type * as api from '@aws-sdk/client-ec2';
import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import * as sdk from '@aws-sdk/client-ec2';
import { type Call, operation, type Service, ServiceError, type World } from '../../service.ts';
import { allowAllOutbound, createRegionNetwork, named, newId, type RegionNetwork, select } from './network.ts';

/** What tests can do to EC2 besides its API. */
export interface Ec2Handle {
  /** Others take addresses of a subnet, or give them back: so many are left. Nothing that runs here takes any itself. */
  leaveAddresses(region: string, subnetId: string, count: number): void;
}

/** EC2's networks, as far as caches and functions live in them. */
export const createEc2 = (world: World): Service & Ec2Handle => {
  const regions = new Map<string, RegionNetwork>();
  const networkOf = (region: string): RegionNetwork => {
    const known = regions.get(region) ?? createRegionNetwork(region, world.accountId);
    regions.set(region, known);
    return known;
  };
  const arn = (region: string, kind: string, id: string) => `arn:aws:ec2:${region}:${world.accountId}:${kind}/${id}`;

  const DescribeVpcs = operation<api.DescribeVpcsCommandInput, api.DescribeVpcsCommandOutput>({
    handle: ({ VpcIds, Filters }, { region }) => ({
      Vpcs: select(named(networkOf(region).vpcs, VpcIds, 'InvalidVpcID.NotFound', 'vpc ID'), Filters, {
        'vpc-id': ({ VpcId }) => VpcId,
        'is-default': ({ IsDefault }) => String(IsDefault ?? false),
        state: ({ State }) => State,
        cidr: ({ CidrBlock }) => CidrBlock,
      }),
    }),
  });

  const DescribeSubnets = operation<api.DescribeSubnetsCommandInput, api.DescribeSubnetsCommandOutput>({
    handle: ({ SubnetIds, Filters }, { region }) => ({
      Subnets: select(named(networkOf(region).subnets, SubnetIds, 'InvalidSubnetID.NotFound', 'subnet ID'), Filters, {
        'subnet-id': ({ SubnetId }) => SubnetId,
        'vpc-id': ({ VpcId }) => VpcId,
        'availability-zone': ({ AvailabilityZone }) => AvailabilityZone,
        'default-for-az': ({ DefaultForAz }) => String(DefaultForAz ?? false),
        state: ({ State }) => State,
      }),
    }),
  });

  const DescribeSecurityGroups = operation<
    api.DescribeSecurityGroupsCommandInput,
    api.DescribeSecurityGroupsCommandOutput
  >({
    handle: ({ GroupIds, GroupNames, Filters = [] }, { region }) => ({
      SecurityGroups: select(
        named(networkOf(region).groups, GroupIds, 'InvalidGroup.NotFound', 'security group'),
        [...Filters, ...(GroupNames ? [{ Name: 'group-name', Values: GroupNames }] : [])],
        {
          'group-id': ({ GroupId }) => GroupId,
          'group-name': ({ GroupName }) => GroupName,
          'vpc-id': ({ VpcId }) => VpcId,
          description: ({ Description }) => Description,
        },
      ),
    }),
  });

  const DescribeAvailabilityZones = operation<
    api.DescribeAvailabilityZonesCommandInput,
    api.DescribeAvailabilityZonesCommandOutput
  >({
    handle: (_input, { region }) => ({
      AvailabilityZones: ['a', 'b', 'c'].map((letter) => ({
        ZoneName: `${region}${letter}`,
        ZoneId: `${region}-az${letter}`,
        RegionName: region,
        State: 'available' as const,
      })),
    }),
  });

  const CreateVpc = operation<api.CreateVpcCommandInput, api.CreateVpcCommandOutput>({
    permissions: (_input, { region }) => [{ action: 'ec2:CreateVpc', resource: arn(region, 'vpc', '*') }],
    handle({ CidrBlock }, { region }) {
      const VpcId = newId('vpc');
      const Vpc = { VpcId, CidrBlock, IsDefault: false, State: 'available', OwnerId: world.accountId } as const;
      networkOf(region).vpcs.set(VpcId, Vpc);
      makeGroup(networkOf(region), region, VpcId, 'default', 'default VPC security group');
      return { Vpc };
    },
  });

  const CreateSubnet = operation<api.CreateSubnetCommandInput, api.CreateSubnetCommandOutput>({
    permissions: (_input, { region }) => [{ action: 'ec2:CreateSubnet', resource: arn(region, 'subnet', '*') }],
    handle({ VpcId = '', CidrBlock, AvailabilityZone }, { region }) {
      const network = networkOf(region);
      named(network.vpcs, [VpcId], 'InvalidVpcID.NotFound', 'vpc ID');
      const SubnetId = newId('subnet');
      const Subnet = {
        SubnetId,
        SubnetArn: arn(region, 'subnet', SubnetId),
        VpcId,
        CidrBlock,
        AvailabilityZone: AvailabilityZone ?? `${region}a`,
        AvailableIpAddressCount: freeAddresses(CidrBlock),
        DefaultForAz: false,
        State: 'available',
      } as const;
      network.subnets.set(SubnetId, Subnet);
      return { Subnet };
    },
  });

  const makeGroup = (network: RegionNetwork, region: string, VpcId: string, GroupName: string, Description: string) => {
    const GroupId = newId('sg');
    const group: SecurityGroup = {
      GroupId,
      GroupName,
      Description,
      VpcId,
      OwnerId: world.accountId,
      SecurityGroupArn: arn(region, 'security-group', GroupId),
      IpPermissions: [],
      IpPermissionsEgress: allowAllOutbound(),
    };
    network.groups.set(GroupId, group);
    return group;
  };

  const CreateSecurityGroup = operation<api.CreateSecurityGroupCommandInput, api.CreateSecurityGroupCommandOutput>({
    permissions: (_input, { region }) => [
      { action: 'ec2:CreateSecurityGroup', resource: arn(region, 'security-group', '*') },
    ],
    handle({ GroupName = '', Description = '', VpcId }, { region }) {
      const network = networkOf(region);
      const vpcId = VpcId ?? [...network.vpcs.values()].find(({ IsDefault }) => IsDefault)?.VpcId ?? '';
      named(network.vpcs, [vpcId], 'InvalidVpcID.NotFound', 'vpc ID');
      const taken = [...network.groups.values()].some(
        (group) => group.VpcId === vpcId && group.GroupName === GroupName,
      );
      if (taken) {
        const message = `The security group '${GroupName}' already exists for VPC '${vpcId}'`;
        throw new ServiceError('InvalidGroup.Duplicate', message);
      }
      const { GroupId, SecurityGroupArn } = makeGroup(network, region, vpcId, GroupName, Description);
      return { GroupId, SecurityGroupArn };
    },
  });

  const onGroup =
    (action: string) =>
    ({ GroupId = '' }: { GroupId?: string | undefined }, { region }: Call) => [
      { action, resource: arn(region, 'security-group', GroupId) },
    ];
  const groupOf = (region: string, GroupId = ''): SecurityGroup => {
    const [group] = named(networkOf(region).groups, [GroupId], 'InvalidGroup.NotFound', 'security group');
    if (group) return group;
    throw new ServiceError('InvalidGroup.NotFound', `The security group '${GroupId}' does not exist`);
  };

  const AuthorizeSecurityGroupIngress = operation<
    api.AuthorizeSecurityGroupIngressCommandInput,
    api.AuthorizeSecurityGroupIngressCommandOutput
  >({
    permissions: onGroup('ec2:AuthorizeSecurityGroupIngress'),
    handle(input, { region }) {
      const group = groupOf(region, input.GroupId);
      const known = textsOf(group.IpPermissions);
      const added = permissionsOf(input);
      const twice = added.find((permission) => known.has(JSON.stringify(permission)));
      if (twice) {
        const message = `the specified rule "${JSON.stringify(twice)}" already exists`;
        throw new ServiceError('InvalidPermission.Duplicate', message);
      }
      group.IpPermissions = [...(group.IpPermissions ?? []), ...added];
      return { Return: true };
    },
  });

  const RevokeSecurityGroupIngress = operation<
    api.RevokeSecurityGroupIngressCommandInput,
    api.RevokeSecurityGroupIngressCommandOutput
  >({
    permissions: onGroup('ec2:RevokeSecurityGroupIngress'),
    handle(input, { region }) {
      const group = groupOf(region, input.GroupId);
      const known = textsOf(group.IpPermissions);
      const wanted = permissionsOf(input);
      const revoked = textsOf(wanted);
      const unknown = wanted.filter((permission) => !known.has(JSON.stringify(permission)));
      // In a default VPC that is no error (API reference, RevokeSecurityGroupIngress).
      if (unknown.length > 0 && !networkOf(region).vpcs.get(group.VpcId ?? '')?.IsDefault) {
        const message = 'The specified rule does not exist in this security group.';
        throw new ServiceError('InvalidPermission.NotFound', message);
      }
      group.IpPermissions = (group.IpPermissions ?? []).filter(
        (permission) => !revoked.has(JSON.stringify(permission)),
      );
      return { Return: true, ...(unknown.length > 0 ? { UnknownIpPermissions: unknown } : {}) };
    },
  });

  const DeleteSecurityGroup = operation<api.DeleteSecurityGroupCommandInput, api.DeleteSecurityGroupCommandOutput>({
    permissions: onGroup('ec2:DeleteSecurityGroup'),
    handle({ GroupId }, { region }) {
      const group = groupOf(region, GroupId);
      if (group.GroupName === 'default') {
        throw new ServiceError(
          'CannotDelete',
          'the specified group: "default" name: "default" cannot be deleted by a user',
        );
      }
      const { groups } = networkOf(region);
      const refers = ({ IpPermissions = [] }: SecurityGroup) =>
        IpPermissions.some(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.some((pair) => pair.GroupId === GroupId));
      if ([...groups.values()].some((other) => other !== group && refers(other))) {
        throw new ServiceError('DependencyViolation', `resource ${GroupId} has a dependent object`);
      }
      groups.delete(group.GroupId ?? '');
      return { Return: true, GroupId };
    },
  });

  return {
    leaveAddresses(region, subnetId, count) {
      const [subnet] = named(networkOf(region).subnets, [subnetId], 'InvalidSubnetID.NotFound', 'subnet ID');
      if (subnet) subnet.AvailableIpAddressCount = count;
    },
    name: 'ec2',
    api: {
      signingName: 'ec2',
      iamPrefix: 'ec2',
      sdk,
      Client: sdk.EC2Client,
      operations: {
        DescribeVpcs,
        DescribeSubnets,
        DescribeSecurityGroups,
        DescribeAvailabilityZones,
        CreateVpc,
        CreateSubnet,
        CreateSecurityGroup,
        AuthorizeSecurityGroupIngress,
        RevokeSecurityGroupIngress,
        DeleteSecurityGroup,
      },
    },
  };
};

/** AWS keeps five addresses of each subnet (VPC guide, subnet sizing). */
const freeAddresses = (cidr = '10.0.0.0/24'): number => 2 ** (32 - Number(cidr.split('/')[1])) - 5;

const textsOf = (permissions: readonly IpPermission[] = []) =>
  new Set(permissions.map((permission) => JSON.stringify(permission)));

type Ingress = api.AuthorizeSecurityGroupIngressCommandInput | api.RevokeSecurityGroupIngressCommandInput;

/** A rule can be given in full, or by the old single fields. */
const permissionsOf = ({ IpPermissions, IpProtocol, FromPort, ToPort, CidrIp }: Ingress): IpPermission[] => {
  if (IpPermissions) return IpPermissions;
  return [{ IpProtocol, FromPort, ToPort, ...(CidrIp ? { IpRanges: [{ CidrIp }] } : {}) }];
};
