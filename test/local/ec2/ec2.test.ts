import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DescribeAvailabilityZonesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type Filter,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultNetwork } from '../../../local/services/ec2/default-network.ts';
import { createEc2 } from '../../../local/services/ec2/ec2.ts';
import { ACCOUNT_ID, type AWorld, aWorld } from '../../builders/a-world.ts';

let world: AWorld;
let ec2: EC2Client;
let number = 0;
beforeAll(async () => {
  world = await aWorld({ services: [createEc2] });
  ec2 = world.operatorClient(EC2Client);
});
afterAll(() => world.close());

const aVpc = async () => (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId ?? '';
const newName = () => {
  number += 1;
  return `group-${number}`;
};
const aGroup = async (VpcId?: string, GroupName = newName()) =>
  (await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: 'caches', VpcId }))).GroupId ?? '';
const groups = async (Filters: Filter[], client = ec2) =>
  (await client.send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups ?? [];
const rulesOf = async (GroupId: string) => {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  return SecurityGroups[0]?.IpPermissions;
};
const fromAnywhere = { IpProtocol: 'tcp', FromPort: 6379, ToPort: 6379, CidrIp: '10.0.0.0/16' };
const authorize = (GroupId: string, rule: object = fromAnywhere) =>
  ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, ...rule }));
const revoke = (GroupId: string, rule: object = fromAnywhere) =>
  ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, ...rule }));
const remove = (GroupId: string) => ec2.send(new DeleteSecurityGroupCommand({ GroupId }));

describe('a Region', () => {
  test('has a default network: a VPC, a subnet in each zone, a group that lets its members in', async () => {
    const { vpcId, securityGroupId } = defaultNetwork('us-east-1');
    const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }));
    expect(Vpcs).toMatchObject([{ VpcId: vpcId, CidrBlock: '172.31.0.0/16', OwnerId: ACCOUNT_ID }]);
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    const zones = AvailabilityZones.map(({ ZoneName }) => ZoneName);
    expect(Subnets.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(zones);
    expect(Subnets[0]).toMatchObject({ VpcId: vpcId, AvailableIpAddressCount: 4091, DefaultForAz: true });
    expect(await rulesOf(securityGroupId)).toMatchObject([{ UserIdGroupPairs: [{ GroupId: securityGroupId }] }]);
  });

  test('shares its network with no other', async () => {
    const [here] = await groups([]);
    const [there] = await groups([], world.operatorClient(EC2Client, 'eu-west-1'));
    expect(here?.GroupId).not.toBe(there?.GroupId);
  });
});

describe('a VPC', () => {
  test('comes with a default group, and takes subnets with five addresses less', async () => {
    const VpcId = await aVpc();
    expect(await groups([{ Name: 'vpc-id', Values: [VpcId] }])).toMatchObject([{ GroupName: 'default' }]);
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.0.1.0/24' }));
    expect(Subnet).toMatchObject({ VpcId, AvailableIpAddressCount: 251, AvailabilityZone: 'us-east-1a' });
  });
});

describe('a filter', () => {
  test('takes several values, an asterisk, and works together with others', async () => {
    const VpcId = await aVpc();
    await aGroup(VpcId, 'orders-cache');
    await aGroup(VpcId, 'orders-web');
    const named = async (...Values: string[]) =>
      (
        await groups([
          { Name: 'vpc-id', Values: [VpcId] },
          { Name: 'group-name', Values },
        ])
      )
        .map(({ GroupName }) => GroupName)
        .sort();
    expect(await named('orders-*')).toEqual(['orders-cache', 'orders-web']);
    expect(await named('orders-web', 'default')).toEqual(['default', 'orders-web']);
    expect(await named('orders')).toEqual([]);
  });
});

describe('a security group', () => {
  test('gains and loses rules', async () => {
    const group = await aGroup();
    await authorize(group);
    expect(await rulesOf(group)).toEqual([
      expect.objectContaining({ FromPort: 6379, IpRanges: [expect.objectContaining({ CidrIp: '10.0.0.0/16' })] }),
    ]);
    await expect(authorize(group)).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' });
    await revoke(group);
    expect(await rulesOf(group)).toEqual([]);
  });

  test('loses a rule that it has not: an error, but in the default VPC', async () => {
    const group = await aGroup();
    expect((await revoke(group)).UnknownIpPermissions).toMatchObject([{ FromPort: 6379 }]);
    const elsewhere = await aGroup(await aVpc());
    await expect(revoke(elsewhere)).rejects.toMatchObject({ name: 'InvalidPermission.NotFound' });
  });

  test('can be deleted once no other refers to it', async () => {
    const [group, other] = [await aGroup(), await aGroup()];
    const rule = { IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: group }] }] };
    await authorize(group, rule);
    await authorize(other, rule);
    await expect(remove(group)).rejects.toMatchObject({ name: 'DependencyViolation' });
    await revoke(other, rule);
    await remove(group);
    await expect(rulesOf(group)).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' });
  });
});

describe('EC2 refuses', () => {
  const nobody = '0123456789abcdef0';
  test.each([
    ['a VPC that there is not', () => ec2.send(new DescribeVpcsCommand({ VpcIds: [nobody] })), 'InvalidVpcID.NotFound'],
    [
      'a subnet that there is not',
      () => ec2.send(new DescribeSubnetsCommand({ SubnetIds: [nobody] })),
      'InvalidSubnetID.NotFound',
    ],
    ['a group that there is not', () => authorize(nobody), 'InvalidGroup.NotFound'],
    ['a subnet in no VPC', () => ec2.send(new CreateSubnetCommand({ VpcId: nobody })), 'InvalidVpcID.NotFound'],
    ['the same name twice in a VPC', async () => aGroup(undefined, await aNameInUse()), 'InvalidGroup.Duplicate'],
    ['to delete a default group', () => remove(defaultNetwork('us-east-1').securityGroupId), 'CannotDelete'],
    ['a filter that it does not know', () => groups([{ Name: 'colour', Values: ['red'] }]), 'InvalidParameterValue'],
  ])('%s', async (_what, attempt, name) => {
    await expect(attempt()).rejects.toMatchObject({ name });
  });

  async function aNameInUse() {
    await aGroup(undefined, 'in-use');
    return 'in-use';
  }
});

test('IAM is asked about the group', async () => {
  const group = await aGroup();
  await authorize(group);
  expect(world.asked.at(-1)?.permission).toEqual({
    action: 'ec2:AuthorizeSecurityGroupIngress',
    resource: `arn:aws:ec2:us-east-1:${ACCOUNT_ID}:security-group/${group}`,
  });
});
