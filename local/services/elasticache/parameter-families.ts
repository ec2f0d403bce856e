import { MEMCACHED_PARAMETERS } from './memcached/parameters.ts';
import type { ParameterValues } from './state/cache.ts';

type RedisFamily = 'redis5.0' | 'redis6.x' | 'redis7' | 'valkey7' | 'valkey8';
export type FamilyName = RedisFamily | 'memcached1.6';

/** Families of redis and valkey, oldest first. Each has a default group for either cluster mode. */
export const REDIS_FAMILIES: readonly RedisFamily[] = ['redis5.0', 'redis6.x', 'redis7', 'valkey7', 'valkey8'];

/** Families that the local account offers. */
export const FAMILIES: readonly FamilyName[] = ['memcached1.6', ...REDIS_FAMILIES];

export const isFamily = (family: string): family is FamilyName => (FAMILIES as readonly string[]).includes(family);

/** `default.redis7`, or `default.redis7.cluster.on` for caches with cluster mode. */
export const defaultGroupName = (family: string, clusterMode: boolean): string =>
  `default.${family}${clusterMode ? '.cluster.on' : ''}`;

export interface ParameterDefinition {
  readonly name: string;
  readonly description: string;
  /** Left out where the default depends on the node type or there is none. */
  readonly defaultValue?: string;
  /** As the API writes it: `yes,no`, `0,20-`, `1-100`. */
  readonly allowedValues: string;
  readonly dataType: 'boolean' | 'float' | 'integer' | 'string';
  readonly isModifiable: boolean;
  readonly changeType: 'immediate' | 'requires-reboot';
  /** The oldest engine version that has it. */
  readonly minimumEngineVersion: string;
  /** Whether the local nodes get it in their configuration. The others are kept and shown, but have no effect here. */
  readonly reachesEngine: boolean;
}

interface Entry extends Omit<ParameterDefinition, 'minimumEngineVersion'> {
  readonly families: readonly RedisFamily[];
  readonly minimumEngineVersion?: string;
}

type Details = Partial<Omit<Entry, 'name' | 'defaultValue' | 'allowedValues' | 'dataType'>>;

const entry = (
  name: string,
  dataType: 'integer' | 'string',
  defaultValue: string | undefined,
  allowedValues: string,
  description: string,
  details: Details,
): Entry => ({
  name,
  description,
  ...(defaultValue === undefined ? {} : { defaultValue }),
  allowedValues,
  dataType,
  isModifiable: true,
  changeType: 'immediate',
  reachesEngine: true,
  families: REDIS_FAMILIES,
  ...details,
});

const integer = (name: string, value: string, allowed: string, description: string, details: Details = {}) =>
  entry(name, 'integer', value, allowed, description, details);
const flag = (name: string, value: 'yes' | 'no', description: string, details: Details = {}) =>
  entry(name, 'string', value, 'yes,no', description, details);
const choice = (name: string, value: string, allowed: string, description: string, details: Details = {}) =>
  entry(name, 'string', value, allowed, description, details);

const ONLY_SHOWN = { reachesEngine: false } as const;
const FIXED = { isModifiable: false, reachesEngine: false } as const;
const NEEDS_REBOOT = { changeType: 'requires-reboot' } as const;
const UNTIL_6: Details = { families: ['redis5.0', 'redis6.x'] };
const FROM_6: Details = { families: ['redis6.x', 'redis7', 'valkey7', 'valkey8'], minimumEngineVersion: '6.0' };
const FROM_7: Details = { families: ['redis7', 'valkey7', 'valkey8'], minimumEngineVersion: '7.0' };
const BEFORE_VALKEY_8: Details = { families: ['redis5.0', 'redis6.x', 'redis7', 'valkey7'] };
const VALKEY_8: Details = { families: ['valkey8'], minimumEngineVersion: '8.0' };

/** Valkey 8 turned the lazy ways of freeing memory on by default; families before it leave them off. */
const lazy = (name: string, description: string, details: Details = {}): readonly Entry[] => [
  flag(name, 'no', description, { ...BEFORE_VALKEY_8, ...details }),
  flag(name, 'yes', description, VALKEY_8),
];

const POLICIES =
  'volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction';

