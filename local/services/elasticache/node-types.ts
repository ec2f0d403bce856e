/**
 * Memory for data per node type, GiB: the `maxmemory` column of "Node-type specific parameters" in the ElastiCache
 * guide, rounded to two digits as the guide's overview does.
 */
const MEMORY_GIB: Readonly<Record<string, number>> = {
  'cache.t2.micro': 0.55,
  'cache.t2.small': 1.55,
  'cache.t2.medium': 3.22,
  'cache.t3.micro': 0.5,
  'cache.t3.small': 1.37,
  'cache.t3.medium': 3.09,
  'cache.t4g.micro': 0.5,
  'cache.t4g.small': 1.37,
  'cache.t4g.medium': 3.09,
  'cache.m4.large': 6.42,
  'cache.m4.xlarge': 14.28,
  'cache.m4.2xlarge': 29.7,
  'cache.m4.4xlarge': 60.78,
  'cache.m4.10xlarge': 154.64,
  'cache.m5.large': 6.38,
  'cache.m5.xlarge': 12.93,
  'cache.m5.2xlarge': 26.04,
  'cache.m5.4xlarge': 52.26,
  'cache.m5.12xlarge': 157.12,
  'cache.m5.24xlarge': 314.32,
  'cache.m6g.large': 6.38,
  'cache.m6g.xlarge': 12.93,
  'cache.m6g.2xlarge': 26.04,
  'cache.m6g.4xlarge': 52.26,
  'cache.m6g.8xlarge': 103.68,
  'cache.m6g.12xlarge': 157.12,
  'cache.m6g.16xlarge': 209.55,
  'cache.m7g.large': 6.38,
  'cache.m7g.xlarge': 12.93,
  'cache.m7g.2xlarge': 26.04,
  'cache.m7g.4xlarge': 52.26,
  'cache.m7g.8xlarge': 103.68,
  'cache.m7g.12xlarge': 157.12,
  'cache.m7g.16xlarge': 209.55,
  'cache.r4.large': 12.3,
  'cache.r4.xlarge': 25.05,
  'cache.r4.2xlarge': 50.47,
  'cache.r4.4xlarge': 101.38,
  'cache.r4.8xlarge': 203.26,
  'cache.r4.16xlarge': 407,
  'cache.r5.large': 13.07,
  'cache.r5.xlarge': 26.32,
  'cache.r5.2xlarge': 52.82,
  'cache.r5.4xlarge': 105.81,
  'cache.r5.12xlarge': 317.77,
  'cache.r5.24xlarge': 635.61,
  'cache.r6g.large': 13.07,
  'cache.r6g.xlarge': 26.32,
  'cache.r6g.2xlarge': 52.82,
  'cache.r6g.4xlarge': 105.81,
  'cache.r6g.8xlarge': 209.55,
  'cache.r6g.12xlarge': 317.77,
  'cache.r6g.16xlarge': 419.1,
  'cache.r6gd.xlarge': 26.32,
  'cache.r6gd.2xlarge': 52.82,
  'cache.r6gd.4xlarge': 105.81,
  'cache.r6gd.8xlarge': 209.55,
  'cache.r6gd.12xlarge': 317.77,
  'cache.r6gd.16xlarge': 419.1,
  'cache.r7g.large': 13.07,
  'cache.r7g.xlarge': 26.32,
  'cache.r7g.2xlarge': 52.82,
  'cache.r7g.4xlarge': 105.81,
  'cache.r7g.8xlarge': 209.55,
  'cache.r7g.12xlarge': 317.77,
  'cache.r7g.16xlarge': 419.1,
  'cache.c7gn.large': 3.09,
  'cache.c7gn.xlarge': 6.38,
  'cache.c7gn.2xlarge': 12.94,
  'cache.c7gn.4xlarge': 26.05,
  'cache.c7gn.8xlarge': 52.26,
  'cache.c7gn.12xlarge': 78.56,
  'cache.c7gn.16xlarge': 105.81,
};

/** Families that new nodes are offered in; older ones only keep what they have. */
const CURRENT_FAMILIES: ReadonlySet<string> = new Set(['t3', 't4g', 'm5', 'm6g', 'm7g', 'r5', 'r6g', 'r7g', 'c7gn']);

const MEBIBYTE = 1024 * 1024;
/** A local node gets this much for each GiB that the real one has: small enough for many nodes on one machine. */
const LOCAL_BYTES_PER_GIB = 8 * MEBIBYTE;
/** An engine's own overhead already takes about 2 MiB, so less would leave no room for data. */
const LEAST_LOCAL_BYTES = 3 * MEBIBYTE;

export const NODE_TYPES: readonly string[] = Object.keys(MEMORY_GIB);

export const isNodeType = (nodeType: string): boolean => Object.hasOwn(MEMORY_GIB, nodeType);

/** `r6g` of `cache.r6g.large`. */
export const familyOfNodeType = (nodeType: string): string => nodeType.split('.')[1] ?? '';

/** Nodes with SSDs: they tier data, and cannot be exchanged with nodes that do not. */
export const tiersData = (nodeType: string): boolean => familyOfNodeType(nodeType) === 'r6gd';

/** @throws RangeError for a name that is no node type; validation comes before */
export const memoryGib = (nodeType: string): number => {
  const gib = MEMORY_GIB[nodeType];
  if (gib === undefined) throw new RangeError(`${nodeType} is no node type that the local account knows`);
  return gib;
};

/**
 * The engine's `maxmemory` on this machine, bytes: in proportion to the real node's memory, without the reserve that
 * the parameter group asks for.
 *
 * @param reservedPercent `reserved-memory-percent`, 25 unless changed (ElastiCache guide, managing reserved memory)
 */
export const localMaxmemoryBytes = (nodeType: string, reservedPercent: number): number => {
  const bytes = memoryGib(nodeType) * LOCAL_BYTES_PER_GIB * (1 - reservedPercent / 100);
  return Math.max(LEAST_LOCAL_BYTES, Math.floor(bytes));
};

/**
 * A local memcached node's memory for items, whole MiB: in the same proportion to the real node's.
 *
 * @param overheadMegabytes `memcached_connections_overhead`, which the real node keeps from items
 */
export const localMemcachedMegabytes = (nodeType: string, overheadMegabytes: number): number => {
  const bytes = (memoryGib(nodeType) - overheadMegabytes / 1024) * LOCAL_BYTES_PER_GIB;
  return Math.max(LEAST_LOCAL_BYTES / MEBIBYTE, Math.floor(bytes / MEBIBYTE));
};

export interface AllowedNodeTypes {
  readonly scaleUp: readonly string[];
  readonly scaleDown: readonly string[];
}

/** Node types that a cache of `nodeType` may change to. Data tiering is never gained or lost by scaling. */
export const allowedNodeTypes = (nodeType: string): AllowedNodeTypes => {
  const candidates = Object.keys(MEMORY_GIB)
    .filter((other) => other !== nodeType)
    .filter((other) => (tiersData(nodeType) ? tiersData(other) : CURRENT_FAMILIES.has(familyOfNodeType(other))));
  const here = memoryGib(nodeType);
  return {
    scaleUp: candidates.filter((other) => memoryGib(other) >= here),
    scaleDown: candidates.filter((other) => memoryGib(other) < here),
  };
};
