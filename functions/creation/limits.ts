import type { CacheSeen } from '../platform/caches.ts';
import type { AccountPolicy } from '../platform/policy.ts';
import { monthlyCostUsd } from '../platform/prices.ts';
import { nodesOnTheWay, nodesThere, nodesWanted } from './rules/topology.ts';
import type { CreationReason } from './schemas.ts';
import type { CacheSpec } from './spec.ts';

/** What a cache comes to, and whether the policy allows as much. */
export interface Size {
  readonly nodes: number;
  /** Null when the price is not known here. */
  readonly monthlyCostUsd: number | null;
  readonly tooLarge?: { readonly reason: CreationReason; readonly summary: string };
}

/**
 * Nodes and cost of a cache against the policy’s limits. A cache that exists is judged by the most that it has on the way, where a
 * change may end; and a limit holds up only what makes it larger or dearer: what is above it already may become smaller.
 *
 * @param cache the cache that is to be changed; left out when it is to be created
 */
export const sizeOf = (spec: CacheSpec, { limits }: AccountPolicy, cache?: CacheSeen): Size => {
  const { cacheId, cacheNodeType: nodeType, engine } = spec;
  // The rules have made sure that it says how large it is.
  const wanted = nodesWanted(spec) ?? 0;
  const size = { nodes: wanted, monthlyCostUsd: monthlyCostUsd(engine, nodeType, wanted) ?? null };
  const there = cache ? nodesThere(cache) : 0;
  const nodes = nodesOnTheWay(spec, cache) ?? wanted;
  const { maxMonthlyCostUsd, maxNodes } = limits;
  const refuse = (reason: CreationReason, why: string): Size => ({
    ...size,
    tooLarge: { reason, summary: `Refused ${cacheId}: ${why}` },
  });
  const onTheWay = nodes > wanted ? ' on the way; ask for what becomes fewer first, and for the rest then' : '';
  if (maxNodes !== undefined && nodes > maxNodes && nodes > there) {
    return refuse('AboveNodeLimit', `${nodes} nodes are more than the policy’s ${maxNodes}${onTheWay}.`);
  }
  const typeNow = cache?.nodeType;
  if (maxMonthlyCostUsd === undefined || (typeNow === nodeType && nodes <= there)) return size;
  // Nodes that come before the type is another cost what the old ones do.
  const types = typeNow && nodes > there ? [...new Set([nodeType, typeNow])] : [nodeType];
  const costs = types.map((type) => ({ type, usd: monthlyCostUsd(engine, type, nodes) }));
  const unknown = costs.find(({ usd }) => usd === undefined);
  if (unknown) {
    return refuse('CostUnknown', `the policy limits the cost, and the price of ${unknown.type} is not known.`);
  }
  const most = Math.max(...costs.map(({ usd = 0 }) => usd));
  const now = typeNow ? (monthlyCostUsd(engine, typeNow, there) ?? 0) : 0;
  return most > maxMonthlyCostUsd && most > now
    ? refuse('AboveCostLimit', `${most} USD a month are more than the policy’s ${maxMonthlyCostUsd} USD${onTheWay}.`)
    : size;
};

/** `about 12.50 USD a month`. */
export const costInWords = ({ monthlyCostUsd }: Pick<Size, 'monthlyCostUsd'>): string =>
  monthlyCostUsd === null ? 'at a cost not known here' : `about ${monthlyCostUsd} USD a month`;
