import type { Memcached, MemcachedSettings, RunningMemcached } from '../../../engine/memcached/types.ts';
import { ServiceError } from '../../../service.ts';
import { rebootValues, valuesOf } from '../engine-shape.ts';
import { localMemcachedMegabytes } from '../node-types.ts';
import type { RegionState } from '../state/region-state.ts';
import type { MemcachedCluster, MemcachedNode } from './state.ts';

/** memcached's own limit is "above 1", where ElastiCache allows 1: this comes closest. */
const LEAST_GROWTH = 1.01;

/** How the cluster's nodes are to be started now. */
export const settingsOf = (
  state: RegionState,
  cluster: Pick<MemcachedCluster, 'nodeType' | 'parameterGroupName'>,
): MemcachedSettings => {
  const values = valuesOf(state, cluster);
  const number = (name: string, fallback: number) => Number(values[name] ?? fallback);
  return {
    memoryMegabytes: localMemcachedMegabytes(cluster.nodeType, number('memcached_connections_overhead', 100)),
    largestItemBytes: number('max_item_size', 1024 * 1024),
    chunkBytes: number('chunk_size', 48),
    growthFactor: Math.max(LEAST_GROWTH, number('chunk_size_growth_factor', 1.25)),
    hasCas: values.cas_disabled !== '1',
    evicts: values.error_on_memory_exhausted !== '1',
    mayFlush: values.disable_flush_all !== '1',
    idleSeconds: number('idle_timeout', 0),
  };
};

/** The real processes behind the memcached clusters of one Region. */
export interface RunningClusters {
  /** @throws ServiceError with a sentence when this machine has no memcached and none can be fetched */
  checkReady(): Promise<void>;
  /** Resolves when every node answers. */
  start(cluster: MemcachedCluster): Promise<void>;
  get(cluster: Pick<MemcachedCluster, 'arn'>): RunningMemcached | undefined;
  addNodes(cluster: MemcachedCluster, nodes: readonly MemcachedNode[]): Promise<void>;
  /** Starts these nodes anew, empty, with the parameters as they are now. */
  restart(cluster: MemcachedCluster, nodes: readonly MemcachedNode[]): Promise<void>;
  stop(cluster: Pick<MemcachedCluster, 'arn'>): Promise<void>;
}

export const createRunningClusters = (memcached: Memcached, state: RegionState): RunningClusters => {
  const started = new Map<string, Promise<RunningMemcached>>();
  const running = new Map<string, RunningMemcached>();

  const markStarted = (cluster: MemcachedCluster, nodes: readonly MemcachedNode[]) => {
    for (const node of nodes) node.bootParameters = rebootValues(state, cluster);
  };
  const runningOf = (cluster: MemcachedCluster): RunningMemcached => {
    const found = running.get(cluster.arn);
    if (found) return found;
    throw new Error(`${cluster.id} has no running nodes`);
  };
  const stop = async ({ arn }: Pick<MemcachedCluster, 'arn'>) => {
    const cluster = await started.get(arn)?.catch(() => undefined);
    await cluster?.stop();
    started.delete(arn);
    running.delete(arn);
  };

  return {
    async checkReady() {
      try {
        await memcached.ready();
      } catch (error) {
        // Not a fault of the caller: nothing else of the service is touched by it.
        throw new ServiceError('NotImplemented', (error as Error).message, 501);
      }
    },
    async start(cluster) {
      const { arn, region, id, nodes } = cluster;
      markStarted(cluster, nodes);
      const settings = settingsOf(state, cluster);
      const work = memcached.start({ id: `${region}.${id}`, nodeIds: nodes.map((node) => node.id), settings });
      started.set(arn, work);
      running.set(arn, await work);
    },
    get: ({ arn }) => running.get(arn),
    async addNodes(cluster, nodes) {
      markStarted(cluster, nodes);
      const ids = nodes.map(({ id }) => id);
      await runningOf(cluster).add(ids, settingsOf(state, cluster));
    },
    async restart(cluster, nodes) {
      const settings = settingsOf(state, cluster);
      markStarted(cluster, nodes);
      await Promise.all(nodes.map(({ id }) => runningOf(cluster).restart(id, settings)));
    },
    stop,
  };
};
