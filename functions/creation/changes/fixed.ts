import { shapeOf } from '../rules/topology.ts';
import type { Fault } from '../schemas.ts';
import type { Changer } from './change.ts';
import { isSameKey } from './keys.ts';
import { asSpecified, isMinorUpgrade, isOlder, isUpgradedByItself } from './versions.ts';

const NO_SNAPSHOT = 'Create a cache under another id, move the applications there, and delete this one.';
const WAY =
  'Take a snapshot, create a cache from it under another id, move the applications there, and delete this one.';

/**
 * What is decided when a cache is created, once and for all (ModifyReplicationGroup has no field for it, or takes it one
 * way only): another value needs another cache.
 */
export const fixedFields: Changer = ({ spec, cache, seen }) => {
  const { clusterMode } = shapeOf(spec);
  const remedy = cache.kind === 'cluster' ? NO_SNAPSHOT : WAY;
  const fixed: readonly { path: string; wanted: unknown; found: unknown; rule: string }[] = [
    {
      path: 'engine',
      wanted: spec.engine,
      found: cache.engine ?? spec.engine,
      rule: `The engine of ${cache.cacheId} is ${cache.engine}, and the autopilot does not change it in place.`,
    },
    {
      path: 'numNodeGroups',
      wanted: clusterMode,
      found: cache.clusterMode,
      rule: `${cache.cacheId} was created with cluster mode ${cache.clusterMode ? 'enabled' : 'disabled'}, which stays.`,
    },
    {
      path: 'atRestEncryptionEnabled',
      wanted: spec.atRestEncryptionEnabled ?? cache.atRestEncryption,
      found: cache.atRestEncryption,
      rule: 'Encryption at rest is decided when a cache is created.',
    },
    {
      path: 'kmsKeyId',
      wanted:
        spec.kmsKeyId !== undefined && isSameKey(spec.kmsKeyId, cache.kmsKeyId) === false
          ? spec.kmsKeyId
          : cache.kmsKeyId,
      found: cache.kmsKeyId,
      rule: 'The key for encryption at rest is decided when a cache is created.',
    },
    {
      path: 'cacheSubnetGroupName',
      wanted: spec.cacheSubnetGroupName?.toLowerCase() ?? cache.subnetGroup,
      found: cache.subnetGroup,
      rule: `${cache.cacheId} lives in the subnet group ${cache.subnetGroup}, and cannot move.`,
    },
    {
      path: 'port',
      wanted: spec.port ?? cache.port,
      found: cache.port,
      rule: `${cache.cacheId} listens on port ${cache.port}, for good.`,
    },
    {
      path: 'dataTieringEnabled',
      // Of Memcached ElastiCache does not tell it: there it is off.
      wanted: spec.dataTieringEnabled ?? cache.dataTiering ?? false,
      found: cache.dataTiering ?? false,
      rule: 'Data tiering is decided when a cache is created.',
    },
  ];
  const ofMemcached: typeof fixed = [
    {
      path: 'cacheNodeType',
      wanted: spec.cacheNodeType,
      found: cache.nodeType,
      rule: `The nodes of ${cache.cacheId} are ${cache.nodeType}, and ElastiCache does not move Memcached to others.`,
    },
    {
      path: 'transitEncryptionEnabled',
      wanted: spec.transitEncryptionEnabled ?? cache.tls,
      found: cache.tls,
      rule: 'Whether Memcached speaks TLS is decided when it is created.',
    },
  ];
  const refused: Fault[] = [...fixed, ...(cache.kind === 'cluster' ? ofMemcached : [])]
    .filter(({ wanted, found }) => wanted !== found)
    .map(({ path, rule }) => ({ path, value: spec[path as keyof typeof spec], rule, remedy }));
  const { engineVersion: found } = cache;
  if (found !== undefined && isOlder(spec.engineVersion, found) && !isUpgradedByItself(spec, seen)) {
    const rule = `${cache.cacheId} runs ${cache.engine} ${found}, and ElastiCache never goes back to an older version.`;
    const write = `Write engineVersion: "${asSpecified(found, seen.engineVersions)}" if the cache may stay as it is.`;
    refused.push({
      path: 'engineVersion',
      value: spec.engineVersion,
      rule,
      remedy: isMinorUpgrade(spec.engine, spec.engineVersion, found) ? write : remedy,
    });
  }
  return { refused };
};
