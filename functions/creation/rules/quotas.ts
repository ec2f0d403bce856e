import { type AccountRule, faultsOf } from './rule.ts';
import { countField, nodesOnTheWay, nodesToAdd, nodesWanted, shapeOf } from './topology.ts';

/**
 * The nodes fit into what Service Quotas allows the account in this Region, and one cache (ElastiCache quotas), also on the way,
 * where there may be more of them than at its end. Shards have no quota of their own there: each is a node at least. A quota that
 * is not known is a doubt, and no fault.
 */
export const nodeQuotasRule: AccountRule = (spec, seen) => {
  const wanted = nodesOnTheWay(spec, seen.cache);
  if (seen.nodeQuotas === undefined || wanted === undefined) return [];
  const { nodesThere, nodesPerRegion, nodesPerCluster, nodesPerMemcached } = seen.nodeQuotas;
  const added = nodesToAdd(spec, seen.cache);
  const perCache =
    spec.engine === 'memcached' ? nodesPerMemcached : shapeOf(spec).clusterMode ? nodesPerCluster : undefined;
  const field = countField(spec);
  return faultsOf(
    field,
    spec[field],
    {
      broken: nodesPerRegion !== undefined && nodesThere + added > nodesPerRegion,
      rule: `The account may have ${nodesPerRegion} nodes in this Region; it has ${nodesThere}, and ${added} would come.`,
      remedy: 'Ask Service Quotas for more nodes per Region, or choose a smaller cache.',
    },
    {
      broken: perCache !== undefined && wanted > perCache,
      rule: `A cache of this account may have ${perCache} nodes; this one would have ${wanted}${wanted === nodesWanted(spec) ? '' : ' on the way'}.`,
      remedy: 'Ask Service Quotas for more nodes per cluster, or choose a smaller cache.',
    },
  );
};
