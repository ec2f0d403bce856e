import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import type { RunningMemcached } from '../../../engine/memcached/types.ts';
import type { ControlPlane } from '../control-plane.ts';
import { type MemcachedReading, memcachedMetrics } from './node-metrics.ts';
import type { MemcachedCluster } from './state.ts';

/** Readings of the minute before, by node; they go when the cluster's processes go. */
export type MemcachedReadings = WeakMap<RunningMemcached, Map<string, MemcachedReading>>;

/** One minute of every memcached node of a Region, with the dimensions of the node. */
export const sampleMemcached = async (
  plane: ControlPlane,
  readings: MemcachedReadings,
  Timestamp: Date,
): Promise<readonly MetricDatum[]> => {
  const samples = await Promise.all(
    plane.state.memcached.all().map((cluster) => sampleOf(plane, cluster, readings, Timestamp)),
  );
  return samples.flat();
};

const sampleOf = async (
  plane: ControlPlane,
  cluster: MemcachedCluster,
  readings: MemcachedReadings,
  Timestamp: Date,
): Promise<readonly MetricDatum[]> => {
  const running = plane.memcached.get(cluster);
  if (!running) return [];
  const ofCluster = readings.get(running) ?? new Map<string, MemcachedReading>();
  readings.set(running, ofCluster);
  const ofNodes = await Promise.all(
    running.nodeIds.map(async (nodeId): Promise<readonly MetricDatum[]> => {
      const before = ofCluster.get(nodeId);
      // A node that does not answer has no sample, as on AWS.
      const stats = await running.stats(nodeId).catch(() => undefined);
      if (!stats) return [];
      const after: MemcachedReading = { stats, configurationGets: running.configurationGets(nodeId) };
      ofCluster.set(nodeId, after);
      const Dimensions = [
        { Name: 'CacheClusterId', Value: cluster.id },
        { Name: 'CacheNodeId', Value: nodeId },
      ];
      return before ? memcachedMetrics(before, after).map((metric) => ({ ...metric, Dimensions, Timestamp })) : [];
    }),
  );
  return ofNodes.flat();
};
