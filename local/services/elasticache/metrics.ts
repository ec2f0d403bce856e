import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.ts';
import type { ControlPlane } from './control-plane.ts';
import { type MemcachedReadings, sampleMemcached } from './memcached/sample.ts';
import { nodeMetrics, type Reading } from './node-metrics.ts';
import { serviceLinkedRole } from './service-linked-role.ts';
import { allNodes, type FoundNode } from './state/region-state.ts';

/** Every node has one sample a minute (ElastiCache guide, monitoring). */
const PERIOD_MS = 60_000;
/** Metrics that one call takes (CloudWatch API reference, PutMetricData). */
const MOST_METRICS = 1000;

export interface MetricsPublisher {
  /** Resolves when the minute that is being sent, if any, is done. */
  stop(): Promise<void>;
}

/**
 * Sends each node's figures to CloudWatch, once a minute of the account's clock.
 *
 * @param planes the Regions that are in use now
 */
export const startMetrics = (clock: Clock, planes: () => Iterable<ControlPlane>): MetricsPublisher => {
  const readings = new Map<string, Reading>();
  const memcachedReadings: MemcachedReadings = new WeakMap();
  let cancel = () => {};
  let sending = Promise.resolve();
  let isStopped = false;

  const minute = async (at: Date) => {
    const nodes = new Set<string>();
    for (const plane of planes()) {
      const samples: MetricDatum[] = [];
      for (const found of allNodes(plane.state)) {
        nodes.add(found.node.arn);
        samples.push(...(await sampleOf(plane, found, readings, at)));
      }
      samples.push(...(await sampleMemcached(plane, memcachedReadings, at)));
      await send(plane, samples);
    }
    for (const arn of readings.keys()) if (!nodes.has(arn)) readings.delete(arn);
  };

  const arm = () => {
    if (isStopped) return;
    const next = Math.floor(clock.now() / PERIOD_MS + 1) * PERIOD_MS;
    cancel = clock.after(next - clock.now(), () => {
      sending = minute(new Date(next)).finally(arm);
    });
  };

  arm();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await sending;
    },
  };
};

/** Each metric for the cluster and for its one node. A node that does not answer has no sample, as on AWS. */
const sampleOf = async (
  plane: ControlPlane,
  { cache, node }: FoundNode,
  readings: Map<string, Reading>,
  Timestamp: Date,
): Promise<readonly MetricDatum[]> => {
  const info = await plane.engines
    .get(cache)
    ?.info(node.id)
    .catch(() => undefined);
  const before = readings.get(node.arn);
  if (!info) return [];
  const after: Reading = { info, atMs: performance.now() };
  readings.set(node.arn, after);
  if (!before) return [];
  const ofCluster = [{ Name: 'CacheClusterId', Value: node.id }];
  const ofNode = [...ofCluster, { Name: 'CacheNodeId', Value: '0001' }];
  const metrics = nodeMetrics(before, after);
  return [ofCluster, ofNode].flatMap((Dimensions) => metrics.map((metric) => ({ ...metric, Dimensions, Timestamp })));
};

/** Never throws: metrics are best effort, and the log says which minute is missing. */
const send = async (plane: ControlPlane, samples: readonly MetricDatum[]): Promise<void> => {
  const client = plane.world.client(CloudWatchClient, serviceLinkedRole(plane.accountId), plane.region);
  try {
    for (let first = 0; first < samples.length; first += MOST_METRICS) {
      const MetricData = samples.slice(first, first + MOST_METRICS);
      await client.send(new PutMetricDataCommand({ Namespace: 'AWS/ElastiCache', MetricData }));
    }
  } catch (error) {
    plane.world.log(
      'elasticache',
      `CloudWatch did not take the metrics of ${plane.region}: ${(error as Error).message}`,
    );
  }
};
