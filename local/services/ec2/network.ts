import { randomBytes } from 'node:crypto';
import type { IpPermission, SecurityGroup, Subnet, Vpc } from '@aws-sdk/client-ec2';
import { ServiceError } from '../../service.ts';
import { defaultNetwork } from './default-network.ts';

/** What a Region's network consists of. */
export interface RegionNetwork {
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly groups: Map<string, SecurityGroup>;
}

/** A /20 has 4,096 addresses, of which AWS keeps five (VPC guide, subnet sizing). */
const FREE_ADDRESSES = 4091;

export const newId = (kind: string) => `${kind}-0${randomBytes(8).toString('hex')}`;

export const allowAllOutbound = (): IpPermission[] => [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];

/** The default VPC, its subnets, and the default security group, which lets its own members in. */
export const createRegionNetwork = (region: string, accountId: string): RegionNetwork => {
  const { vpcId, subnets, securityGroupId } = defaultNetwork(region);
  const arn = (kind: string, id: string) => `arn:aws:ec2:${region}:${accountId}:${kind}/${id}`;
  return {
    vpcs: new Map([
      [vpcId, { VpcId: vpcId, CidrBlock: '172.31.0.0/16', IsDefault: true, State: 'available', OwnerId: accountId }],
    ]),
    subnets: new Map(
      subnets.map(({ id, zone, cidr }) => [
        id,
        {
          SubnetId: id,
          SubnetArn: arn('subnet', id),
          VpcId: vpcId,
          AvailabilityZone: zone,
          AvailabilityZoneId: `${region}-az${zone.at(-1)}`,
          CidrBlock: cidr,
          AvailableIpAddressCount: FREE_ADDRESSES,
          DefaultForAz: true,
          State: 'available',
          OwnerId: accountId,
        },
      ]),
    ),
    groups: new Map([
      [
        securityGroupId,
        {
          GroupId: securityGroupId,
          GroupName: 'default',
          Description: 'default VPC security group',
          VpcId: vpcId,
          OwnerId: accountId,
          SecurityGroupArn: arn('security-group', securityGroupId),
          IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: securityGroupId, UserId: accountId }] }],
          IpPermissionsEgress: allowAllOutbound(),
        },
      ],
    ]),
  };
};

export interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

/** How a filter's name reads a value of a thing. */
export type Readers<T> = Readonly<Record<string, (thing: T) => string | undefined>>;

/** Keeps what fits all filters; a value may hold `*`. @throws for a filter that is not known here, by name */
export const select = <T>(things: Iterable<T>, filters: readonly Filter[] = [], readers: Readers<T>): T[] =>
  [...things].filter((thing) =>
    filters.every(({ Name = '', Values = [] }) => {
      const read = readers[Name];
      if (!read) throw new ServiceError('InvalidParameterValue', `The filter '${Name}' is invalid`);
      const found = read(thing);
      return found !== undefined && Values.some((value) => fits(value, found));
    }),
  );

const fits = (wanted: string, found: string) => {
  const pattern = wanted.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${pattern}$`).test(found);
};

/** Those with the ids; all when none are named. @throws the code that EC2 has for the kind, naming the first that is missing */
export const named = <T>(
  things: ReadonlyMap<string, T>,
  ids: readonly string[] | undefined,
  code: string,
  kind: string,
): T[] => {
  if (!ids || ids.length === 0) return [...things.values()];
  return ids.map((id) => {
    const thing = things.get(id);
    if (thing) return thing;
    throw new ServiceError(code, `The ${kind} '${id}' does not exist`);
  });
};
