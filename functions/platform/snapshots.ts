import {
  DescribeSnapshotsCommand,
  type ElastiCacheClient,
  paginateDescribeSnapshots,
  type Snapshot,
} from '@aws-sdk/client-elasticache';
import { isNamed } from './aws-errors.ts';
import type { CacheSeen } from './caches.ts';

export interface SnapshotSeen {
  readonly name: string;
  /** creating, available, restoring, copying, deleting, or failed. */
  readonly status: string;
  /** As ElastiCache writes it, e.g. `12 MB`; of all shards that tell it. */
  readonly sizes: readonly string[];
  /** When the oldest of its parts was taken, ISO 8601; undefined as long as ElastiCache does not tell of every part. */
  readonly takenAt?: string | undefined;
}

/** ElastiCache's snapshots, as far as we need to look at them. */
export interface Snapshots {
  find(name: string): Promise<SnapshotSeen | undefined>;
  /** Those of a cache, taken by whomever, in any state. */
  of(cache: Pick<CacheSeen, 'cacheId' | 'clusterMode' | 'shards'>): Promise<readonly SnapshotSeen[]>;
}

export const elastiCacheSnapshots = (client: ElastiCacheClient): Snapshots => ({
  async find(name) {
    try {
      const { Snapshots: found = [] } = await client.send(
        new DescribeSnapshotsCommand({ SnapshotName: name, ShowNodeGroupConfig: true }),
      );
      const [snapshot] = found;
      return snapshot && snapshotSeen(snapshot);
    } catch (error) {
      if (isNamed(error, 'SnapshotNotFoundFault')) return undefined;
      throw error;
    }
  },

  async of({ cacheId, clusterMode, shards }) {
    // Without cluster mode a snapshot may be one of a node, which the group's own list need not have.
    const nodes = clusterMode
      ? []
      : shards.flatMap(({ nodes = [] }) => nodes.map(({ id }) => ({ CacheClusterId: id })));
    const lists = await Promise.all(
      [{ ReplicationGroupId: cacheId }, ...nodes].map(async (whose) => {
        const found: SnapshotSeen[] = [];
        try {
          for await (const page of paginateDescribeSnapshots({ client }, { ...whose, ShowNodeGroupConfig: true })) {
            found.push(...(page.Snapshots ?? []).map(snapshotSeen));
          }
        } catch (error) {
          // A node that has just come or gone has no snapshots that the others do not know of.
          if (!isNamed(error, 'CacheClusterNotFoundFault')) throw error;
        }
        return found;
      }),
    );
    return [...new Map(lists.flat().map((snapshot) => [snapshot.name, snapshot])).values()];
  },
});

const snapshotSeen = ({
  SnapshotName = '',
  SnapshotStatus = 'unknown',
  NodeSnapshots = [],
}: Snapshot): SnapshotSeen => {
  const times = NodeSnapshots.map(({ SnapshotCreateTime }) => SnapshotCreateTime?.toISOString());
  const [oldest] = times.flatMap((time) => time ?? []).sort();
  return {
    name: SnapshotName,
    status: SnapshotStatus,
    sizes: NodeSnapshots.flatMap(({ CacheSize }) => CacheSize ?? []),
    takenAt: times.includes(undefined) ? undefined : oldest,
  };
};
