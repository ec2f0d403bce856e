import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-elasticache';
import { createMemcached } from '../../engine/memcached/memcached.ts';
import type { Memcached, RunningMemcached } from '../../engine/memcached/types.ts';
import type { Engine, RunningCache } from '../../engine/types.ts';
import type { Service, World } from '../../service.ts';
import { arnOf } from './arns.ts';
import type { ControlPlane } from './control-plane.ts';
import { createFailoverSwitches, type FailoverFaults } from './failover-faults.ts';
import { createJobs } from './jobs.ts';
import { createJournal } from './journal.ts';
import { type LogDeliverer, startLogDelivery } from './log-delivery/deliver.ts';
import { createRunningClusters } from './memcached/running.ts';
import { type MetricsPublisher, startMetrics } from './metrics.ts';
import { ec2Network, type Network } from './network.ts';
import { createNotify } from './notifications.ts';
import { operationsFor } from './operations/index.ts';
import { DEFAULT_USER_ID } from './operations/users.ts';
import { defaultGroupName, FAMILIES, REDIS_FAMILIES } from './parameter-families.ts';
import { createRunningCaches } from './running-caches.ts';
import { putServiceLinkedRole } from './service-linked-role.ts';
import { type Announcement, announce } from './service-updates.ts';
import { DEFAULT_DELAYS, DEFAULT_QUOTAS, type Delays, type Quotas } from './settings.ts';
import { allCaches, createRegionState, type RegionState } from './state/region-state.ts';
import { createSwitches } from './switches.ts';
import { createTokenSwitches, type OfCache, type RepeatedRotation } from './token-faults.ts';

export interface ElastiCacheOptions {
  /** Starts the nodes of every Region. The account stops it; this service stops the caches it started. */
  readonly engine: Engine;
  /** Starts the nodes of memcached clusters, and ends with this service. Left out: real ones, found when first needed. */
  readonly memcached?: Memcached;
  readonly quotas?: Partial<Quotas>;
  readonly delays?: Partial<Delays>;
  /** What ElastiCache knows of subnets and security groups. Left out: it asks EC2. */
  readonly network?: (region: string) => Network;
}

/** What tests and the account's demonstrations can do to ElastiCache besides its API. */
export interface ElastiCacheHandle {
  /** The quotas in force; a change holds for the next call. */
  readonly quotas: Quotas;
  /** The next cache that is created ends as `create-failed`, for this reason. */
  failNextCreation(reason: string): void;
  /** The next snapshot ends as `failed`, for this reason. */
  failNextSnapshot(reason: string): void;
  /**
   * Things go wrong in the next test failover that ElastiCache accepts. The answer ends what lasts: a replica is promoted
   * after all, a node that cannot follow is replaced again. Until then `idle` waits, too.
   */
  failNextFailover(faults: FailoverFaults): () => void;
  /** What becomes of a ROTATE with a token that is valid already; `refused` from the start. Holds for the next call. */
  repeatedRotation: RepeatedRotation;
  /**
   * ElastiCache accepts the next change of AUTH tokens, or of a user's passwords, is `modifying` for its time, and all
   * tokens and passwords are as before.
   *
   * @param of as with the other three, whose change is meant
   */
  failNextTokenChange(of?: OfCache): void;
  /**
   * The next change of AUTH tokens, or of a user's passwords, stays `modifying`, and no node knows of it, until the answer
   * is called. Until then `idle` waits, too.
   */
  holdNextTokenChange(of?: OfCache): () => void;
  /**
   * One node does not learn of the next change of AUTH tokens, or of a user's passwords, although ElastiCache says that it
   * is done; of several caches with the user it is a node of the first. The answer tells the node after all; so does the
   * next change of the cache.
   *
   * @param nodeIndex from 0, in the order of the shards and of their nodes: that of MemberClusters
   */
  forgetNodeInNextTokenChange(nodeIndex: number, of?: OfCache): () => void;
  /** The next change of AUTH tokens, or of a user's passwords, cuts off every client: harsher than AWS. */
  dropConnectionsInNextTokenChange(of?: OfCache): void;
  /** Announces a service update for a replication group or a cluster; the answer takes it back. */
  announceServiceUpdate(region: string, cacheId: string, announcement?: Announcement): () => void;
  /** Caches stay in `creating` until the answer is called. */
  pauseCreation(): () => void;
  /** The processes behind a replication group, or behind a cluster that stands alone. */
  running(region: string, id: string): RunningCache | undefined;
  /** The processes behind a memcached cluster. */
  runningMemcached(region: string, id: string): RunningMemcached | undefined;
  /** Resolves when no cache, user or group is being made, changed, failed over or deleted. */
  idle(): Promise<void>;
}

