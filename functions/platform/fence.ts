import type { CacheKey, Holder, Ledger } from './ledger.ts';
import { LockLost } from './operator-actions.ts';

/**
 * Asked right before something in the account is changed: a step that was held up until its lease ran out must not act
 * beside the operation that took the lock over.
 *
 * @throws LockLost naming who has the lock now
 */
export type Fence = () => Promise<void>;

/** @param lock what the operation was given when it took the lock */
export const lockFence =
  (
    ledger: Pick<Ledger, 'holder'>,
    key: CacheKey,
    { operationId, fencing }: { readonly operationId: string; readonly fencing: number },
  ): Fence =>
  async () => {
    const holder = await ledger.holder(key);
    if (holder?.operationId === operationId && holder.fencing === fencing) return;
    throw new LockLost(
      `${operationId} no longer has the lock of ${key.cacheId}: ${whoHas(holder, operationId)} has it. It changed nothing more.`,
    );
  };

const whoHas = (holder: Holder | undefined, operationId: string): string => {
  if (!holder) return 'nobody';
  return holder.operationId === operationId
    ? 'a later attempt of the same operation'
    : `the operation ${holder.operationId}`;
};
