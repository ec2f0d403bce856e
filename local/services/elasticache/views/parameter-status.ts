import type { CacheParameterGroupStatus } from '@aws-sdk/client-elasticache';
import { valuesToBoot } from '../engine-shape.ts';
import type { Cache, Node } from '../state/cache.ts';
import type { RegionState } from '../state/region-state.ts';

/** How far a node is with its parameter group. */
export const parameterStatus = (state: RegionState, cache: Cache, node: Node): CacheParameterGroupStatus => {
  const needsReboot = Object.keys(valuesToBoot(state, cache, node)).length > 0;
  const status = cache.applyingParameters ? 'applying' : needsReboot ? 'pending-reboot' : 'in-sync';
  return {
    CacheParameterGroupName: cache.parameterGroupName,
    ParameterApplyStatus: status,
    CacheNodeIdsToReboot: status === 'pending-reboot' ? ['0001'] : [],
  };
};