/** Parameters, their defaults and ranges from "Engine specific parameters" in the ElastiCache guide. */
const ENTRIES: readonly Entry[] = [
  integer('acllog-max-len', '128', '1-10000', 'Entries that the ACL log keeps.', FROM_6),
  integer('active-defrag-cycle-max', '75', '1-75', 'Most CPU that defragmentation takes, percent.', ONLY_SHOWN),
  integer('active-defrag-cycle-min', '5', '1-75', 'Least CPU that defragmentation takes, percent.', ONLY_SHOWN),
  integer('active-defrag-ignore-bytes', '104857600', '1048576-', 'Fragmentation that starts no work.', ONLY_SHOWN),
  integer('active-defrag-max-scan-fields', '1000', '1-1000000', 'Fields handled in the main scan.', ONLY_SHOWN),
  integer('active-defrag-threshold-lower', '10', '1-100', 'Fragmentation that starts work, percent.', ONLY_SHOWN),
  integer('active-defrag-threshold-upper', '100', '1-100', 'Fragmentation for full effort, percent.', ONLY_SHOWN),
  integer('active-expire-effort', '1', '1-10', 'Effort spent on expired keys.', FROM_6),
  flag('activedefrag', 'no', 'Defragments memory while running.', ONLY_SHOWN),
  flag('activerehashing', 'yes', 'Rehashes the main dictionaries in spare time.', NEEDS_REBOOT),
  choice('appendfsync', 'everysec', 'always,everysec,no', 'When the append only file is synced.', FIXED),
  flag('appendonly', 'no', 'Keeps an append only file.', FIXED),
  integer('client-output-buffer-limit-normal-hard-limit', '0', '0-', 'Bytes; 0 is no limit.', ONLY_SHOWN),
  integer('client-output-buffer-limit-normal-soft-limit', '0', '0-', 'Bytes; 0 is no limit.', ONLY_SHOWN),
  integer('client-output-buffer-limit-normal-soft-seconds', '0', '0-', 'Seconds above the soft limit.', ONLY_SHOWN),
  integer('client-output-buffer-limit-pubsub-hard-limit', '33554432', '0-', 'Bytes; 0 is no limit.', ONLY_SHOWN),
  integer('client-output-buffer-limit-pubsub-soft-limit', '8388608', '0-', 'Bytes; 0 is no limit.', ONLY_SHOWN),
  integer('client-output-buffer-limit-pubsub-soft-seconds', '60', '0-', 'Seconds above the soft limit.', ONLY_SHOWN),
  integer('client-query-buffer-limit', '1073741824', '1048576-1073741824', 'Largest query buffer, bytes.'),
  flag('close-on-replica-write', 'yes', 'Ends connections that write to a replica.', ONLY_SHOWN),
  flag('cluster-allow-pubsubshard-when-down', 'yes', 'Shard channels work while slots are missing.', FROM_7),
  flag('cluster-allow-reads-when-down', 'no', 'Reads work while slots are missing.', FROM_6),
  flag('cluster-enabled', 'no', 'Cluster mode.', { ...NEEDS_REBOOT, reachesEngine: false }),
  choice('cluster-preferred-endpoint-type', 'tls-dynamic', 'ip,tls-dynamic', 'What CLUSTER SLOTS answers.', {
    ...FROM_7,
    reachesEngine: false,
  }),
  flag('cluster-require-full-coverage', 'no', 'Refuses commands while slots are missing.'),
  integer('databases', '16', '1-1200000', 'Logical databases.', NEEDS_REBOOT),
  integer('hash-max-listpack-entries', '512', '0-', 'Largest compact hash, fields.', FROM_7),
  integer('hash-max-listpack-value', '64', '0-', 'Largest value in a compact hash, bytes.', FROM_7),
  integer('hash-max-ziplist-entries', '512', '0-', 'Largest compact hash, fields.', UNTIL_6),
  integer('hash-max-ziplist-value', '64', '0-', 'Largest value in a compact hash, bytes.', UNTIL_6),
  integer('hll-sparse-max-bytes', '3000', '1-16000', 'Largest sparse HyperLogLog, bytes.'),
  flag('latency-tracking', 'no', 'Tracks the latency of each command.', FROM_7),
  ...lazy('lazyfree-lazy-eviction', 'Evicts in a background thread.'),
  ...lazy('lazyfree-lazy-expire', 'Expires in a background thread.'),
  ...lazy('lazyfree-lazy-server-del', 'Implicit deletes in a background thread.'),
  ...lazy('lazyfree-lazy-user-del', 'DEL behaves as UNLINK.', {
    families: ['redis6.x', 'redis7', 'valkey7'],
    minimumEngineVersion: '6.0',
  }),
  integer('lfu-decay-time', '1', '0-', 'Minutes until a key counts half as often used.'),
  integer('lfu-log-factor', '10', '1-', 'How slowly the use counter grows.'),
  integer('list-compress-depth', '0', '0-', 'Uncompressed entries at both ends of a list.'),
  integer('list-max-listpack-size', '-2', '-5,-4,-3,-2,-1,1-', 'Size of a list node.', FROM_7),
  integer('list-max-ziplist-size', '-2', '-5,-4,-3,-2,-1,1-', 'Size of a list node.', UNTIL_6),
  integer('lua-time-limit', '5000', '5000', 'Milliseconds until a script may be stopped.', FIXED),
  integer('maxclients', '65000', '1-65000', 'Most connections to one node.', FIXED),
  choice('maxmemory-policy', 'volatile-lru', POLICIES, 'Which keys are evicted when memory is full.'),
  integer('maxmemory-samples', '3', '1-', 'Keys looked at for each eviction.'),
  integer('min-replicas-max-lag', '10', '0-', 'Seconds of lag that still count a replica as good.'),
  integer('min-replicas-to-write', '0', '0-', 'Good replicas that a write needs.'),
  choice('notify-keyspace-events', '', 'KEYSPACE_EVENT_FLAGS', 'Which events clients are told about.'),
  integer('proto-max-bulk-len', '536870912', '1048576-536870912', 'Largest string in a request, bytes.', ONLY_SHOWN),
  choice('rename-commands', '', 'ANY', 'New names of commands.', { isModifiable: false, reachesEngine: false }),
  integer('repl-backlog-size', '1048576', '16384-', 'Replication backlog, bytes.', ONLY_SHOWN),
  integer('repl-backlog-ttl', '3600', '0-', 'Seconds that a backlog without replicas is kept.', ONLY_SHOWN),
  integer('repl-timeout', '60', '11-60', 'Seconds until replication counts as broken.', FIXED),
  flag('replica-allow-chaining', 'no', 'Replicas of replicas.', FIXED),
  flag('replica-ignore-maxmemory', 'yes', 'Replicas do not evict by themselves.', FIXED),
  ...lazy('replica-lazy-flush', 'A replica drops old data in a background thread.'),
  integer('reserved-memory', '0', '0-', 'Bytes kept from data; reserved-memory-percent is used.', ONLY_SHOWN),
  integer('reserved-memory-percent', '25', '0-100', 'Memory kept from data, percent.', ONLY_SHOWN),
  integer('set-max-intset-entries', '512', '0-', 'Largest compact set of integers.'),
  integer('slowlog-log-slower-than', '10000', '-1-', 'Microseconds that make a command slow.'),
  integer('slowlog-max-len', '128', '0-', 'Entries that the slow log keeps.'),
  integer('stream-node-max-bytes', '4096', '0-', 'Largest node of a stream, bytes.'),
  integer('stream-node-max-entries', '100', '0-', 'Most entries of a stream node.'),
  integer('tcp-keepalive', '300', '0-', 'Seconds between TCP keepalives.'),
  integer('timeout', '0', '0,20-', 'Seconds after which an idle connection ends; 0 is never.'),
  integer('tracking-table-max-keys', '1000000', '1-100000000', 'Keys tracked for client caches.', FROM_6),
  integer('zset-max-listpack-entries', '128', '0-', 'Largest compact sorted set.', FROM_7),
  integer('zset-max-listpack-value', '64', '0-', 'Largest value in a compact sorted set, bytes.', FROM_7),
  integer('zset-max-ziplist-entries', '128', '0-', 'Largest compact sorted set.', UNTIL_6),
  integer('zset-max-ziplist-value', '64', '0-', 'Largest value in a compact sorted set, bytes.', UNTIL_6),
];

