import type { Ledger, Question } from '../functions/platform/ledger.ts';

/**
 * The questions that still need a person. The record of an operation tells more than its question: one that is at work, and so
 * has its cache's lock, or has ended, has its answer, also when whoever answered could not note it. One that asks for a second
 * time, as a rotation does after its grace period, has given the lock back.
 */
export const openQuestions = async (ledger: Ledger, now: string, limit: number): Promise<Question[]> => {
  const questions = await ledger.openQuestions(now, limit);
  const isOpen = await Promise.all(questions.map((question) => stillWaits(question, ledger)));
  return questions.filter((_, index) => isOpen[index]);
};

const stillWaits = async ({ operationId }: Question, ledger: Pick<Ledger, 'record' | 'holder'>): Promise<boolean> => {
  const record = await ledger.record(operationId);
  if (!record) return true;
  if (record.outcome !== undefined) return false;
  const holder = await ledger.holder({ region: record.region, cacheId: record.cacheId });
  return holder?.operationId !== operationId;
};
