import type { z } from 'zod';
import type { Fence } from '../platform/fence.ts';
import { FixSecret, VerificationFailed } from '../platform/operator-actions.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Ordered, TokenChanges } from '../platform/token-changes.ts';
import { OrderUncertain } from '../platform/was-refused.ts';
import type { OrderInput, OrderOutput } from './schemas.ts';
import { tokenOf } from './token-of.ts';

interface Tools {
  readonly secrets: Pick<Secrets, 'find' | 'readVersion'>;
  readonly changes: TokenChanges;
  readonly fence: Fence;
}

type Order = z.output<typeof OrderInput>;

/** What was seen at the nodes longer ago than this decides nothing any more. */
const SEEN_WITHIN_MS = 10 * 60_000;

/**
 * Orders one change of the valid tokens, once: whatever becomes of it, the nodes are looked at before the next. It goes by what
 * they accepted just now, and never orders what could take the current token away: a new one is brought in only where the
 * current one is the only one that is known to be valid, since ElastiCache keeps two and drops the older.
 *
 * @throws VerificationFailed when what was seen does not allow the order; LockLost, FixSecret, GrantPermission, ServiceBusy
 */
export const orderChange = async (order: Order, { secrets, changes, fence }: Tools): Promise<OrderOutput> => {
  mustBeAllowed(order);
  const { target, versions, change } = order;
  const { secretArn, cacheId, userId } = target;
  const read = async (versionId: string): Promise<string> => {
    const text = await secrets.readVersion(secretArn, versionId);
    if (text === undefined) throw new FixSecret(`Version ${versionId} of ${secretArn} has no value.`);
    return tokenOf(text, target);
  };
  const current = await read(versions.current);
  const secret = await secrets.find(secretArn);
  const now = secret?.currentVersionId;
  // Whoever edits other fields of the secret makes another version current, with the same token.
  if (now === undefined || (now !== versions.current && (await read(now)) !== current)) {
    throw new VerificationFailed(
      `Another token is the current one in ${secretArn} than at the beginning: nothing is ordered by it.`,
    );
  }
  const pending = change === 'bring-in' ? await read(versions.pending ?? '') : undefined;
  if (pending === current)
    throw new VerificationFailed(`The new one in ${secretArn} is the current one: nothing would change.`);

  await fence();
  const says = SAYS[change];
  try {
    const ordered = await make(changes, { cacheId, userId, change, current, pending });
    return { ordered, says };
  } catch (error) {
    if (error instanceof OrderUncertain) return { ordered: 'perhaps', says };
    throw error;
  }
};

const SAYS = {
  'bring-in': 'let the new one be valid beside the current one',
  retire: 'let the current one be the only valid one',
  'put-last': 'let the current one be the one that was rotated in last',
} as const;

interface Call {
  readonly cacheId: string;
  readonly userId: string | undefined;
  readonly change: Order['change'];
  readonly current: string;
  readonly pending: string | undefined;
}

const make = (changes: TokenChanges, { cacheId, userId, change, current, pending }: Call): Promise<Ordered> => {
  if (userId !== undefined) {
    return changes.setPasswords(userId, pending === undefined ? [current] : [pending, current]);
  }
  if (pending !== undefined) return changes.rotate(cacheId, pending);
  return change === 'retire' ? changes.set(cacheId, current) : changes.rotate(cacheId, current);
};

/** @throws VerificationFailed */
const mustBeAllowed = ({ change, tried, versions, target, now }: Order): void => {
  const refuse = (because: string) =>
    new VerificationFailed(`Nothing is ordered of ${target.cacheId}: ${because}. Ask again.`);
  if (!(Math.abs(Date.parse(now) - Date.parse(tried.at)) <= SEEN_WITHIN_MS)) {
    throw refuse(`what its nodes accept was seen at ${tried.at}, which is too long ago`);
  }
  if (tried.current !== 'everywhere') throw refuse('not every node accepts the current one (AWSCURRENT)');
  if (change !== 'bring-in') return;
  if (tried.open) throw refuse('it lets in who comes without a token');
  if (versions.pending === undefined || tried.pending !== 'nowhere') {
    throw refuse('a new one is brought in only when no node accepts it yet');
  }
  if (tried.previous === 'everywhere' || tried.previous === 'somewhere') {
    throw refuse('the one before is still valid, and ElastiCache keeps two at most');
  }
};
