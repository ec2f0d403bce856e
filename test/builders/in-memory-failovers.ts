import type { Failovers } from '../../functions/platform/failovers.ts';

export interface InMemoryFailovers extends Failovers {
  /** What was ordered, `orders/0001`, whatever came of it. */
  readonly ordered: string[];
}

/** ElastiCache, as far as it lets shards fail over. @param answers what it says to the first order, the second, …; then yes */
export const inMemoryFailovers = (...answers: readonly (Error | 'yes')[]): InMemoryFailovers => {
  const ordered: string[] = [];
  return {
    ordered,
    async test(cacheId, shardId) {
      const answer = answers[ordered.length];
      ordered.push(`${cacheId}/${shardId}`);
      if (answer instanceof Error) throw answer;
    },
  };
};
