import type { CacheParameterGroupStatus } from '@aws-sdk/client-elasticache';
import { rebootValues } from '../engine-shape.ts';
import type { Cache } from '../state/cache.ts';
import type { RegionState } from '../state/region-state.ts';

/** How far the nodes are with their parameter group. */
export const parameterStatus = (state: RegionState, cache: Cache): CacheParameterGroupStatus => {
  const wanted = rebootValues(state, cache);
  const isRunning = Object.keys(cache.bootParameters).length > 0;
  const needsReboot = isRunning && Object.keys(wanted).some((name) => wanted[name] !== cache.bootParameters[name]);
  const status = cache.applyingParameters ? 'applying' : needsReboot ? 'pending-reboot' : 'in-sync';
  return {
    CacheParameterGroupName: cache.parameterGroupName,
    ParameterApplyStatus: status,
    CacheNodeIdsToReboot: status === 'pending-reboot' ? ['0001'] : [],
  };
};