/** ElastiCache: one control plane for each Region that is asked for, over one Engine of real processes. */
export const createElastiCache = (world: World, options: ElastiCacheOptions): Service & ElastiCacheHandle => {
  const quotas: Quotas = { ...DEFAULT_QUOTAS, ...options.quotas };
  const delays: Delays = { ...DEFAULT_DELAYS, ...options.delays };
  const switches = createSwitches();
  const failovers = createFailoverSwitches();
  const tokens = createTokenSwitches();
  const jobs = createJobs((line) => world.log('elasticache', line));
  const planes = new Map<string, ControlPlane>();
  let metrics: MetricsPublisher | undefined;
  let logs: LogDeliverer | undefined;
  const memcached =
    options.memcached ??
    createMemcached({
      folder: path.join(world.folder, 'elasticache', 'memcached'),
      logFolder: path.join(world.folder, 'logs', 'nodes'),
    });
  putServiceLinkedRole(world);

  const planeOf = ({ region }: { readonly region: string }): ControlPlane => {
    const known = planes.get(region);
    if (known) return known;
    const state = newRegion(region, world.accountId);
    const plane: ControlPlane = {
      world,
      region,
      accountId: world.accountId,
      state,
      quotas,
      delays,
      switches,
      failovers,
      tokens,
      jobs,
      journal: createJournal(state, world.clock),
      notify: createNotify(world, region),
      network: options.network?.(region) ?? ec2Network(world, region),
      engines: createRunningCaches(options.engine, state),
      memcached: createRunningClusters(memcached, state),
    };
    planes.set(region, plane);
    return plane;
  };

  return {
    name: 'elasticache',
    api: {
      signingName: 'elasticache',
      iamPrefix: 'elasticache',
      sdk,
      Client: sdk.ElastiCacheClient,
      operations: operationsFor(planeOf),
    },
    start() {
      metrics = startMetrics(world.clock, () => planes.values());
      logs = startLogDelivery(world.clock, () => planes.values());
    },
    async stop() {
      await metrics?.stop();
      await logs?.stop();
      for (const { state } of planes.values()) {
        for (const cache of [...allCaches(state), ...state.memcached.all()]) cache.cancelMaintenance?.();
      }
      // A creation that is under way ends with its processes; then those of all other caches end.
      await jobs.stop();
      await Promise.all([...planes.values()].map(({ engines }) => engines.stopAll()));
      await memcached.stop();
      await rm(path.join(world.folder, 'snapshots'), { recursive: true, force: true });
    },
    quotas,
    failNextCreation: switches.failNext,
    failNextSnapshot: switches.failNextSnapshot,
    failNextFailover: failovers.failNext,
    get repeatedRotation() {
      return tokens.repeatedRotation;
    },
    set repeatedRotation(reading) {
      tokens.repeatedRotation = reading;
    },
    failNextTokenChange: tokens.failNext,
    holdNextTokenChange: tokens.holdNext,
    forgetNodeInNextTokenChange: tokens.forgetNodeInNext,
    dropConnectionsInNextTokenChange: tokens.dropConnectionsInNext,
    announceServiceUpdate: (region, cacheId, announcement = {}) => announce(planeOf({ region }), cacheId, announcement),
    pauseCreation: switches.pause,
    running(region, id) {
      const plane = planeOf({ region });
      const cache = plane.state.groups.get(id) ?? plane.state.clusters.get(id);
      return cache && plane.engines.get(cache);
    },
    runningMemcached(region, id) {
      const plane = planeOf({ region });
      const cluster = plane.state.memcached.get(id);
      return cluster && plane.memcached.get(cluster);
    },
    idle: jobs.idle,
  };
};

/** What AWS has in a Region before anybody makes anything: the default parameter groups and the default user. */
const newRegion = (region: string, accountId: string): RegionState => {
  const state = createRegionState();
  for (const family of FAMILIES) {
    const modes = (REDIS_FAMILIES as readonly string[]).includes(family) ? [false, true] : [false];
    for (const clusterMode of modes) {
      const name = defaultGroupName(family, clusterMode);
      state.parameterGroups.put(name, {
        name,
        arn: arnOf(region, accountId, 'parametergroup', name),
        family,
        description: `Default parameter group for ${family}${clusterMode ? ' with cluster mode on' : ''}`,
        isDefault: true,
        values: new Map(clusterMode ? [['cluster-enabled', 'yes']] : []),
        tags: new Map(),
      });
    }
  }
  state.users.put(DEFAULT_USER_ID, {
    id: DEFAULT_USER_ID,
    arn: arnOf(region, accountId, 'user', DEFAULT_USER_ID),
    name: 'default',
    status: 'active',
    settings: { engine: 'redis', accessString: 'on ~* +@all', passwordHashes: [], noPasswordRequired: true },
    tags: new Map(),
  });
  return state;
};
