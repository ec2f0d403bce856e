/** Resource types as ElastiCache's ARNs spell them (no hyphens). */
export type ArnType =
  | 'cluster'
  | 'parametergroup'
  | 'replicationgroup'
  | 'snapshot'
  | 'subnetgroup'
  | 'user'
  | 'usergroup';

/** `arn:aws:elasticache:us-east-1:111122223333:replicationgroup:orders` */
export const arnOf = (region: string, accountId: string, type: ArnType, id: string): string =>
  `arn:aws:elasticache:${region}:${accountId}:${type}:${id.toLowerCase()}`;

export interface ParsedArn {
  readonly region: string;
  readonly accountId: string;
  readonly type: string;
  readonly id: string;
}

export const parseArn = (arn: string): ParsedArn | undefined => {
  const [, region, accountId, type, id] = /^arn:aws:elasticache:([^:]+):(\d{12}):([a-z]+):([^:]+)$/.exec(arn) ?? [];
  return region && accountId && type && id ? { region, accountId, type, id } : undefined;
};
