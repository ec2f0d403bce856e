import { DescribeSnapshotsCommand, type ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { isNamed } from './aws-errors.ts';

export interface SnapshotSeen {
  readonly name: string;
  /** creating, available, restoring, copying, deleting, or failed. */
  readonly status: string;
  /** As ElastiCache writes it, e.g. `12 MB`; of all shards that tell it. */
  readonly sizes: readonly string[];
}

/** ElastiCache's snapshots, as far as we need to look at them. */
export interface Snapshots {
  find(name: string): Promise<SnapshotSeen | undefined>;
}

export const elastiCacheSnapshots = (client: ElastiCacheClient): Snapshots => ({
  async find(name) {
    try {
      const { Snapshots: found = [] } = await client.send(
        new DescribeSnapshotsCommand({ SnapshotName: name, ShowNodeGroupConfig: true }),
      );
      const [snapshot] = found;
      return (
        snapshot && {
          name,
          status: snapshot.SnapshotStatus ?? 'unknown',
          sizes: (snapshot.NodeSnapshots ?? []).flatMap(({ CacheSize }) => CacheSize ?? []),
        }
      );
    } catch (error) {
      if (isNamed(error, 'SnapshotNotFoundFault')) return undefined;
      throw error;
    }
  },
});
