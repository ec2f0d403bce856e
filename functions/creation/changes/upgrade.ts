import { createHash } from 'node:crypto';
import { type ChangeContext, type Changer, modification } from './change.ts';
import { changesFamily, wantedParameterGroup } from './parameters.ts';
import { isOlder, isVersion } from './versions.ts';

/** An upgrade replaces node after node, each copying its data. */
const UPGRADE_SECONDS = 10_200;

/** The engine only goes forward. ElastiCache fails over shard by shard, so clients reconnect. */
export const upgrade: Changer = (context) => {
  const { spec, cache } = context;
  const { engineVersion: wanted } = spec;
  const found = cache.engineVersion;
  if (found === undefined || isVersion(wanted, found) || isOlder(wanted, found)) return {};
  const group = changesFamily(context) ? groupOfFamily(context) : undefined;
  return {
    steps: [
      modification(
        context,
        { EngineVersion: wanted, ...(group ? { CacheParameterGroupName: group } : {}) },
        {
          id: 'upgrade',
          says: `upgrade ${cache.engine} from ${found} to ${wanted}`,
          fields: ['engineVersion', ...(group ? ['parameterGroup'] : [])],
          // Memcached starts anew with nothing in it (ElastiCache guide, "Version management").
          interrupts: spec.engine === 'memcached' ? 'loses-data' : 'for-a-moment',
          deadlineSeconds: UPGRADE_SECONDS,
        },
      ),
    ],
  };
};

/** Without a group of the new family ElastiCache would refuse a cache whose own group is of the old one. */
const groupOfFamily = (context: ChangeContext): string => {
  const wanted = wantedParameterGroup(context);
  if (wanted) return wanted;
  const { spec, seen, cache } = context;
  const family = seen.engineVersions.find(({ version }) => version === spec.engineVersion)?.family;
  return `default.${family}${cache.clusterMode ? '.cluster.on' : ''}`;
};

/** What a snapshot goes before. */
export type SnapshotPurpose = 'upgrade' | 'restart';

/**
 * One name for each operation and purpose: the same operation finds its own snapshot again. ElastiCache tells no limit for such names; 40
 * characters are known to be taken.
 */
export const snapshotNameOf = (cacheId: string, operationId: string, purpose: SnapshotPurpose): string =>
  `${cacheId.slice(0, 24).replace(/-$/, '')}-before-${createHash('sha256').update(`${operationId} ${purpose}`).digest('hex').slice(0, 8)}`;
