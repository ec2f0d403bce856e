import type { CacheKey, Ledger, Quarantine } from '../platform/ledger.ts';
import type { Healed } from './schemas.ts';

interface Drill {
  readonly operationId: string;
  readonly shardId: string;
}

/** The word of a quarantine that is there from before the order until a client has seen that the cache healed; a heading of docs/runbook.md. */
const DRILL_UNDER_WAY = 'DrillUnderWay';

/** The quarantine in which a drill leaves its cache when it is ended by anything, or dies, between its order and its verification. */
export const quarantineUnderWay = ({ operationId, shardId }: Drill, now: string): Quarantine => ({
  operationId,
  reason: DRILL_UNDER_WAY,
  summary: `It ordered a failover of shard ${shardId}, and nobody has verified since that the cache healed: it is still under way, or ended before that.`,
  since: now,
});

/** Lifts that quarantine; one for a graver reason, or of another operation, stays. */
export const liftUnderWay = async (
  ledger: Pick<Ledger, 'liftQuarantine'>,
  key: CacheKey,
  { operationId }: Pick<Drill, 'operationId'>,
  now: string,
): Promise<void> => {
  await ledger.liftQuarantine(key, { operationId, reason: DRILL_UNDER_WAY }, now);
};

/** Lifts it when the cache is seen healed, and not before. @throws what the verification throws, and what the ledger does */
export const liftWhenHealed = async (
  verifying: Promise<Healed>,
  ledger: Pick<Ledger, 'liftQuarantine'>,
  key: CacheKey,
  drill: Pick<Drill, 'operationId'>,
): Promise<Healed> => {
  const healed = await verifying;
  await liftUnderWay(ledger, key, drill, healed.checkedAt);
  return healed;
};
