import { type CacheSeen, readSignature } from '../platform/caches.ts';
import { parameterGroupName } from '../platform/names.ts';
import type { Observation } from './observation.ts';
import { besidesOf, familyOf } from './rules/parameters.ts';
import { shapeOf } from './rules/topology.ts';
import type { CreationPlan } from './schemas.ts';
import type { CacheSpec } from './spec.ts';

type Difference = CreationPlan['differences'][number];

/**
 * Where an existing cache is not as specified, field by field. What the specification leaves open is not compared, and a
 * key given by its alias cannot be: ElastiCache answers with the key itself.
 */
export const differencesBetween = (spec: CacheSpec, cache: CacheSeen, seen: Observation): Difference[] => {
  const shape = shapeOf(spec);
  const nodesPerShard = shape.replicasPerShard + 1;
  const differences: Difference[] = [];
  const compare = (field: string, wanted: unknown, found: unknown, equal = same(wanted, found)) => {
    if (wanted !== undefined && !equal) differences.push({ field, wanted, found: found ?? null });
  };

  compare('description', spec.description, readSignature(cache.description).description);
  compare('engine', spec.engine, cache.engine);
  compare('engineVersion', spec.engineVersion, cache.engineVersion, isVersion(spec.engineVersion, cache.engineVersion));
  compare('cacheNodeType', spec.cacheNodeType, cache.nodeType);
  compare('clusterMode', shape.clusterMode, cache.clusterMode);
  compare('shards', shape.shards, cache.shards.length);
  for (const shard of cache.shards) {
    compare(
      `shards.${shard.id}.replicas`,
      shape.replicasPerShard,
      shard.nodeCount - 1,
      shard.nodeCount === nodesPerShard,
    );
  }
  compare('automaticFailoverEnabled', spec.automaticFailoverEnabled, cache.automaticFailover);
  compare('multiAZEnabled', spec.multiAZEnabled, cache.multiAZ);
  compare('transitEncryptionEnabled', spec.transitEncryptionEnabled ?? false, cache.tls);
  compare('atRestEncryptionEnabled', spec.atRestEncryptionEnabled, cache.atRestEncryption);
  compare('authToken', spec.authToken !== undefined, cache.authToken);
  if (spec.kmsKeyId?.startsWith('arn:') && !spec.kmsKeyId.includes(':alias/')) {
    compare('kmsKeyId', spec.kmsKeyId, cache.kmsKeyId);
  }
  compare('snapshotRetentionLimit', spec.snapshotRetentionLimit, cache.snapshotRetentionDays);
  compare('snapshotWindow', spec.snapshotWindow, cache.snapshotWindow);
  compare('preferredMaintenanceWindow', spec.preferredMaintenanceWindow?.toLowerCase(), cache.maintenanceWindow);
  compare('cacheSubnetGroupName', spec.cacheSubnetGroupName?.toLowerCase(), cache.subnetGroup);
  compare('securityGroupIds', spec.securityGroupIds?.toSorted(), cache.securityGroupIds.toSorted());
  compare('cacheParameterGroupName', spec.cacheParameterGroupName, cache.parameterGroup);
  if (spec.parameters) {
    compare('parameterGroup', parameterGroupName(spec.cacheId, familyOf(spec, seen)), cache.parameterGroup);
    for (const [name, value] of Object.entries(spec.parameters)) {
      compare(`parameters.${name}`, value, seen.parameterGroup?.values[name]);
    }
    const besides = besidesOf(spec, seen).map(([name, found]) => ({
      field: `parameters.${name}`,
      wanted: null,
      found,
    }));
    differences.push(...besides);
  }
  for (const [key, value] of Object.entries(spec.tags ?? {})) compare(`tags.${key}`, value, cache.tags?.[key]);
  return differences;
};

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** `7.1` is the version of a cache that says `7.1.0`: ElastiCache adds the patch. */
const isVersion = (wanted: string, found: string | undefined): boolean =>
  found === wanted || (found?.startsWith(`${wanted}.`) ?? false);
