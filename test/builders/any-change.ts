import fc from 'fast-check';
import { windowsApartRule } from '../../functions/creation/rules/windows.ts';
import type { CacheSeen } from '../../functions/platform/caches.ts';
import { parameterGroupName } from '../../functions/platform/names.ts';
import { aMemcachedCache, aMemcachedSpec } from './a-memcached-cache.ts';
import { aSpec } from './a-spec.ts';
import { type AccountSeen, SHARED_GROUP } from './account-seen.ts';
import { aCache, anObservation, aSecurityGroup } from './an-observation.ts';
import { termsToAct } from './terms.ts';

/** A specification that may be asked for, and a cache in any state that may be found before it, of the same kind. */
export interface AnyChange {
  readonly start: AccountSeen;
  /** One after the other. */
  readonly specs: readonly Readonly<Record<string, unknown>>[];
}

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const snapshotWindows = fc.constantFrom('01:00-02:00', '03:00-04:00', '12:00-13:30');
/** The last one overlaps with a snapshot window. */
const maintenanceWindows = fc.constantFrom('sun:05:00-sun:06:00', 'mon:08:00-mon:09:00', 'tue:12:30-tue:13:30');

/** Whether the service takes these two together; one that is left out is taken with any. */
export const areApart = (snapshotWindow: string | undefined, maintenanceWindow: string | undefined): boolean =>
  windowsApartRule({ snapshotWindow, preferredMaintenanceWindow: maintenanceWindow }).length === 0;

const tags = fc.dictionary(fc.constantFrom('Environment', 'Team', 'Owner'), fc.constantFrom('a', 'b'));
const groups = fc.constantFrom(['sg-1'], ['sg-2'], ['sg-1', 'sg-2']);
const slow = { logType: 'slow-log', destinationType: 'cloudwatch-logs', destination: 'slow', logFormat: 'json' };
const engine = { logType: 'engine-log', destinationType: 'cloudwatch-logs', destination: 'engine', logFormat: 'text' };
const logs = fc.constantFrom([], [slow], [engine], [slow, engine], [{ ...slow, logFormat: 'text' }]);

/** What any cache may be asked for. */
const ofBoth = {
  description: maybe(fc.constantFrom('One', 'Two')),
  preferredMaintenanceWindow: maybe(maintenanceWindows),
  autoMinorVersionUpgrade: maybe(fc.boolean()),
  securityGroupIds: maybe(groups),
  tags: maybe(tags),
};

/** What any cache may be found with. */
const foundOfBoth = {
  maintenanceWindow: maintenanceWindows,
  autoMinorVersionUpgrade: fc.boolean(),
  securityGroupIds: groups,
  notificationTopicArn: fc.constantFrom('', termsToAct().notificationTopicArn),
  foreignTags: tags,
  parameterStatus: fc.constantFrom('in-sync', 'in-sync', 'pending-reboot'),
};

/** Whom a cache lets in, and how: each as a specification says it. */
const TLS = { transitEncryptionEnabled: true };
const PREFERRED = { ...TLS, transitEncryptionMode: 'preferred' };
const users = (id: string) => ({ userGroupIds: [id], userSecretName: 'autopilot/verifier' });
const security = fc.constantFrom<Readonly<Record<string, unknown>>>(
  {},
  PREFERRED,
  TLS,
  { ...PREFERRED, ...users('ug-a') },
  { ...TLS, authToken: { generate: true } },
  { ...TLS, authToken: { generate: true } },
  { ...TLS, ...users('ug-a') },
  { ...TLS, ...users('ug-b') },
);

const redisParameters = fc.record(
  {
    'maxmemory-policy': fc.constantFrom('allkeys-lfu', 'noeviction'),
    activerehashing: fc.constantFrom('yes', 'no'),
    databases: fc.constantFrom('16', '32'),
  },
  { requiredKeys: [] },
);

/** ElastiCache restarts no node of a cache with cluster mode: there such a value is refused, which has its own test. */
const withoutBootValues = <Values extends { databases?: string }>({ databases: _, ...rest }: Values) => rest;

