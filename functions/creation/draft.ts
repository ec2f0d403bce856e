import type { CreationPlan, CreationReason } from './schemas.ts';

/** A plan before its decision: what every answer has in common. */
export type Draft = Omit<CreationPlan, 'action' | 'reason' | 'summary'>;

export const refused = (
  draft: Draft,
  reason: CreationReason,
  summary: string,
  more: Partial<CreationPlan> = {},
): CreationPlan => ({ ...draft, ...more, action: 'refuse', reason, summary });
