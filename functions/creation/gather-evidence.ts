import type { Caches } from '../platform/caches.ts';
import type {
  CacheEvidence,
  EventSeen,
  Evidence,
  FailedOrder,
  KeySeen,
  NodeQuotas,
  NodesSeen,
  Read,
  SubnetSeen,
} from './evidence.ts';

/** Who can be asked about a creation that failed, besides ElastiCache's own description of the cache. */
export interface Witnesses {
  /** What ElastiCache has noted since then about the cache and its nodes, newest first and not without end. */
  events(cacheId: string, since: string): Promise<readonly EventSeen[]>;
  /** The subnets of a subnet group; undefined when there is no such group. */
  subnets(subnetGroup: string): Promise<readonly SubnetSeen[] | undefined>;
  /** Those that exist. */
  securityGroupIds(ids: readonly string[]): Promise<readonly string[]>;
  quotas(): Promise<NodeQuotas>;
  nodesInRegion(cacheId: string): Promise<NodesSeen>;
  /** Undefined when there is no such key. */
  key(id: string): Promise<KeySeen | undefined>;
}

interface Tools {
  readonly caches: Pick<Caches, 'find'>;
  readonly witnesses: Witnesses;
}

/** So much of an error's sentence is kept: AWS repeats whole ARNs and policies in it. */
const LONGEST_REASON = 200;

/** Asks everybody at once. Whoever cannot be asked, or does not answer, is missing from the evidence; it never throws. */
export const gatherEvidence = async (order: FailedOrder, { caches, witnesses }: Tools): Promise<Evidence> => {
  const { cacheId, kmsKeyId } = order;
  const [cache, events, subnets, securityGroupIds, quotas, nodesInRegion, key] = await Promise.all([
    attempt(() => lookAtCache(caches, cacheId)),
    attempt(() => witnesses.events(cacheId, order.orderedAt)),
    attempt(() => witnesses.subnets(order.subnetGroup)),
    attempt(() => witnesses.securityGroupIds(order.securityGroupIds)),
    attempt(() => witnesses.quotas()),
    attempt(() => witnesses.nodesInRegion(cacheId)),
    kmsKeyId === undefined ? undefined : attempt(() => witnesses.key(kmsKeyId)),
  ]);
  return { cache, events, subnets, securityGroupIds, quotas, nodesInRegion, ...(key ? { key } : {}) };
};

const attempt = async <Value>(read: () => Promise<Value>): Promise<Read<Value>> => {
  try {
    return { value: await read() };
  } catch (error) {
    const unread = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { unread: unread.slice(0, LONGEST_REASON) };
  }
};

const lookAtCache = async (caches: Tools['caches'], cacheId: string): Promise<CacheEvidence | undefined> => {
  const cache = await caches.find(cacheId);
  if (!cache) return undefined;
  const { arn, status, shards } = cache;
  return {
    arn,
    status,
    shards: shards.length,
    shardsAvailable: shards.filter((shard) => shard.status === 'available').length,
  };
};
