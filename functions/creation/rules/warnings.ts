import { asSpecified, isUpgradedByItself } from '../changes/versions.ts';
import { isKnown } from '../spec.ts';
import { type AccountRule, faultsOf, type SpecRule } from './rule.ts';
import { nodesWanted } from './topology.ts';

/** ElastiCache has a description for replication groups only, so that nobody will read it at the cache itself. */
export const memcachedDescriptionWarning: SpecRule = ({ engine, description }) =>
  faultsOf('description', description, {
    broken: engine === 'memcached' && description !== undefined,
    rule: 'ElastiCache keeps no description of a Memcached cache.',
    remedy: 'Say it with a tag, if it shall be read at the cache.',
  });

/**
 * While clients may come without TLS, those that do send what proves who they are for everybody to read. It stays so: of a
 * cache that asks its clients who they are ElastiCache changes TLS no more (ModifyReplicationGroup).
 */
export const clearTextWarning: SpecRule = ({ engine, transitEncryptionMode, authToken, userGroupIds }) =>
  faultsOf('transitEncryptionMode', transitEncryptionMode, {
    broken:
      engine !== 'memcached' &&
      transitEncryptionMode === 'preferred' &&
      (authToken !== undefined || userGroupIds !== undefined),
    rule: 'Clients that come without TLS send their token or password in the clear.',
    remedy:
      'Create the cache with transitEncryptionMode: required; one that exists keeps its mode as long as it has a token or users.',
  });

/** A cache in one zone goes down with it. With Multi-AZ a second zone is a rule, and this only adds to it. */
export const oneZoneWarning: AccountRule = (spec, { subnetGroup }) =>
  faultsOf('cacheSubnetGroupName', spec.cacheSubnetGroupName, {
    broken:
      subnetGroup?.zones.length === 1 &&
      isKnown(spec, 'multiAZEnabled') &&
      (spec.multiAZEnabled !== true || spec.engine === 'memcached') &&
      (nodesWanted(spec) ?? 0) > 1,
    rule: `All nodes would be in ${subnetGroup?.zones.join()}, the only zone of the subnet group ${subnetGroup?.name}.`,
    remedy: 'Add a subnet in another zone, unless the cache may go down with its zone.',
  });

/** ElastiCache may have upgraded a cache since its specification was written; that is as specified, and not what it says. */
export const upgradedWarning: AccountRule = (spec, seen) => {
  const { cacheId, engine, engineVersion = '' } = seen.cache ?? {};
  return faultsOf('engineVersion', spec.engineVersion, {
    broken: isKnown(spec, 'autoMinorVersionUpgrade') && isUpgradedByItself(spec, seen),
    rule: `${cacheId} runs ${engine} ${engineVersion} by now, since ElastiCache upgrades minor versions by itself.`,
    remedy: `Write engineVersion: "${asSpecified(engineVersion, seen.engineVersions)}", so that the specification says what is there.`,
  });
};
