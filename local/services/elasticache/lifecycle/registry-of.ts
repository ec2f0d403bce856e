import type { Cache } from '../state/cache.ts';
import type { RegionState } from '../state/region-state.ts';
import type { Registry } from '../state/registry.ts';

/** Where a cache is kept: groups and clusters that stand alone have separate ids. */
export const registryOf = (state: RegionState, { kind }: Pick<Cache, 'kind'>): Registry<Cache> =>
  kind === 'replication-group' ? state.groups : state.clusters;
