import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type IsoTime, secondsAfter } from './units.ts';

/** ElastiCache gives a value a minute, and late; what is older than this says nothing of now. */
const FRESH_SECONDS = 300;
const PERIOD_SECONDS = 60;

/** How far replicas are behind their primary, as CloudWatch knows it. */
export interface ReplicationLag {
  /** Seconds by node, the highest of the last five minutes. Nodes that told nothing are missing; only replicas tell. */
  of(nodeIds: readonly string[], now: IsoTime): Promise<ReadonlyMap<string, number>>;
}

export const cloudWatchReplicationLag = (client: CloudWatchClient): ReplicationLag => ({
  async of(nodeIds, now) {
    // A shard has at most six nodes, and a call takes 500 queries (GetMetricData).
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(secondsAfter(now, -FRESH_SECONDS)),
        EndTime: new Date(now),
        MetricDataQueries: nodeIds.map((nodeId, index) => ({
          Id: `node${index}`,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/ElastiCache',
              MetricName: 'ReplicationLag',
              Dimensions: [{ Name: 'CacheClusterId', Value: nodeId }],
            },
            Period: PERIOD_SECONDS,
            Stat: 'Maximum',
          },
        })),
      }),
    );
    return new Map(
      nodeIds.flatMap((nodeId, index): [string, number][] => {
        const { Values = [] } = MetricDataResults.find(({ Id }) => Id === `node${index}`) ?? {};
        return Values.length > 0 ? [[nodeId, Math.max(...Values)]] : [];
      }),
    );
  },
});
