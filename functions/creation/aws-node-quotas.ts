import { DescribeCacheClustersCommand, type ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { ListServiceQuotasCommand, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { NodeQuotasSeen } from './observation.ts';

/** The codes of Service Quotas for ElastiCache's limits on nodes (ElastiCache endpoints and quotas, AWS General Reference). */
const CODES = {
  nodesPerRegion: 'L-DFE45DF3',
  nodesPerCluster: 'L-AF354865',
  nodesPerMemcached: 'L-8C334AD1',
} as const;

/** What the account may have of nodes in this Region, and how many there are: two lists, read whole. */
export const awsNodeQuotas = async (
  elastiCache: ElastiCacheClient,
  serviceQuotas: ServiceQuotasClient,
): Promise<NodeQuotasSeen> => {
  const [values, nodesThere] = await Promise.all([valuesByCode(serviceQuotas), nodesOfRegion(elastiCache)]);
  return {
    nodesPerRegion: values.get(CODES.nodesPerRegion),
    nodesPerCluster: values.get(CODES.nodesPerCluster),
    nodesPerMemcached: values.get(CODES.nodesPerMemcached),
    nodesThere,
  };
};

const valuesByCode = async (client: ServiceQuotasClient): Promise<ReadonlyMap<string, number>> => {
  const values = new Map<string, number>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListServiceQuotasCommand({ ServiceCode: 'elasticache', ...(NextToken ? { NextToken } : {}) }),
    );
    for (const { QuotaCode, Value } of page.Quotas ?? []) {
      if (QuotaCode !== undefined && Value !== undefined) values.set(QuotaCode, Value);
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return values;
};

/** Members of replication groups are clusters of one node each; Memcached's clusters have many. */
const nodesOfRegion = async (client: ElastiCacheClient): Promise<number> => {
  let nodes = 0;
  let Marker: string | undefined;
  do {
    const page = await client.send(new DescribeCacheClustersCommand(Marker ? { Marker } : {}));
    for (const { NumCacheNodes = 1 } of page.CacheClusters ?? []) nodes += NumCacheNodes;
    Marker = page.Marker;
  } while (Marker);
  return nodes;
};
