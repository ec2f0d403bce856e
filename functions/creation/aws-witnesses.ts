import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeCacheClustersCommand,
  DescribeCacheSubnetGroupsCommand,
  type ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  type ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { isNamed } from '../platform/aws-errors.ts';
import { elastiCacheEvents } from '../platform/cache-events.ts';
import type { Witnesses } from './gather-evidence.ts';

interface Clients {
  readonly elastiCache: ElastiCacheClient;
  readonly ec2: EC2Client;
  readonly serviceQuotas: ServiceQuotasClient;
  readonly kms: KMSClient;
}

/** The largest page that ElastiCache gives (API reference, MaxRecords). */
const PAGE_RECORDS = 100;
/** By Service Quotas' own codes for ElastiCache. */
const QUOTA_CODES = { perRegion: 'L-DFE45DF3', perCluster: 'L-AF354865' };

/** Asks by the SDK's clients. */
export const awsWitnesses = ({ elastiCache, ec2, serviceQuotas, kms }: Clients): Witnesses => {
  const freeAddressesOf = async (ids: string[]): Promise<ReadonlyMap<string, number>> => {
    // Asked by filter, because asking by id fails for all when one does not exist. A group has at most 20: one page.
    const { Subnets = [] } = await ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'subnet-id', Values: ids }] }),
    );
    return new Map(
      Subnets.flatMap(({ SubnetId, AvailableIpAddressCount: free }): [string, number][] =>
        SubnetId && free !== undefined ? [[SubnetId, free]] : [],
      ),
    );
  };

  /** The account's own value, or AWS's default where the account has none; undefined where Service Quotas knows neither. */
  const quota = async (QuotaCode: string): Promise<number | undefined> => {
    for (const Command of [GetServiceQuotaCommand, GetAWSDefaultServiceQuotaCommand]) {
      try {
        const { Quota } = await serviceQuotas.send(new Command({ ServiceCode: 'elasticache', QuotaCode }));
        if (Quota?.Value !== undefined) return Quota.Value;
      } catch (error) {
        if (!isNamed(error, 'NoSuchResourceException')) throw error;
      }
    }
    return undefined;
  };

  return {
    events: (cacheId, since) => elastiCacheEvents(elastiCache).of(cacheId, since),

    async subnets(CacheSubnetGroupName) {
      try {
        const { CacheSubnetGroups = [] } = await elastiCache.send(
          new DescribeCacheSubnetGroupsCommand({ CacheSubnetGroupName }),
        );
        const subnets = CacheSubnetGroups[0]?.Subnets ?? [];
        const free = await freeAddressesOf(subnets.flatMap(({ SubnetIdentifier }) => SubnetIdentifier ?? []));
        return subnets.map(({ SubnetIdentifier: id = '', SubnetAvailabilityZone }) => ({
          id,
          zone: SubnetAvailabilityZone?.Name ?? 'an unknown zone',
          freeAddresses: free.get(id),
        }));
      } catch (error) {
        if (isNamed(error, 'CacheSubnetGroupNotFoundFault')) return undefined;
        throw error;
      }
    },

    async securityGroupIds(ids) {
      if (ids.length === 0) return [];
      // A cache has a handful of groups, which EC2 answers in one page.
      const { SecurityGroups = [] } = await ec2.send(
        new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-id', Values: [...ids] }] }),
      );
      return SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []);
    },

    async quotas() {
      const [perRegion, perCluster] = await Promise.all([quota(QUOTA_CODES.perRegion), quota(QUOTA_CODES.perCluster)]);
      return { perRegion, perCluster };
    },

    async nodesInRegion(cacheId) {
      const nodes = { all: 0, own: 0 };
      let Marker: string | undefined;
      do {
        const page = await elastiCache.send(
          new DescribeCacheClustersCommand({ MaxRecords: PAGE_RECORDS, ...(Marker ? { Marker } : {}) }),
        );
        for (const { NumCacheNodes = 0, ReplicationGroupId, CacheClusterId } of page.CacheClusters ?? []) {
          nodes.all += NumCacheNodes;
          if ((ReplicationGroupId ?? CacheClusterId) === cacheId) nodes.own += NumCacheNodes;
        }
        Marker = page.Marker;
      } while (Marker);
      return nodes;
    },

    async key(KeyId) {
      try {
        const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
        return { state: KeyMetadata?.KeyState ?? 'in an unknown state' };
      } catch (error) {
        if (isNamed(error, 'NotFoundException')) return undefined;
        throw error;
      }
    },
  };
};
