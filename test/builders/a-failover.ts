import type { FailoverAsked } from '../../functions/failover-drill/failover-progress.ts';
import type { CacheEvent } from '../../functions/platform/conditions.ts';
import { NOW, secondsFromNow } from './a-drill.ts';

/** A failover of the first shard of `orders`, ordered now. */
export const FAILOVER: FailoverAsked = {
  cacheId: 'orders',
  shardId: '0001',
  orderedAt: NOW,
  nodeIds: ['orders-0001-001', 'orders-0001-002', 'orders-0001-003'],
};

/** An event so many seconds after the order. */
export const anEvent = (seconds: number, source: string, message: string): CacheEvent => ({
  at: secondsFromNow(seconds),
  source,
  message,
});

export const called = (seconds: number, shardId = '0001'): CacheEvent =>
  anEvent(seconds, 'orders', `Test Failover API called for node group ${shardId}`);
/** @param source who says it, which is not documented; left out: the old primary */
export const promoted = (
  seconds: number,
  { from = 'orders-0001-001', to = 'orders-0001-002', source }: { from?: string; to?: string; source?: string } = {},
): CacheEvent => anEvent(seconds, source ?? from, `Failover from primary node ${from} to replica node ${to} completed`);
export const recovering = (seconds: number, source = 'orders-0001-001'): CacheEvent =>
  anEvent(seconds, source, 'Recovering cache nodes 0001');
export const recovered = (seconds: number, source = 'orders-0001-001'): CacheEvent =>
  anEvent(seconds, source, 'Finished recovery for cache nodes 0001');

/** What ElastiCache tells of a whole failover, in its documented order (guide, "Testing automatic failover"). */
export const wholeFailover = (): readonly CacheEvent[] => [
  called(1),
  promoted(20),
  promoted(20, { source: 'orders' }),
  recovering(40),
  recovered(400),
];
