import type { AccountPolicy } from '../platform/policy.ts';
import { monthlyCostUsd } from '../platform/prices.ts';
import { nodesWanted } from './rules/topology.ts';
import type { CreationReason } from './schemas.ts';
import type { CacheSpec } from './spec.ts';

/** What a cache comes to, and whether the policy allows as much. */
export interface Size {
  readonly nodes: number;
  /** Null when the price is not known here. */
  readonly monthlyCostUsd: number | null;
  readonly tooLarge?: { readonly reason: CreationReason; readonly summary: string };
}

/** Nodes and cost of a cache against the policy’s limits. */
export const sizeOf = (spec: CacheSpec, { limits }: AccountPolicy): Size => {
  const { cacheId, cacheNodeType } = spec;
  // The rules have made sure that it says how large it is.
  const nodes = nodesWanted(spec) ?? 0;
  const cost = monthlyCostUsd(spec.engine, cacheNodeType, nodes);
  const size = { nodes, monthlyCostUsd: cost ?? null };
  const { maxMonthlyCostUsd, maxNodes } = limits;
  const refuse = (reason: CreationReason, why: string): Size => ({
    ...size,
    tooLarge: { reason, summary: `Refused ${cacheId}: ${why}` },
  });
  if (maxNodes !== undefined && nodes > maxNodes) {
    return refuse('AboveNodeLimit', `${nodes} nodes are more than the policy’s ${maxNodes}.`);
  }
  if (maxMonthlyCostUsd === undefined) return size;
  if (cost === undefined) {
    return refuse('CostUnknown', `the policy limits the cost, and the price of ${cacheNodeType} is not known.`);
  }
  return cost > maxMonthlyCostUsd
    ? refuse('AboveCostLimit', `${cost} USD a month are more than the policy’s ${maxMonthlyCostUsd} USD.`)
    : size;
};

/** `about 12.50 USD a month`. */
export const costInWords = ({ monthlyCostUsd }: Pick<Size, 'monthlyCostUsd'>): string =>
  monthlyCostUsd === null ? 'at a cost not known here' : `about ${monthlyCostUsd} USD a month`;
