import { GrantPermission, ServiceBusy } from '../../functions/platform/operator-actions.ts';
import type { Ordered, TokenChanges } from '../../functions/platform/token-changes.ts';
import { OrderUncertain } from '../../functions/platform/was-refused.ts';

/**
 * What becomes of one order. `lost`: carried out, and its answer lost; `lost-before`: neither carried out nor answered.
 * `ignored`: answered, and never carried out.
 */
export type OrderAttempt = 'answers' | 'lost' | 'lost-before' | 'ignored' | 'busy' | 'refused' | 'denied' | 'throttled';

/** One order as ElastiCache got it. */
export interface OrderGiven {
  readonly strategy: 'ROTATE' | 'SET' | 'PASSWORDS';
  readonly tokens: readonly string[];
  readonly attempt: OrderAttempt;
}

export interface GroupWithTokens extends TokenChanges {
  /** The tokens, or the user's passwords, that every node accepts; the one that was rotated in last at the end. */
  valid: readonly string[];
  readonly orders: readonly OrderGiven[];
  /** Somebody else changes them, past every order of ours. */
  becomeElsewhere(valid: readonly string[]): void;
}

/** A replication group as far as its tokens go: each order is carried out at once, by the rules of ElastiCache's guide. */
export const aGroupWithTokens = (
  valid: readonly string[],
  attempts: readonly OrderAttempt[] = [],
  /** Called after each order that was carried out. */
  afterEach: (valid: readonly string[]) => void = () => {},
): GroupWithTokens => {
  const orders: OrderGiven[] = [];
  const become = (next: readonly string[]) => {
    group.valid = next;
    afterEach(next);
  };
  const order = (strategy: OrderGiven['strategy'], tokens: readonly string[], next: readonly string[] | undefined) => {
    const attempt = attempts[orders.length] ?? 'answers';
    orders.push({ strategy, tokens, attempt });
    return carriedOut(attempt, next, become);
  };
  const group: GroupWithTokens = {
    valid,
    orders,
    becomeElsewhere: become,
    rotate: async (_, token) =>
      order('ROTATE', [token], [...group.valid.filter((each) => each !== token), token].slice(-2)),
    set: async (_, token) =>
      order('SET', [token], group.valid.length > 1 && group.valid.at(-1) === token ? [token] : undefined),
    setPasswords: async (_, passwords) => order('PASSWORDS', passwords, passwords),
  };
  return group;
};

const carriedOut = (
  attempt: OrderAttempt,
  next: readonly string[] | undefined,
  become: (next: readonly string[]) => void,
): Ordered => {
  if (attempt === 'busy' || attempt === 'refused') return attempt;
  if (attempt === 'denied') throw new GrantPermission('AWS denied elasticache:ModifyReplicationGroup.');
  if (attempt === 'throttled') throw new ServiceBusy('ElastiCache answered SlowDown.');
  if (attempt === 'lost-before') throw new OrderUncertain('ElastiCache did not answer.');
  if (!next) return 'refused';
  if (attempt !== 'ignored') become(next);
  if (attempt === 'lost') throw new OrderUncertain('ElastiCache did not answer.');
  return 'yes';
};