const redisSpec = (isCluster: boolean) =>
  fc
    .record({
      shards: fc.integer({ min: 1, max: 6 }),
      replicas: fc.integer({ min: 0, max: 5 }),
      failover: maybe(fc.boolean()),
      multiAZ: maybe(fc.boolean()),
      security,
      parameters: fc.oneof(maybe(redisParameters), fc.constant('shared' as const)),
      rest: fc.record({
        cacheNodeType: fc.constantFrom('cache.r7g.large', 'cache.r7g.xlarge', 'cache.r6g.large'),
        engineVersion: fc.constantFrom('7.0', '7.1', '7.1'),
        snapshotRetentionLimit: maybe(fc.integer({ min: 0, max: 35 })),
        snapshotWindow: maybe(snapshotWindows),
        logDeliveryConfigurations: maybe(logs),
        ...ofBoth,
      }),
    })
    .map(({ shards, replicas, failover, multiAZ, security: who, parameters, rest }) => {
      const canFailOver = replicas > 0;
      const automaticFailoverEnabled = isCluster ? failover && true : failover && canFailOver;
      return aSpec({
        ...rest,
        snapshotWindow: areApart(rest.snapshotWindow, rest.preferredMaintenanceWindow)
          ? rest.snapshotWindow
          : undefined,
        authToken: undefined,
        transitEncryptionEnabled: undefined,
        ...(isCluster
          ? { numNodeGroups: shards, replicasPerNodeGroup: replicas }
          : { numNodeGroups: undefined, replicasPerNodeGroup: undefined, numCacheClusters: replicas + 1 }),
        automaticFailoverEnabled: isCluster && failover === false ? undefined : automaticFailoverEnabled,
        multiAZEnabled: multiAZ && canFailOver && (isCluster || automaticFailoverEnabled === true),
        ...who,
        parameters:
          parameters === 'shared' ? undefined : isCluster && parameters ? withoutBootValues(parameters) : parameters,
        cacheParameterGroupName: parameters === 'shared' && !isCluster ? SHARED_GROUP.name : undefined,
      });
    });

const DEFAULT_GROUPS = { redis6: 'default.redis6.x', redis7: 'default.redis7' };

const redisStart = (isCluster: boolean) =>
  fc
    .record({
      counts: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: isCluster ? 6 : 1 }),
      failover: fc.boolean(),
      multiAZ: fc.boolean(),
      security,
      values: redisParameters,
      group: fc.constantFrom('own', 'shared', 'default'),
      isKept: fc.constantFrom('not', 'without more', 'with all'),
      secret: fc.constantFrom(undefined, { arn: 'arn:secret', deletionScheduled: false }),
      engineVersion: fc.constantFrom('6.2.6', '7.0.7', '7.1.0'),
      found: fc.record({
        nodeType: fc.constantFrom('cache.r7g.large', 'cache.r7g.xlarge', 'cache.r6g.large'),
        snapshotRetentionDays: fc.integer({ min: 0, max: 35 }),
        snapshotWindow: snapshotWindows,
        logDelivery: logs,
      }),
      foundOfBoth: fc.record(foundOfBoth),
    })
    .map((any): AccountSeen => {
      const { foreignTags, parameterStatus, ...both } = any.foundOfBoth;
      const isAlone = any.counts.some((count) => count < 2);
      const automaticFailover = isCluster || (any.failover && !isAlone);
      const isOld = any.engineVersion === '6.2.6';
      const who = isOld && any.security.transitEncryptionMode ? {} : any.security;
      const cluster = isCluster ? '.cluster.on' : '';
      const own = parameterGroupName('orders', 'redis7');
      const usesOwn = any.group === 'own' && !isOld;
      const parameterGroup = usesOwn
        ? own
        : any.group === 'shared' && !isCluster && !isOld
          ? SHARED_GROUP.name
          : `${isOld ? DEFAULT_GROUPS.redis6 : DEFAULT_GROUPS.redis7}${cluster}`;
      const values = isCluster ? { ...withoutBootValues(any.values), 'cluster-enabled': 'yes' } : any.values;
      const authToken = who.authToken !== undefined;
      const kept = {
        cacheId: 'orders',
        ...(any.isKept === 'with all' ? { ...who, tags: foreignTags, parameters: {} } : {}),
      };
      const cache: CacheSeen = aCache({
        ...both,
        ...any.found,
        snapshotWindow: areApart(any.found.snapshotWindow, both.maintenanceWindow)
          ? any.found.snapshotWindow
          : '03:00-04:00',
        engineVersion: any.engineVersion,
        clusterMode: isCluster,
        shards: any.counts.map((nodeCount, index) => ({ id: `000${index * 2 + 1}`, status: 'available', nodeCount })),
        members: Array.from({ length: isCluster ? 1 : (any.counts[0] ?? 1) }, (_, index) => ({
          id: `orders-00${index + 1}`,
          parameterStatus: isCluster ? 'in-sync' : parameterStatus,
          role: index === 0 ? ('primary' as const) : ('replica' as const),
        })),
        automaticFailover,
        multiAZ: any.multiAZ && automaticFailover && !isAlone,
        tls: who.transitEncryptionEnabled === true,
        tlsMode: who.transitEncryptionEnabled ? (who.transitEncryptionMode ? 'preferred' : 'required') : undefined,
        authToken,
        userGroupIds: (who.userGroupIds as string[] | undefined) ?? [],
        parameterGroup,
        port: 6379,
        tags: { ...aCache().tags, ...foreignTags },
      });
      return account(cache, {
        parameterGroup: usesOwn ? { family: 'redis7', values } : undefined,
        secret: authToken ? { arn: 'arn:secret', deletionScheduled: false } : any.secret,
        remembered: any.isKept === 'not' ? undefined : kept,
        // Only who knows that the last specification had none takes the token for one that is merely offered.
        tokenIsOptional: authToken && any.isKept === 'without more',
      });
    });

