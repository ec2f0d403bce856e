import { createHash } from 'node:crypto';

/** The network that every new AWS account has in each Region: a default VPC with a subnet in each zone. */
export interface DefaultNetwork {
  readonly vpcId: string;
  readonly subnets: readonly { readonly id: string; readonly zone: string; readonly cidr: string }[];
  readonly securityGroupId: string;
}

const ZONES = ['a', 'b', 'c'] as const;

/** Ids are derived from the Region, so that a configuration file can name them before the account runs. */
const idOf = (kind: string, ...what: readonly string[]) =>
  `${kind}-0${createHash('sha256')
    .update([kind, ...what].join(' '))
    .digest('hex')
    .slice(0, 16)}`;

/** The default network of a Region of the local account. 172.31.0.0/16 and /20 are AWS's own choice. */
export const defaultNetwork = (region: string): DefaultNetwork => ({
  vpcId: idOf('vpc', region),
  subnets: ZONES.map((letter, index) => ({
    id: idOf('subnet', region, letter),
    zone: `${region}${letter}`,
    cidr: `172.31.${index * 16}.0/20`,
  })),
  securityGroupId: idOf('sg', region, 'default'),
});
