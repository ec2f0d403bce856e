import type { Bus, Saying } from '../../functions/platform/bus.ts';

/** A bus that remembers what was said, and can lose its voice for a number of attempts. */
export const inMemoryBus = ({ deafFor = 0 }: { deafFor?: number } = {}): Bus & { readonly said: Saying[] } => {
  const said: Saying[] = [];
  let deaf = deafFor;
  return {
    said,
    async say(...sayings) {
      if (deaf > 0) {
        deaf -= 1;
        throw new Error('The bus does not answer.');
      }
      said.push(...sayings);
    },
  };
};
