import { DescribeCacheSubnetGroupsCommand, type ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { isNamed } from './aws-errors.ts';

/** The VPC of a cache subnet group; undefined when there is no such group. */
export const vpcOfSubnetGroup = async (
  client: ElastiCacheClient,
  CacheSubnetGroupName: string,
): Promise<string | undefined> => {
  try {
    const { CacheSubnetGroups = [] } = await client.send(
      new DescribeCacheSubnetGroupsCommand({ CacheSubnetGroupName }),
    );
    return CacheSubnetGroups[0]?.VpcId;
  } catch (error) {
    if (isNamed(error, 'CacheSubnetGroupNotFoundFault')) return undefined;
    throw error;
  }
};
