import { OK } from '../probe-log.ts';

/** The table of outcomes of one log. */
export interface Outcomes {
  indexOf(outcome: string): number;
  readonly names: readonly string[];
}

/** A row's outcome is one byte; what else there might be shares the last one. */
const MOST = 255;

export const createOutcomes = (): Outcomes => {
  const names = [OK];
  return {
    indexOf(outcome) {
      const known = names.indexOf(outcome);
      if (known >= 0) return known;
      if (names.length === MOST) names.push('other');
      return names.length > MOST ? MOST : names.push(outcome) - 1;
    },
    names,
  };
};