/** The oldest version offered. */
const FIRST_VERSION = '5.0.0';

const definitionsByFamily = new Map<FamilyName, ReadonlyMap<string, ParameterDefinition>>([
  ['memcached1.6', new Map(MEMCACHED_PARAMETERS.map((definition) => [definition.name, definition]))],
  ...REDIS_FAMILIES.map((family): [FamilyName, ReadonlyMap<string, ParameterDefinition>] => [
    family,
    new Map(
      ENTRIES.filter(({ families }) => families.includes(family)).map(
        ({ families: _families, minimumEngineVersion, ...definition }) => [
          definition.name,
          { ...definition, minimumEngineVersion: minimumEngineVersion ?? FIRST_VERSION },
        ],
      ),
    ),
  ]),
]);

/** The parameters of a family by name. */
export const parametersOf = (family: FamilyName): ReadonlyMap<string, ParameterDefinition> =>
  definitionsByFamily.get(family) ?? new Map();

/** Letters that CONFIG SET notify-keyspace-events knows. */
const KEYSPACE_EVENT_FLAGS = /^[KEg$lshzxetdmnA]*$/;

/** Whether `value` lies in what the definition allows: a list of literals, of ranges `1-100`, and of open ranges `1-`. */
export const isAllowedValue = ({ allowedValues, dataType }: ParameterDefinition, value: string): boolean => {
  if (allowedValues === 'ANY') return true;
  if (allowedValues === 'KEYSPACE_EVENT_FLAGS') return KEYSPACE_EVENT_FLAGS.test(value);
  if (dataType === 'string' || dataType === 'boolean') return allowedValues.split(',').includes(value);
  if (!(dataType === 'float' ? /^\d+(\.\d+)?$/ : /^-?\d+$/).test(value)) return false;
  const number = Number(value);
  return allowedValues.split(',').some((item) => {
    const [, first, , last] = /^(-?\d+)(-(-?\d+)?)?$/.exec(item) ?? [];
    if (first === undefined) return false;
    if (!item.slice(first.length).startsWith('-')) return number === Number(first);
    return number >= Number(first) && (last === undefined || number <= Number(last));
  });
};

/** Every parameter's value in a group: what the group sets, else the family's default. */
export const effectiveValues = (family: FamilyName, own: ReadonlyMap<string, string>): ParameterValues =>
  Object.fromEntries(
    [...parametersOf(family).values()].map(({ name, defaultValue }) => [name, own.get(name) ?? defaultValue ?? '']),
  );
