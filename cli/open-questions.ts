import type { Ledger, Question } from '../functions/platform/ledger.ts';

/**
 * The questions that still need a person. The record of an operation tells more than its question: one that has begun
 * its work, or ended, has its answer, also when whoever answered could not note it.
 */
export const openQuestions = async (ledger: Ledger, now: string, limit: number): Promise<Question[]> => {
  const questions = await ledger.openQuestions(now, limit);
  const records = await Promise.all(questions.map(({ operationId }) => ledger.record(operationId)));
  return questions.filter((_, index) => records[index] === undefined);
};
