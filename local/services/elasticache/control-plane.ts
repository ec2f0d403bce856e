import type { Call, World } from '../../service.ts';
import type { FailoverSwitches } from './failover-faults.ts';
import type { Jobs } from './jobs.ts';
import type { Journal } from './journal.ts';
import type { RunningClusters } from './memcached/running.ts';
import type { Network } from './network.ts';
import type { Notify } from './notifications.ts';
import type { RunningCaches } from './running-caches.ts';
import type { Delays, Quotas } from './settings.ts';
import type { RegionState } from './state/region-state.ts';
import type { CreationSwitches } from './switches.ts';
import type { TokenSwitches } from './token-faults.ts';

/** ElastiCache in one Region: what its operations work with. */
export interface ControlPlane {
  readonly world: World;
  readonly region: string;
  readonly accountId: string;
  readonly state: RegionState;
  readonly quotas: Readonly<Quotas>;
  readonly delays: Delays;
  readonly journal: Journal;
  readonly notify: Notify;
  readonly network: Network;
  readonly engines: RunningCaches;
  readonly memcached: RunningClusters;
  readonly jobs: Jobs;
  readonly switches: CreationSwitches;
  readonly failovers: FailoverSwitches;
  readonly tokens: TokenSwitches;
}

/** The control plane of the Region that a call went to. */
export type PlaneOf = (call: Pick<Call, 'region'>) => ControlPlane;
