import { isOlder } from '../changes/versions.ts';
import type { Fault } from '../schemas.ts';
import { isKnown, type ReadableSpec } from '../spec.ts';
import { faultsOf, type SpecRule } from './rule.ts';
import { MEMCACHED_NODES } from './topology.ts';

type Absent = readonly [field: keyof ReadableSpec & string, isWanted: (spec: ReadableSpec) => boolean, what: string];

/** What Memcached does not have (ElastiCache guide, "Comparing engines"). A value that turns it off is fine. */
const ABSENT: readonly Absent[] = [
  ['snapshotRetentionLimit', ({ snapshotRetentionLimit = 0 }) => snapshotRetentionLimit !== 0, 'Snapshots do'],
  ['snapshotWindow', ({ snapshotWindow }) => snapshotWindow !== undefined, 'Snapshots do'],
  ['multiAZEnabled', ({ multiAZEnabled }) => multiAZEnabled === true, 'Replicas in other zones do'],
  ['automaticFailoverEnabled', ({ automaticFailoverEnabled }) => automaticFailoverEnabled === true, 'Failovers do'],
  ['numNodeGroups', ({ numNodeGroups }) => numNodeGroups !== undefined, 'Shards do'],
  ['replicasPerNodeGroup', ({ replicasPerNodeGroup = 0 }) => replicasPerNodeGroup !== 0, 'Replicas do'],
  ['numCacheClusters', ({ numCacheClusters }) => numCacheClusters !== undefined, 'Replicas do'],
  ['authToken', ({ authToken }) => authToken !== undefined, 'AUTH tokens do'],
  ['userGroupIds', ({ userGroupIds }) => userGroupIds !== undefined, 'User groups do'],
  ['userSecretName', ({ userSecretName }) => userSecretName !== undefined, 'Users do'],
  ['transitEncryptionMode', ({ transitEncryptionMode }) => transitEncryptionMode === 'preferred', 'TLS by choice does'],
  [
    'atRestEncryptionEnabled',
    ({ atRestEncryptionEnabled }) => atRestEncryptionEnabled === true,
    'Encryption at rest does',
  ],
  ['kmsKeyId', ({ kmsKeyId }) => kmsKeyId !== undefined, 'Encryption at rest does'],
  ['dataTieringEnabled', ({ dataTieringEnabled }) => dataTieringEnabled === true, 'Data tiering does'],
  [
    'logDeliveryConfigurations',
    ({ logDeliveryConfigurations = [] }) => logDeliveryConfigurations.length > 0,
    'Log delivery does',
  ],
];

/** TLS came with Memcached 1.6.12 (ElastiCache guide, data security); it is decided when the cache is created. */
const OLDEST_WITH_TLS = '1.6.12';

export const memcachedRule: SpecRule = (spec) => {
  if (spec.engine !== 'memcached') return [];
  const { numCacheNodes, transitEncryptionEnabled, engineVersion } = spec;
  const [least, most] = MEMCACHED_NODES;
  return [
    ...ABSENT.flatMap(([field, isWanted, what]): Fault[] =>
      faultsOf(field, spec[field], {
        broken: isWanted(spec),
        rule: `${what} not exist for Memcached.`,
        remedy: `Remove ${field}, or choose the engine valkey.`,
      }),
    ),
    ...faultsOf('numCacheNodes', numCacheNodes, {
      broken:
        isKnown(spec, 'numCacheNodes') &&
        (numCacheNodes === undefined || numCacheNodes < least || numCacheNodes > most),
      rule: `Memcached needs numCacheNodes, ${least} to ${most}.`,
      remedy: 'Say how many nodes the cache has.',
    }),
    ...faultsOf('transitEncryptionEnabled', transitEncryptionEnabled, {
      broken:
        transitEncryptionEnabled === true && engineVersion !== undefined && isOlder(engineVersion, OLDEST_WITH_TLS),
      rule: `Encryption in transit needs Memcached ${OLDEST_WITH_TLS}.`,
      remedy: 'Choose a later engineVersion, or set transitEncryptionEnabled: false.',
    }),
  ];
};