const memcachedParameters = fc.record(
  { chunk_size: fc.constantFrom('48', '96'), max_item_size: fc.constantFrom('1', '2') },
  { requiredKeys: [] },
);

const memcachedSpec = fc
  .record({
    numCacheNodes: fc.integer({ min: 1, max: 6 }),
    engineVersion: fc.constantFrom('1.6.17', '1.6.22', '1.6.22'),
    parameters: maybe(memcachedParameters),
    multiAZEnabled: maybe(fc.constant(false)),
    dataTieringEnabled: maybe(fc.constant(false)),
    snapshotRetentionLimit: maybe(fc.constant(0)),
    ...ofBoth,
  })
  .map((spec) => aMemcachedSpec(spec));

const memcachedStart = fc
  .record({
    nodeIds: fc.uniqueArray(fc.constantFrom('0001', '0002', '0003', '0005', '0008'), { minLength: 1 }),
    engineVersion: fc.constantFrom('1.6.17', '1.6.22'),
    values: maybe(memcachedParameters),
    foundOfBoth: fc.record(foundOfBoth),
  })
  .map(({ nodeIds, engineVersion, values, foundOfBoth: { foreignTags, parameterStatus, ...both } }): AccountSeen => {
    const cache = aMemcachedCache({
      ...both,
      engineVersion,
      shards: [{ id: '0001', status: 'available', nodeCount: nodeIds.length }],
      members: [{ id: 'sessions', parameterStatus, nodeIds }],
      parameterGroup: values ? parameterGroupName('sessions', 'memcached1.6') : 'default.memcached1.6',
      tags: { ...aMemcachedCache().tags, ...foreignTags },
    });
    return account(cache, { parameterGroup: values && { family: 'memcached1.6', values } });
  });

const account = (cache: CacheSeen, more: Partial<AccountSeen>): AccountSeen => ({
  ...anObservation({
    securityGroups: ['sg-1', 'sg-2'].map((id) => aSecurityGroup({ id })),
    userGroups: ['ug-a', 'ug-b'].map((id) => ({ id, status: 'active', engine: 'redis' })),
    logGroups: ['slow', 'engine'],
    nodeTypeOffered: true,
  }),
  ...more,
  cache,
});

/** The specification with TLS and access as the cache has them. */
const withSecurityOf = (
  { tls, tlsMode, authToken, userGroupIds: [id] = [] }: CacheSeen,
  spec: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  const {
    transitEncryptionEnabled: _tls,
    transitEncryptionMode: _mode,
    authToken: _token,
    userGroupIds: _users,
    userSecretName: _secret,
    ...rest
  } = spec;
  return {
    ...rest,
    ...(tls ? { ...TLS, transitEncryptionMode: tlsMode ?? 'required' } : {}),
    ...(authToken ? { authToken: { generate: true } } : {}),
    ...(id ? users(id) : {}),
  };
};

/** Most changes of who is let in need another cache: two thirds of the specifications leave it as it is, to get further. */
const change = (
  start: fc.Arbitrary<AccountSeen>,
  spec: fc.Arbitrary<Readonly<Record<string, unknown>>>,
): fc.Arbitrary<AnyChange> =>
  fc
    .record({ start, specs: fc.tuple(spec, spec), keep: fc.constantFrom([true, true], [true, false], [false, true]) })
    .map((any) => ({
      start: any.start,
      specs: any.specs.map((one, index) =>
        any.keep[index] && any.start.cache.engine === 'redis' ? withSecurityOf(any.start.cache, one) : one,
      ),
    }));

/** Changes of caches with cluster mode, of pairs and single nodes, and of Memcached. */
export const anyChange: Readonly<Record<string, fc.Arbitrary<AnyChange>>> = {
  'cluster mode': change(redisStart(true), redisSpec(true)),
  'pairs and single nodes': change(redisStart(false), redisSpec(false)),
  Memcached: change(memcachedStart, memcachedSpec),
};
