import type { CacheKey, Holder, Ledger } from './ledger.ts';

interface Looker {
  readonly ledger: Pick<Ledger, 'holder' | 'openQuestions' | 'record'>;
  /** The operation that looks. */
  readonly operationId: string;
}

/** Who has the lock of a cache, unless it is the operation that looks, or a lease that is over. */
export const otherHolder = async (
  key: CacheKey,
  now: string,
  { ledger, operationId }: Looker,
): Promise<Holder | undefined> => {
  const holder = await ledger.holder(key);
  const isAnother = holder && holder.operationId !== operationId && Date.parse(holder.leaseUntil) > Date.parse(now);
  return isAnother ? holder : undefined;
};

/** Another operation of a workflow on the same cache that waits for an answer: two yeses would be done twice. */
export const otherQuestion = async (
  { cacheId, workflow }: { readonly cacheId: string; readonly workflow: string },
  now: string,
  { ledger, operationId }: Looker,
): Promise<string | undefined> => {
  const questions = (await ledger.openQuestions(now, Number.POSITIVE_INFINITY)).filter(
    (each) => each.cacheId === cacheId && each.workflow === workflow && each.operationId !== operationId,
  );
  for (const question of questions) {
    // One that was stopped while it waited has ended, and its question stays open until its time is over.
    const record = await ledger.record(question.operationId);
    if (record?.outcome === undefined) return question.operationId;
  }
  return undefined;
};
