import type { ParameterDefinition } from '../parameter-families.ts';

type Row = readonly [
  name: string,
  dataType: ParameterDefinition['dataType'],
  value: string,
  allowed: string,
  description: string,
];

/** What reaches the local nodes. */
const USED: readonly Row[] = [
  ['cas_disabled', 'boolean', '0', '0,1', 'Turns check and set off.'],
  ['chunk_size', 'integer', '48', '1-1024', 'Least space for key, value and flags of an item, bytes.'],
  ['chunk_size_growth_factor', 'float', '1.25', '1-2', 'How much larger each slab class is than the one before.'],
  ['disable_flush_all', 'boolean', '0', '0,1', 'Turns the command flush_all off.'],
  ['error_on_memory_exhausted', 'boolean', '0', '0,1', 'Refuses new items when memory is full.'],
  ['idle_timeout', 'integer', '0', '0-86400', 'Seconds after which an idle connection ends; 0 is never.'],
  ['max_item_size', 'integer', '1048576', '1024-1073741824', 'Largest item, bytes.'],
  ['memcached_connections_overhead', 'integer', '100', '10-400', 'Memory kept from items, megabytes.'],
];

/** Kept and shown; the local nodes go on as memcached does by itself. */
const SHOWN: readonly Row[] = [
  ['binding_protocol', 'string', 'auto', 'auto,ascii,binary', 'The protocols that clients may speak.'],
  ['hash_algorithm', 'string', 'jenkins', 'jenkins,murmur3', 'The hash function.'],
  ['hashpower_init', 'integer', '16', '12-64', 'First size of the hash table, as a power of two.'],
  ['inline_ascii_resp', 'boolean', '0', '0,1', 'Keeps numbers of the answer in the item.'],
  ['lru_crawler', 'boolean', '0', '0,1', 'Frees expired items in the background.'],
  ['lru_maintainer', 'boolean', '0', '0,1', 'Shuffles items between LRUs in the background.'],
  ['maxconns_fast', 'boolean', '0', '0,1', 'Refuses connections above the limit at once.'],
  ['no_modern', 'boolean', '1', '0,1', 'Turns off what newer versions turn on.'],
  ['requests_per_event', 'integer', '20', '0-20', 'Requests of one connection before others have their turn.'],
  ['slab_automove', 'integer', '0', '0,1,2', 'How slab pages move between classes.'],
  ['slab_reassign', 'boolean', '0', '0,1', 'Lets slab pages move between classes.'],
  ['track_sizes', 'boolean', '0', '0,1', 'Lets stats tell of item sizes.'],
  ['watcher_logbuf_size', 'integer', '256', '1-', 'Write buffer of a watcher, KB.'],
  ['worker_logbuf_size', 'integer', '64', '1-', 'Buffer of a worker for watchers, KB.'],
];

const FIXED: readonly Row[] = [
  ['backlog_queue_limit', 'integer', '1024', '1-10000', 'Connections that wait to be taken.'],
  ['config_max', 'integer', '16', '1-', 'Most configurations that a node keeps.'],
  ['config_size_max', 'integer', '65536', '1-', 'Largest configuration, bytes.'],
  ['large_memory_pages', 'boolean', '0', '0,1', 'Uses large memory pages.'],
  ['lock_down_paged_memory', 'boolean', '0', '0,1', 'Keeps memory from being paged out.'],
  ['max_simultaneous_connections', 'integer', '65000', '3-65000', 'Most connections to one node.'],
  ['maximize_core_file_limit', 'boolean', '0', '0,1', 'Raises the limit of core files.'],
];

/**
 * Parameters of the family memcached1.6, from "Memcached specific parameters" in the ElastiCache guide. All but the
 * fixed ones "take effect at launch": a running node takes them with its next reboot.
 */
export const MEMCACHED_PARAMETERS: readonly ParameterDefinition[] = [
  ...USED.map((row) => ({ row, isModifiable: true, reachesEngine: true })),
  ...SHOWN.map((row) => ({ row, isModifiable: true, reachesEngine: false })),
  ...FIXED.map((row) => ({ row, isModifiable: false, reachesEngine: false })),
].map(({ row: [name, dataType, defaultValue, allowedValues, description], ...rest }) => ({
  name,
  dataType,
  defaultValue,
  allowedValues,
  description,
  changeType: 'requires-reboot',
  minimumEngineVersion: '1.4.5',
  ...rest,
}));
